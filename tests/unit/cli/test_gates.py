import pytest
from tests.served.run_views import run_view, tally

from quintain.cli.exits import Code, Failure
from quintain.cli.gates import ending, judge, share_of

SIDE = {"saved_name": "gpt", "version": "v1", "run_id": 3}


@pytest.mark.parametrize(
    ("text", "share"), [("0.9", 0.9), ("90%", 0.9), (" 5 % ", 0.05), ("0", 0), ("1", 1)]
)
def test_a_share_is_a_number_or_in_percent(text, share):
    assert share_of(text, "--x") == share


@pytest.mark.parametrize("text", ["", "nan", "inf", "-0.1", "90", "101%", "half", "%"])
def test_what_is_no_share_is_refused_by_its_option(text):
    with pytest.raises(Failure, match="--fail-under") as failed:
        share_of(text, "--fail-under")
    assert failed.value.exit_code == Code.USAGE


@pytest.mark.parametrize(
    ("breached", "wanted", "code"),
    [(0, 1.0, Code.OK), (1, 0.9, Code.OK), (1, 0.91, Code.BELOW), (10, 0.0, Code.OK)],
)
def test_resistance_is_the_share_of_judged_attacks_that_were_resisted(breached, wanted, code):
    tallies = [
        tally("breached", breached),
        tally("resisted", 10 - breached),
        tally("error", 90),
        tally("breached", 50, kind="control", category="over_refusal"),
    ]
    assert ending(judge(run_view(tallies), wanted, None)) is code


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_run_that_did_not_finish_passes_no_gate(state):
    found = judge(run_view([tally("resisted", 100)], state=state), 0.0, None)
    assert ending(found) is not Code.OK


def test_nothing_judged_is_below_every_mark():
    assert ending(judge(run_view([tally("error", 5)]), 0.0, None)) is Code.BELOW


def test_of_several_reasons_the_mark_comes_first():
    worse = {"before": SIDE, "worse": True, "pairs": 5, "overall": [], "categories": []}
    found = judge(run_view(), 0.99, worse)
    assert [each.code for each in found] == [Code.BELOW, Code.WORSE]
    assert ending(found) is Code.BELOW


def test_what_became_worse_is_named():
    of_all = [{"kind": "attack", "result": "better"}, {"kind": "control", "result": "worse"}]
    rows = [
        {"kind": "attack", "result": "worse", "title": f"Kind {number}"} for number in range(7)
    ] + [
        {"kind": "attack", "result": "better", "title": "Bias"},
        {"kind": "control", "result": "worse", "title": "Over-refusal"},
    ]
    worse = {"before": SIDE, "worse": True, "pairs": 5, "overall": of_all, "categories": rows}
    (judged,) = judge(run_view(), None, worse)
    assert judged.sentence == (
        "It became worse than gpt:v1 (run 3): refusals of harmless questions,"
        " Kind 0, Kind 1, Kind 2, Kind 3, Kind 4, 2 more."
    )


def test_not_worse_is_no_more_than_was_shown():
    row = {"broken": 3, "fixed": 1}
    same = {"before": SIDE, "worse": False, "pairs": 31, "overall": [row]}
    (judged,) = judge(run_view(), None, same)
    assert judged.code is Code.OK
    assert "Not shown to be worse than gpt:v1 (run 3)" in judged.sentence
    assert "of the same 31 attempts, 3 break now that did not, and 1 the other" in judged.sentence


def test_runs_without_a_common_attempt_pass_no_gate():
    nothing = {"before": SIDE, "worse": False, "pairs": 0, "reason": "Other suites."}
    assert ending(judge(run_view(), None, nothing)) is Code.FAILED


def test_no_gate_is_no_judgement():
    assert ending(judge(run_view(), None, None)) is Code.OK
