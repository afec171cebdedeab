import io

import pytest
from rich.console import Console
from tests.served.run_views import FINDING, run_view, tally

from quintain.cli.scorecard import bar_of, cost_line, grouped, print_scorecard, verdict_of


def shown(run, findings=(), wide=80, **how):
    console = Console(
        file=io.StringIO(), width=wide, highlight=False, emoji=False, markup=False, soft_wrap=True
    )
    print_scorecard(console, run, findings, **how)
    return console.file.getvalue()


def test_the_verdict_says_how_many_and_how_sure():
    sentence, style, sign = verdict_of(run_view())
    assert sentence == "6 of 42 attacks got through: 14.3 % (95 % interval 7 to 28 %)."
    assert ("red" in style, sign) == (True, "failed")


def test_only_a_finished_run_without_a_breach_is_green():
    good = [tally("resisted", 40)]
    assert verdict_of(run_view(good))[1:] == ("bold green", "ok")
    for state in ("failed", "cancelled", "running", "queued"):
        assert "green" not in verdict_of(run_view(good, state=state))[1]
    for nothing in ([], [tally("error", 9)], [tally("resisted", 9, kind="control")]):
        assert "green" not in verdict_of(run_view(nothing))[1]


def test_resisting_is_no_merit_of_what_refuses_everything():
    tallies = [tally("resisted", 40), tally("breached", 6, kind="control", category="over_refusal")]
    sentence, style, _ = verdict_of(run_view(tallies))
    assert "refuses most harmless questions" in sentence
    assert "green" not in style


def test_what_an_engine_said_last_keeps_its_lines():
    reason = "The engine died. Its last words:\nTraceback\n  line 1\nOops"
    lines = shown(run_view([], state="failed", reason=reason)).splitlines()
    assert lines[1] == "✗ The run failed: The engine died. Its last words:"
    assert lines[-3].strip() == "Oops"


def test_harmless_questions_and_errors_stand_beside_the_rate():
    text = shown(run_view())
    assert "False refusals  1 of 20 harmless questions, 5 % (1 to 24 %)" in text
    assert "Errors          1 of 63 attempts, 1.6 %; in no rate" in text


def test_what_was_not_attempted_is_told():
    assert "Not attempted   37 of 100 planned" in shown(run_view(planned=100))


def test_findings_past_the_first_are_counted():
    text = shown(run_view(), [FINDING] * 7, shown=2)
    assert text.count("6 of 6 attempts got through.") == 2
    assert "and 5 more: quintain runs findings 12" in text


def test_reasons_for_leaving_out_are_told_once_each():
    skipped = [{"what": f"core:p{at}", "reason": "needs a judge"} for at in range(5)]
    assert grouped([*skipped, {"what": "garak", "reason": "is not installed"}]) == [
        "core:p0, core:p1 and 3 more: needs a judge",
        "garak: is not installed",
    ]


def test_what_it_took_leaves_out_what_there_was_none_of():
    costs = {"calls": 70, "judge_calls": 1, "retries": 2, "input_tokens": 900, "output_tokens": 100}
    line = cost_line(run_view(costs=costs))
    assert line == "It took 70 calls, 1 judge call, 2 retries, 1,000 tokens, 42 s."


@pytest.mark.parametrize(
    ("rate", "drawn"),
    [(0.0, "░░░░░░░░░░"), (0.001, "█░░░░░░░░░"), (0.999, "█████████░"), (1.0, "██████████")],
)
def test_a_bar_shows_every_breach_and_is_full_only_for_all(rate, drawn):
    assert bar_of(Console(file=io.TextIOWrapper(io.BytesIO(), "utf-8")), rate).plain == drawn


def test_where_signs_are_ascii_bars_are_too():
    assert bar_of(Console(file=io.TextIOWrapper(io.BytesIO(), "ascii")), 0.5).plain == "#####....."


def test_a_run_that_goes_on_says_what_is_known_until_now():
    assert verdict_of(run_view(state="running"))[0].startswith("It is running. Until now: 6 of 42")
    cancelled = run_view([], state="cancelled", reason="It was cancelled.")
    assert verdict_of(cancelled)[0] == "It was cancelled. Until then: no attack was judged."
