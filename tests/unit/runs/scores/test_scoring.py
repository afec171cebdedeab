"""Scores from tallies."""

import orjson
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.runs.fakes import tally

from quintain.runs.scores import score

VERDICTS = ("resisted", "breached", "error")
TALLY = st.builds(
    tally,
    st.sampled_from(VERDICTS),
    st.integers(1, 50),
    category=st.sampled_from(["jailbreak", "hate", "over_refusal", "utility"]),
    technique=st.sampled_from(["direct", "base64"]),
    kind=st.sampled_from(["attack", "control"]),
    severity=st.sampled_from(["low", "critical"]),
    engine=st.sampled_from(["core", "garak"]),
)


def test_attacks_and_controls_have_rates_of_their_own():
    scores = score(
        [
            tally("breached", 3),
            tally("resisted", 7),
            tally("error", 90),
            tally("breached", 1, "over_refusal", "benign", "control"),
            tally("resisted", 3, "over_refusal", "benign", "control"),
            tally("resisted", 1, "utility", "benign", "control"),
            tally("breached", 1, "utility", "benign", "control"),
        ],
        planned=200,
    )
    assert scores.attack_success.value == 0.3
    assert scores.resistance.value == 0.7
    assert scores.false_refusals.value == 0.25
    assert scores.tasks_done.value == 0.5
    assert scores.as_dict()["counts"] == {
        "planned": 200,
        "attempts": 106,
        "judged": 16,
        "error": 90,
        "not_attempted": 94,
    }


def test_a_run_without_a_judged_attempt_has_no_rate_at_all():
    for rows in ([], [tally("error", 12)]):
        scores = score(rows)
        assert scores.attack_success.value is None
        assert scores.resistance.as_dict() == {"rate": None, "low": None, "high": None, "n": 0}
        assert scores.false_refusals.value is None
        assert scores.not_attempted is None


def test_categories_come_worst_first_by_what_is_certain():
    rows = [
        tally("breached", 1, "hate"),  # 100 %, of one
        tally("breached", 80, "jailbreak"),
        tally("resisted", 20, "jailbreak"),
        tally("resisted", 50, "malware"),
        tally("error", 5, "bias"),
    ]
    scores = score(rows).as_dict()
    assert [row["category"] for row in scores["categories"]] == [
        *("jailbreak", "hate", "malware", "bias"),
    ]
    assert scores["categories"][0]["title"] == "Jailbreak"
    assert scores["categories"][3]["rate"] is None


@given(st.lists(TALLY, max_size=40))
def test_every_attempt_is_counted_once_in_each_view(rows):
    scores = score(rows)
    attacks = [row for row in rows if row.kind == "attack"]
    for view in ("categories", "techniques", "severities", "engines", "cells"):
        counts = getattr(scores, view).values()
        assert sum(each.attempts for each in counts) == sum(row.number for row in attacks)
    assert scores.everything.attempts == sum(row.number for row in rows)
    orjson.dumps(scores.as_dict())
