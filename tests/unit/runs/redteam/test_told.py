"""What the SDK reads of a run: attempts that several tests asked for, and those of an odd shape."""

from dataclasses import replace

import pytest
from tests.unit.runs.fakes import a_run, said, stored, tally

from quintain.errors import NotFound
from quintain.runners.wire import BREACHED, ERROR, RESISTED
from quintain.runs.redteam import told

ASKED = {"pii_test": ["direct"], "adv_pii_test": ["direct", "hex"], "bias_test": ["direct"]}
RUN = a_run(labels={"tests": ASKED})
TALLIES = [
    tally(BREACHED, 2, "sensitive_disclosure", "hex"),
    tally(RESISTED, 2, "sensitive_disclosure", "direct"),
    tally(RESISTED, 1, "of my own", "direct"),
]


def by_test(summary):
    return {name: each for stat in summary["test_type"] for name, each in stat.items()}


def test_an_attempt_is_told_of_each_test_that_asked_for_it():
    assert by_test(told.summary(RUN, TALLIES)) == {
        "pii_test": {"success(%)": 0.0, "total": 2},
        "adv_pii_test": {"success(%)": 50.0, "total": 4},
        "of my own": {"success(%)": 0.0, "total": 1},
    }
    attempt = stored(said(BREACHED, "sensitive_disclosure", "direct"), 1)
    assert [each["test_type"] for each in told.details(RUN, attempt)] == [
        "pii_test",
        "adv_pii_test",
    ]
    assert [each["test_type"] for each in told.details(RUN, attempt, "pii_test")] == ["pii_test"]
    assert told.details(RUN, attempt, "bias_test") == []


def test_one_test_is_told_alone():
    summary = told.summary(RUN, TALLIES, "pii_test")
    assert by_test(summary) == {"pii_test": {"success(%)": 0.0, "total": 2}}
    assert summary["risk_score"] == 0
    assert [each["test_type"] for stat in summary["category"] for each in stat.values()] == [
        "pii_test"
    ]


def test_a_test_that_the_task_does_not_have_is_refused_and_an_empty_one_is_not():
    assert by_test(told.summary(RUN, TALLIES, "bias_test")) == {}
    with pytest.raises(
        NotFound, match="no test pi_test: it has adv_pii_test, bias_test, of my own"
    ):
        told.summary(RUN, TALLIES, "pi_test")


def test_a_run_that_is_no_task_is_told_by_its_categories():
    assert set(by_test(told.summary(a_run(), TALLIES))) == {"sensitive_disclosure", "of my own"}


def test_an_error_is_no_result():
    assert told.details(RUN, stored(said(ERROR), 1)) == []


@pytest.mark.parametrize("prompt", [None, [], ["[cut: 9 entries]"], [{"content": [{"type": "x"}]}]])
def test_a_prompt_of_any_shape_is_told(prompt):
    attempt = stored(said(BREACHED), 1)
    odd = replace(attempt, detail=attempt.detail | {"prompt": prompt, "answer": None})
    (detail,) = told.details(RUN, odd)
    assert (detail["jailbreak_prompt"], detail["response"]) == ("", "")
