"""How far a run is, and how long it will take."""

from datetime import UTC, datetime, timedelta

import pytest

from quintain.http.run_views import Look
from quintain.runs.model import Costs, Outcome, Part, Plan, Run
from quintain.runs.records import Totals

PARTS = (Part("01-core", "core"), Part("02-garak", "garak"))


def progress(
    state="running",
    *,
    planned=None,
    lately=(0, 60.0),
    minutes=10,
    estimate=None,
    most=None,
    controls=None,
    **attacks,
):
    now = datetime.now(UTC)
    begun = now - timedelta(minutes=minutes)
    plan = Plan(PARTS, {}, {}, {}, {"max_attempts": most}, estimate=estimate or {})
    run = Run(
        1, 1, 1, "m", "v1", 1, "", "smoke", "", 0, "qt_x", state, "run", "", 1, begun,
        None if state == "queued" else begun, now if state == "finished" else None,
        plan, Outcome(planned=planned or {}),
    )  # fmt: skip
    return Look(run, Totals(attacks, controls or {}, Costs()), lately).progress


def test_verdicts_add_up_to_what_is_done():
    found = progress(planned={"01-core": 30, "02-garak": 70}, resisted=15, breached=4, error=1)
    assert {name: found[name] for name in ("planned", "done", "resisted", "breached", "error")} == {
        "planned": 100, "done": 20, "resisted": 15, "breached": 4, "error": 1,
    }  # fmt: skip


def test_controls_are_counted_for_themselves():
    ended = {"resisted": 7, "breached": 2, "error": 1}
    found = progress(planned={"01-core": 30}, resisted=15, breached=4, error=2, controls=ended)
    assert {name: found[name] for name in found if not name.endswith(("_s", "_min"))} == {
        "planned": 31, "done": 31, "resisted": 15, "breached": 4,
        "controls_passed": 7, "controls_failed": 2, "error": 3,
    }  # fmt: skip


def test_the_rate_is_that_of_the_last_minute():
    found = progress(planned={"01-core": 100, "02-garak": 0}, lately=(30, 60.0), resisted=40)
    assert found["per_min"] == 30
    assert found["left_s"] == 120


def test_a_run_that_is_younger_than_a_minute_is_measured_by_its_age():
    found = progress(
        planned={"01-core": 9, "02-garak": 0}, lately=(5, 60.0), minutes=0.5, resisted=5
    )
    assert found["per_min"] == pytest.approx(10, abs=0.2)


def test_without_an_attempt_lately_the_whole_time_counts():
    found = progress(planned={"01-core": 20, "02-garak": 0}, resisted=10, minutes=100)
    assert found["per_min"] == pytest.approx(0.1)
    assert found["left_s"] == pytest.approx(6000, rel=0.01)


def test_before_every_part_has_announced_its_share_the_estimate_holds():
    assert progress(planned={"01-core": 30}, estimate={"attempts": 100})["planned"] == 100
    both = {"01-core": 30, "02-garak": 5}
    assert progress(planned=both, estimate={"attempts": 100})["planned"] == 35


def test_more_can_be_done_than_was_planned():
    found = progress(planned={"01-core": 1, "02-garak": 1}, lately=(5, 60), resisted=5)
    assert (found["planned"], found["left_s"]) == (5, 0)


def test_what_has_not_begun_or_is_over_has_no_time_left():
    queued = progress("queued", planned={"01-core": 5})
    assert (queued["elapsed_s"], queued["per_min"], queued["left_s"]) == (0, 0, None)
    finished = progress("finished", planned={"01-core": 5}, resisted=5, minutes=5)
    assert (finished["per_min"], finished["left_s"]) == (1, None)


def test_no_more_is_planned_than_the_run_may_make():
    assert progress(planned={"01-core": 10, "02-garak": 10}, most=10, resisted=4)["planned"] == 10
