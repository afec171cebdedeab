import asyncio
import contextlib
import gc

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.admission.simloop import SimulatedLoop

from quintain.admission.gates import Gates
from quintain.errors import RateLimited, Unavailable


@pytest.fixture
def loop():
    loop = SimulatedLoop()
    yield loop
    loop.finish()


def gate_of(loop, rate, key="a model"):
    gate = Gates(loop.time).gate(key)
    gate.set_rate(rate, 1)
    return gate


def send(gate):
    slot = gate.try_enter()
    slot.sent()
    return slot


def start(loop, gate, max_wait=100.0):
    task = loop.create_task(gate.enter(max_wait))
    loop.settle()
    return task


# ---------------------------------------------------------------------------- any order of events


class Line(RuleBasedStateMachine):
    """Callers of one gate in any order, several of them within one tick of the loop.

    Only `tick` and `advance` let the loop run: so a place is freed, a rate raised and a caller
    cancelled between the moment a turn comes and the moment its task hears of it.
    """

    def __init__(self):
        super().__init__()
        self.loop = SimulatedLoop()
        self.gate = Gates(self.loop.time).gate("a model")
        self.waiting = {}  # number -> task
        self.held = []
        self.stamps = []
        self.admitted = []
        self.refused = []
        self.arrivals = self.last_admitted = 0
        self.top_rate = self.rate = 0

    @initialize(rate=st.integers(1, 4))
    def first_rate(self, rate):
        self.revision = 0
        self.change_rate(rate)

    @rule(rate=st.integers(1, 5))
    def change_rate(self, rate):
        self.revision += 1
        self.rate = rate
        self.top_rate = max(self.top_rate, rate)
        self.gate.set_rate(rate, self.revision)

    @rule(rate=st.integers(1, 5))
    def hear_of_an_older_rate(self, rate):
        self.gate.set_rate(rate, self.revision - 1)

    @rule(max_wait=st.sampled_from([0.0, 0.3, 20.0, 60.0, 200.0]))
    def arrive(self, max_wait):
        self.arrivals += 1
        self.waiting[self.arrivals] = self.loop.create_task(self.caller(self.arrivals, max_wait))

    async def caller(self, number, max_wait):
        arrived = self.loop.now
        try:
            slot = await self.gate.enter(max_wait)
        except RateLimited as refusal:
            self.refused.append((self.loop.now - arrived, max_wait, refusal.retry_after))
        else:
            self.admitted.append(number)
            self.keep(slot)
        finally:
            del self.waiting[number]

    def keep(self, slot):
        self.held.append(slot)

    @rule()
    def arrive_in_a_hurry(self):
        ahead = self.gate.waiting
        slot = self.gate.try_enter()
        if slot is not None:
            assert not ahead
            self.keep(slot)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def send(self, data):
        slot = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        slot.sent()
        self.stamps.append(self.loop.now)
        slot.cancel()  # what every caller does on the way out, and must cost nothing

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def fail_to_connect(self, data):
        slot = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        slot.cancel()
        slot.cancel()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def leave(self, data):
        number = data.draw(st.sampled_from(sorted(self.waiting)))
        task = self.waiting[number]
        task.cancel()
        task.add_done_callback(lambda _: self.waiting.pop(number, None))

    @rule(seconds=st.sampled_from([0.004, 0.3, 1.0, 19.0, 40.0, 60.5]))
    def advance(self, seconds):
        self.loop.advance(seconds)
        self.after_a_tick()

    @rule()
    def tick(self):
        self.loop.settle()
        self.after_a_tick()

    def after_a_tick(self):
        # Turns given in one tick are heard of in any order, but all before those of the next.
        if self.admitted:
            assert min(self.admitted) > self.last_admitted
            self.last_admitted = max(self.admitted)
            self.admitted.clear()
        self.nobody_waits_beside_a_free_place()

    def nobody_waits_beside_a_free_place(self):
        assert self.gate.waiting == len(self.waiting)
        if self.waiting:
            slack = 60.5 + 0.01 + 0.002  # margin, grain, the shortest timer
            counted = [at for at in self.stamps if at > self.loop.now - slack]
            assert len(self.held) + len(counted) >= self.rate

    @invariant()
    def no_closed_minute_holds_more_than_the_rate(self):
        for start_ in self.stamps[-10:]:
            assert sum(start_ - 60 <= at <= start_ for at in self.stamps) <= self.top_rate

    @invariant()
    def nobody_is_refused_before_or_after_the_deadline(self):
        for waited, max_wait, retry_after in self.refused:
            assert waited == pytest.approx(max_wait, abs=0.002)
            assert 1 <= retry_after <= 60
        self.refused.clear()

    def teardown(self):
        try:
            self.every_slot_comes_back()
        finally:
            self.loop.finish()

    def every_slot_comes_back(self):
        for task in self.waiting.values():
            task.cancel()
        self.loop.settle()
        while self.held:
            self.held.pop().cancel()
        self.loop.advance(61)
        assert self.gate.idle(), "a slot leaked"
        for _ in range(self.rate):
            assert self.gate.try_enter() is not None
        assert self.gate.try_enter() is None


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


# --------------------------------------------------------------------------- cancellation, by hand


def test_a_caller_cancelled_in_the_tick_of_its_turn_hands_the_slot_to_the_next(loop):
    gate = gate_of(loop, 1)
    held = gate.try_enter()
    first, second = start(loop, gate), start(loop, gate)
    held.cancel()
    first.cancel()
    loop.settle()
    assert first.cancelled()
    assert second.done()


def test_a_place_freed_in_the_tick_of_a_cancellation_is_not_given_to_the_one_who_left(loop):
    gate = gate_of(loop, 1)
    held = gate.try_enter()
    first, second = start(loop, gate), start(loop, gate)
    first.cancel()
    held.cancel()
    loop.settle()
    assert second.done()


def test_all_leaving_in_the_tick_of_a_turn_leave_every_place_free(loop):
    gate = gate_of(loop, 1)
    held = gate.try_enter()
    tasks = [start(loop, gate) for _ in range(5)]
    held.cancel()
    for task in tasks:
        task.cancel()
    loop.settle()
    assert gate.waiting == 0
    assert gate.idle()


def test_a_refusal_and_a_cancellation_in_one_tick_lose_nothing(loop):
    gate = gate_of(loop, 1)
    send(gate)
    task = start(loop, gate, max_wait=1.0)
    loop.call_at(loop.now + 1.0, task.cancel)
    loop.advance(2)
    assert task.done()
    assert gate.waiting == 0


def test_a_coroutine_closed_while_it_waits_gives_its_place_up(loop):
    gate = gate_of(loop, 1)
    held = gate.try_enter()

    async def begin_and_close():
        waiting = gate.enter(100.0)
        waiting.send(None)
        assert gate.waiting == 1
        waiting.close()

    loop.run_until_complete(begin_and_close())
    held.cancel()
    assert gate.waiting == 0
    assert gate.idle()


# ------------------------------------------------------------------------------- waiting and rates


def test_a_place_given_back_goes_to_the_first_in_line(loop):
    gate = gate_of(loop, 1)
    held = gate.try_enter()
    first, second = start(loop, gate), start(loop, gate)
    held.cancel()
    loop.settle()
    assert (first.done(), second.done()) == (True, False)


def test_nobody_overtakes_the_line_when_its_timer_is_late(loop):
    gate = gate_of(loop, 1)
    send(gate)
    task = start(loop, gate)
    loop.now += 61
    assert gate.try_enter() is None
    loop.settle()
    assert task.done()


def test_a_refused_caller_is_told_of_those_who_are_before_it(loop):
    gate = gate_of(loop, 2)
    send(gate)
    loop.advance(30)
    send(gate)
    start(loop, gate)
    with pytest.raises(RateLimited) as refusal:
        loop.run_until_complete(gate.enter(0))
    assert refusal.value.retry_after == 60
    loop.advance(20)
    with pytest.raises(RateLimited) as refusal:
        loop.run_until_complete(gate.enter(0))
    assert refusal.value.retry_after == 41


def test_a_waiting_caller_gets_its_turn_when_the_first_minute_ends(loop):
    gate = gate_of(loop, 2)
    send(gate)
    loop.advance(10)
    send(gate)
    task = start(loop, gate)
    loop.advance(50.49)
    assert not task.done()
    loop.advance(0.02)
    assert task.done()


def test_a_turn_that_comes_at_the_very_deadline_is_used(loop):
    gate = gate_of(loop, 1)
    send(gate)
    task = start(loop, gate, max_wait=60.5)
    loop.advance(61)
    assert task.exception() is None


def test_a_raised_rate_lets_waiting_callers_in_at_once(loop):
    gate = gate_of(loop, 1)
    send(gate)
    tasks = [start(loop, gate) for _ in range(3)]
    gate.set_rate(3, 2)
    loop.settle()
    assert [task.done() for task in tasks] == [True, True, False]


def test_a_refused_caller_is_told_when_to_come_back_and_costs_nothing(loop):
    gate = gate_of(loop, 1)
    send(gate)
    loop.advance(20)
    with pytest.raises(RateLimited, match="rate_per_min") as refusal:
        loop.run_until_complete(gate.enter(10))
    assert refusal.value.retry_after == 31
    loop.advance(30.6)
    assert gate.try_enter() is not None


def test_a_full_line_refuses_at_once(loop):
    gate = Gates(loop.time, longest_line=2).gate("a model")
    gate.set_rate(1, 1)
    held = gate.try_enter()
    tasks = [start(loop, gate) for _ in range(2)]
    refused = start(loop, gate)
    assert isinstance(refused.exception(), RateLimited)
    held.sent()
    loop.advance(61)
    assert tasks[0].done()


def test_a_line_of_many_needs_one_timer_for_its_turns(loop):
    gate = gate_of(loop, 1)
    send(gate)
    for _ in range(50):
        start(loop, gate)
    rings = [handle for handle in loop._scheduled if handle._callback == gate._ring]
    assert sum(not handle.cancelled() for handle in rings) == 1


def test_a_gate_without_a_line_has_no_timer(loop):
    gate = gate_of(loop, 1)
    send(gate)
    task = start(loop, gate)
    task.cancel()
    loop.settle()
    assert not any(handle for handle in loop._scheduled if not handle.cancelled())


def test_a_line_that_is_dismissed_goes_home_with_the_reason_and_costs_nothing(loop):
    gates = Gates(loop.time)
    gate = gates.gate("a model")
    gate.set_rate(1, 1)
    held = gate.try_enter()
    stays, leaves = start(loop, gate), start(loop, gate)
    gates.dismiss(Unavailable("The server is shutting down."))
    leaves.cancel()
    loop.settle()
    assert isinstance(stays.exception(), Unavailable)
    assert leaves.cancelled()
    held.cancel()
    assert gate.idle()


# ------------------------------------------------------------------------------------------- slots


def test_leaving_the_block_of_a_slot_gives_back_what_was_not_sent(loop):
    gate = gate_of(loop, 1)
    with contextlib.suppress(OSError), gate.try_enter():
        raise OSError("no connection")
    assert gate.idle()


def test_leaving_the_block_of_a_sent_slot_keeps_it_counted(loop):
    gate = gate_of(loop, 1)
    with gate.try_enter() as slot:
        slot.sent()
        slot.sent()
    assert gate.try_enter() is None


def test_a_slot_that_was_given_back_lets_no_request_out(loop):
    slot = gate_of(loop, 1).try_enter()
    slot.cancel()
    with pytest.raises(RuntimeError, match="given back"):
        slot.sent()


# ------------------------------------------------------------------------------------ many targets


def test_gates_of_different_targets_do_not_count_together(loop):
    gates = Gates(loop.time)
    for key in ("one", "two"):
        gates.gate(key).set_rate(1, 1)
        assert gates.gate(key).try_enter() is not None
    assert gates.gate("one").try_enter() is None


def test_waiting_counts_the_callers_of_all_gates(loop):
    gates = Gates(loop.time)
    for key in ("one", "two"):
        gates.gate(key).set_rate(1, 1)
        send(gates.gate(key))
        start(loop, gates.gate(key))
    assert gates.waiting == 2


def test_idle_gates_are_dropped_and_busy_ones_keep_their_count(loop):
    gates = Gates(loop.time)
    for key in range(3000):
        gates.gate(key)
    gates.gate("busy").set_rate(1, 1)
    send(gates.gate("busy"))
    for key in range(3000, 9000):
        gates.gate(key)
    assert len(gates._open) < 1100
    assert gates.gate("busy").try_enter() is None


def test_a_dropped_gate_that_is_used_again_keeps_its_count(loop):
    gates = Gates(loop.time)
    held = gates.gate("held")
    held.set_rate(1, 1)
    gates._sweep()
    assert "held" not in gates._open
    send(held)
    del held
    gc.collect()
    assert gates.gate("held").try_enter() is None


def test_a_dropped_gate_is_found_again_while_someone_holds_it(loop):
    gates = Gates(loop.time)
    held = gates.gate("held")
    gates._sweep()
    assert gates.gate("held") is held


async def test_the_real_loop_and_clock_give_the_turn_within_the_deadline():
    gate = Gates().gate("real")
    gate.set_rate(1, 1)
    held = gate.try_enter()
    task = asyncio.create_task(gate.enter(5))
    await asyncio.sleep(0)
    held.cancel()
    assert await task
