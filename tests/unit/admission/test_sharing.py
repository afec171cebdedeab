"""Runs beside callers, over simulated minutes."""

import asyncio

import pytest
from tests.unit.admission.simloop import SimulatedLoop

from quintain.admission.gates import Gates
from quintain.admission.sharing import kept
from quintain.errors import RateLimited


@pytest.fixture
def loop():
    loop = SimulatedLoop()
    yield loop
    loop.finish()


def gate_of(loop, rate):
    gate = Gates(loop.time).gate("a model")
    gate.set_rate(rate, 1)
    return gate


class Traffic:
    """A run that wants as much as it can get, and callers who come now and then."""

    def __init__(self, loop, rate, workers=8):
        self.loop, self.gate = loop, gate_of(loop, rate)
        self.of_run, self.of_callers, self.waits = [], [], []
        for _ in range(workers):
            loop.create_task(self.worker())

    async def worker(self):
        while True:
            (await self.gate.enter(1e6, run=True)).sent()
            self.of_run.append(self.loop.now)
            await asyncio.sleep(0.05)

    async def callers(self, every):
        while True:
            self.loop.create_task(self.caller())
            await asyncio.sleep(every)

    async def caller(self):
        began = self.loop.now
        try:
            (await self.gate.enter(60)).sent()
        except RateLimited:
            return
        self.of_callers.append(self.loop.now)
        self.waits.append(self.loop.now - began)


@pytest.mark.parametrize(("rate", "places"), [(1, 0), (2, 1), (20, 2), (600, 60)])
def test_a_tenth_of_the_places_is_not_for_runs(rate, places):
    assert kept(rate) == places


@pytest.mark.parametrize("rate", [1, 2, 20, 600])
def test_alone_a_run_gets_every_place_that_is_for_runs(loop, rate):
    traffic = Traffic(loop, rate)
    loop.advance(600)
    minutes = 600 / 60.5
    assert len(traffic.of_run) >= (rate - kept(rate)) * int(minutes)


def test_a_caller_who_comes_into_a_run_gets_a_place_at_once(loop):
    traffic = Traffic(loop, 20)
    loop.advance(5)
    loop.run_until_complete(traffic.caller())
    assert traffic.waits == [0]


def test_a_run_that_has_just_begun_leaves_most_of_the_window(loop):
    traffic = Traffic(loop, 20)
    loop.advance(5)
    for _ in range(10):
        loop.create_task(traffic.caller())
    loop.advance(0)
    assert traffic.waits == [0] * 10


def test_even_in_its_first_minute_a_run_keeps_nobody_waiting_for_a_minute(loop):
    traffic = Traffic(loop, 20)
    loop.create_task(traffic.callers(every=12))
    loop.advance(120)
    assert max(traffic.waits) < 20


def test_once_callers_are_there_they_wait_for_a_few_seconds_and_not_for_a_minute(loop):
    traffic = Traffic(loop, 20)
    loop.create_task(traffic.callers(every=12))  # five a minute, of twenty
    loop.advance(180)
    traffic.waits.clear()
    loop.advance(900)
    assert max(traffic.waits) < 2 * 60.5 / 18
    assert len(traffic.of_run) >= 15 * 13  # and the run gets what they leave


def test_callers_without_end_and_a_run_take_turns(loop):
    traffic = Traffic(loop, 20)
    loop.create_task(traffic.callers(every=1.5))  # forty a minute, of twenty
    loop.advance(300)
    run, callers = len(traffic.of_run), len(traffic.of_callers)
    loop.advance(600)
    run, callers = len(traffic.of_run) - run, len(traffic.of_callers) - callers
    assert run + callers >= 20 * 9
    assert 0.4 <= run / (run + callers) <= 0.6


def test_together_they_never_pass_the_rate(loop):
    traffic = Traffic(loop, 20)
    loop.create_task(traffic.callers(every=2))
    loop.advance(400)
    sent = sorted(traffic.of_run + traffic.of_callers)
    assert all(later - first > 60 for first, later in zip(sent, sent[20:], strict=False))


def test_a_run_that_waits_is_told_of_the_runs_before_it(loop):
    gate = gate_of(loop, 2)
    gate.try_enter(run=True).sent()
    assert gate.try_enter(run=True) is None
    with pytest.raises(RateLimited) as refusal:
        loop.run_until_complete(gate.enter(0, run=True))
    assert refusal.value.retry_after == 60
    assert gate.try_enter() is not None  # the place that is kept for callers


def test_everyone_is_sent_away_when_the_server_stops(loop):
    gate = gate_of(loop, 1)
    gate.try_enter()
    waiting = [loop.create_task(gate.enter(100, run=run)) for run in (True, False)]
    loop.settle()
    gate.dismiss(RateLimited("bye", retry_after=1))
    loop.settle()
    assert gate.waiting == 0
    assert all(isinstance(task.exception(), RateLimited) for task in waiting)
