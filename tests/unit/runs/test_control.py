"""How a run under way is ended from outside."""

import asyncio

import pytest

from quintain.runs.control import Control, Halted, Stopping, cancelled, failed


class Engine:
    def __init__(self):
        self.stopped = []

    def stop(self, *, at_once=False):
        self.stopped.append(at_once)


def test_the_first_reason_counts_and_the_engine_is_stopped_once():
    control, engine = Control(), Engine()
    control.holds(engine)
    control.halt(cancelled())
    control.halt(failed("The model was changed."))
    assert engine.stopped == [False]
    with pytest.raises(Halted, match="cancelled"):
        control.check()


def test_that_the_server_stops_goes_before_all_and_kills_the_engine():
    control, engine = Control(), Engine()
    control.holds(engine)
    control.halt(cancelled())
    control.halt(Stopping())
    control.halt(cancelled())
    assert engine.stopped == [False, True]
    with pytest.raises(Stopping):
        control.check()


def test_an_engine_that_starts_too_late_is_told_at_once():
    control = Control()
    control.halt(cancelled())
    with pytest.raises(Halted):
        control.holds(Engine())
    control.holds(None)


async def test_a_pause_ends_when_the_run_is_halted():
    control = Control()
    await control.pause(0)
    pausing = asyncio.create_task(control.pause(600))
    await asyncio.sleep(0)
    control.halt(cancelled())
    with pytest.raises(Halted):
        await asyncio.wait_for(pausing, 10)
