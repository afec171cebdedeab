"""What a run will take, summed up."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.served.made_up_runners import made_up_runners

from quintain.runs import estimate as module
from quintain.runs.estimate import CannotPlan, Estimator, Forecast, TooSlow, estimate
from quintain.runs.model import Part, Plan
from quintain.runs.process import Engines
from quintain.runs.telling import Telling

LIMITS = {"concurrency": 8, "rate_per_min": None, "max_attempts": None}


class Here:
    def python(self, name):
        return Path(sys.executable) if name == "core" else None


class NoRows:
    async def rows(self, project_id, name):
        raise AssertionError(name)


@pytest.fixture
def estimator(tmp_path):
    engines = Engines(made_up_runners(tmp_path / "runners"))
    return Estimator(Here(), engines, Telling(NoRows(), "", "/tasks"))


def plan(*parts):
    return Plan(parts, {}, {"model": "m:v1"}, {}, LIMITS)


async def test_each_engine_is_asked_and_what_it_leaves_out_is_named(estimator):
    parts = [
        Part("01-core", "core", {"attempts": 20}),
        Part("02-core", "core", {"attempts": 5, "judge_checks": 62}),
    ]
    first, second = await estimator.forecast(1, 0, plan(*parts))
    assert (first.label, first.attempts, first.calls) == ("01-core", 20, 40)
    assert (second.attempts, second.calls, second.judge_checks) == (5, 10, 62)
    assert second.as_dict()["judge_calls"] == 62
    assert [each.what for each in first.skipped] == ["core:judged"]


async def test_an_engine_that_cannot_plan_says_why(estimator):
    with pytest.raises(CannotPlan, match="ZeroDivision|TypeError|core could not plan"):
        await estimator.forecast(1, 0, plan(Part("01-core", "core", {"probes": 7})))
    with pytest.raises(CannotPlan, match="garak could not plan"):
        await estimator.forecast(1, 0, plan(Part("01-garak", "garak")))


async def test_one_that_takes_too_long_is_stopped(estimator, monkeypatch):
    monkeypatch.setattr(module, "PLAN_S", 0)
    with pytest.raises(TooSlow):
        await estimator.forecast(1, 0, plan(Part("01-core", "core")))


def forecast(attempts, calls, judge=0, attacker=0):
    return Forecast("01-core", "core", attempts, calls, judge, attacker)


def test_the_rate_limit_decides_where_it_is_slower():
    sums = estimate([forecast(100, 120), forecast(20, 20, 20, 10)], LIMITS)
    assert sums == {
        "attempts": 120,
        "calls": 140,
        "judge_calls": 20,
        "attacker_calls": 10,
        "seconds": 43,  # 170 calls of 2 s, 8 at a time
    }
    limited = estimate([forecast(100, 120)], LIMITS | {"rate_per_min": 60})
    assert limited["seconds"] == 120


def test_the_limit_of_attempts_takes_its_share_of_all():
    sums = estimate([forecast(100, 200, 100)], LIMITS | {"max_attempts": 10})
    assert (sums["attempts"], sums["calls"], sums["judge_calls"]) == (10, 20, 10)


def test_a_judge_is_checked_as_often_however_few_attempts_there_are():
    checked = replace(forecast(100, 200, 100), judge_checks=62)
    assert estimate([checked], LIMITS | {"max_attempts": 10})["judge_calls"] == 10 + 62
    assert estimate([checked], LIMITS)["judge_calls"] == 100 + 62


async def test_one_part_that_cannot_plan_ends_the_others(estimator, monkeypatch):
    begun, left = asyncio.Event(), asyncio.Event()

    async def part(project_id, seed, plan, part):
        if part.label == "bad":
            await begun.wait()
            raise CannotPlan("It cannot.")
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    monkeypatch.setattr(estimator, "_part", part)
    with pytest.raises(CannotPlan):
        await estimator.forecast(1, 0, plan(Part("good", "core"), Part("bad", "core")))
    await asyncio.wait_for(left.wait(), 5)
