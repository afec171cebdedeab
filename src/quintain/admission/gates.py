"""Who may send next: one gate a target, first come, first served, and runs beside callers.

Callers wait on a future each: no task, no polling. A gate has at most one timer for its next free
place, and none while nobody waits. Everything here belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Final, Self
from weakref import WeakValueDictionary

from quintain.admission.journal import Journal
from quintain.admission.sharing import Sharing
from quintain.admission.window import Window
from quintain.errors import RateLimited

DEFAULT_RATE: Final = 20
MAX_WAITING: Final = 1000
_FIRST_SWEEP: Final = 1024
_SHORTEST_TIMER_S: Final = 0.001  # a loop that counts in milliseconds would spin on less

Clock = Callable[[], float]
_Line = OrderedDict["asyncio.Future[Slot | None]", None]


class Slot:
    """The right to send one request.

    Call `sent` just before its first byte goes out, else `cancel`. As a context manager it cancels
    what was not sent, so that no way out of the block loses a place.
    """

    __slots__ = ("_gate", "_held", "_sent")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._held = True
        self._sent = False

    def sent(self) -> None:
        """Start the period of this slot; a second call does nothing.

        Raises RuntimeError when the slot was given back: its place may be another's by now, so the
        request must not go out.
        """
        if self._held:
            self._held = False
            self._sent = True
            self._gate.begin_period()
        elif not self._sent:
            raise RuntimeError("this slot was given back and allows no request any more")

    def cancel(self) -> None:
        """Give the place to the next in line; does nothing once it was sent or given back."""
        if self._held:
            self._held = False
            self._gate.take_back()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()


class Gate:
    """The line before one target, and that of test runs beside it. Made by `Gates.gate`."""

    __slots__ = (
        "__weakref__",
        "_callers",
        "_clock",
        "_gates",
        "_key",
        "_revision",
        "_runs",
        "_runs_turn",
        "_sharing",
        "_timer",
        "_window",
        "dropped",
    )

    def __init__(self, gates: Gates, key: Hashable, clock: Clock) -> None:
        self._gates = gates
        self._key = key
        self._clock = clock
        self._window = Window(DEFAULT_RATE)
        self._revision = -1
        self._callers: _Line = OrderedDict()
        self._runs: _Line = OrderedDict()
        self._runs_turn = False
        self._sharing = Sharing()
        self._timer: asyncio.TimerHandle | None = None
        self.dropped = False

    @property
    def rate(self) -> int:
        return self._window.rate

    @property
    def waiting(self) -> int:
        return len(self._callers) + len(self._runs)

    def set_rate(self, rate: int, revision: int) -> None:
        """Set the most requests in any 60 s, from now on and for those who wait already.

        revision: of the model; an older one than was seen before changes nothing, so that a call
        that was resolved before a modification cannot undo it.
        """
        if revision < self._revision:
            return
        self._revision = revision
        if rate != self._window.rate:
            self._window.rate = rate
            self._admit()

    def try_enter(self, *, run: bool = False) -> Slot | None:
        """Take a slot at once; None when others wait or no place is free.

        run: for a test run.
        """
        if not (self._run_enters() if run else self._caller_enters()):
            return None
        if self.dropped:
            self._gates.reopen(self._key, self)
        return Slot(self)

    def _caller_enters(self) -> bool:
        return not self._callers and self._window.take(self._clock())

    def _run_enters(self) -> bool:
        if self._callers or self._runs:
            return False
        now = self._clock()
        taken = self._sharing.allows(now, self._window) and self._window.take(now)
        if taken:
            self._sharing.run(now)
        return taken

    async def enter(self, max_wait: float, *, run: bool = False) -> Slot:
        """Wait in line for a slot, at most `max_wait` seconds.

        Raises RateLimited at the deadline, or at once when the line is full. A cancelled caller
        gives its place up. Give the deadline here rather than through `asyncio.wait_for`.
        """
        slot = self.try_enter(run=run)
        if slot is not None:
            return slot
        line = self._runs if run else self._callers
        if max_wait <= 0 or len(line) >= self._gates.longest_line:
            raise self._refusal(run=run)
        slot = await self._wait(line, max_wait)
        if slot is None:
            raise self._refusal(run=run)
        return slot

    async def _wait(self, line: _Line, max_wait: float) -> Slot | None:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Slot | None] = loop.create_future()
        line[turn] = None
        deadline = loop.call_later(max_wait, self._expire, turn)
        try:
            self._admit()
            return await turn
        except BaseException:  # cancelled, or closed by a loop that ends
            self._leave(turn)
            raise
        finally:
            deadline.cancel()

    def _leave(self, turn: asyncio.Future[Slot | None]) -> None:
        """Give up a place in line, or the slot that came in the very tick of the cancellation."""
        self._strike(turn)
        slot = None if turn.cancelled() or not turn.done() or turn.exception() else turn.result()
        if slot is not None:
            slot.cancel()
        else:
            self._admit()

    def _expire(self, turn: asyncio.Future[Slot | None]) -> None:
        self._admit()  # a place that became free by now still counts as in time
        if not turn.done():
            self._strike(turn)
            turn.set_result(None)
            self._arm()

    def _strike(self, turn: asyncio.Future[Slot | None]) -> None:
        self._callers.pop(turn, None)
        self._runs.pop(turn, None)

    def dismiss(self, error: Exception) -> None:
        """Send everyone in line away with this error."""
        waiting = [*self._callers, *self._runs]
        self._callers.clear()
        self._runs.clear()
        for turn in waiting:
            if not turn.done():
                turn.set_exception(error)
        self._arm()

    def _admit(self) -> None:
        """Give every free place to the head of a line; then wait for the next one."""
        now = self._clock()
        while (line := self._next_line(now)) is not None:
            turn = next(iter(line))
            # The future of a cancelled caller is done before its task has run and left the line.
            if not turn.done():
                if not self._window.take(now):
                    break
                turn.set_result(Slot(self))
                self._served(line, now)
            del line[turn]
        self._arm()

    def _next_line(self, now: float) -> _Line | None:
        """Whose turn it is; None where nobody waits, or only runs that may not yet."""
        contested = bool(self._callers)
        run_may = bool(self._runs) and self._sharing.allows(now, self._window, contested=contested)
        if self._callers and not (run_may and self._runs_turn):
            return self._callers
        return self._runs if run_may else None

    def _served(self, line: _Line, now: float) -> None:
        self._runs_turn = line is self._callers
        if line is self._runs:
            self._sharing.run(now)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        head = next(iter(self._callers or self._runs), None)
        if head is None:
            return
        now = self._clock()
        free = self._next_free(now)
        if free is not None:
            delay = max(free - now, _SHORTEST_TIMER_S)
            self._timer = head.get_loop().call_later(delay, self._ring)

    def _next_free(self, now: float) -> float | None:
        """When the next who waits may go: a run never may before a caller."""
        if self._callers:
            return self._window.next_free(now)
        return self._sharing.next_free(now, self._window)

    def _ring(self) -> None:
        self._timer = None
        self._admit()

    def begin_period(self) -> None:
        """Count a slot's period from now. For `Slot` alone."""
        self._window.sent(self._clock())
        self._gates.note(self._key)
        if self._timer is None and (self._callers or self._runs):
            self._arm()

    def restore(self, ages: list[float]) -> None:
        """Count what went out so many seconds ago, before this process. For `Gates` alone."""
        now = self._clock()
        self._window.restore(now - age for age in ages)

    def take_back(self) -> None:
        """Free a slot's place. For `Slot` alone."""
        self._window.cancel()
        if self._callers or self._runs:
            self._admit()

    def _refusal(self, *, run: bool) -> RateLimited:
        now = self._clock()
        if run:
            free = self._sharing.next_free(now, self._window, len(self._runs) + 1)
        else:
            free = self._window.next_free(now, len(self._callers) + 1)
        return RateLimited(
            f"This model takes {self.rate} requests per minute and no place became free in time."
            " Try again later, wait longer (X-Quintain-Max-Wait), or raise its rate_per_min.",
            retry_after=60.0 if free is None else free - now,
        )

    def idle(self) -> bool:
        """Tell whether a new gate would do the same as this one, but for its rate."""
        return not self.waiting and self._window.idle(self._clock())


class Gates:
    """All gates of this process. Memory follows the targets called within the last period.

    longest_line: the most callers that wait at one gate. journal: where requests through gates of
    saved models are noted, their keys being the models' ids.
    clock: seconds that never go back. Not the event loop's own time: uvloop's stands still while
    a callback runs, so that a stamp could lie before the request it stands for.
    """

    def __init__(
        self,
        clock: Clock = time.monotonic,
        *,
        longest_line: int = MAX_WAITING,
        journal: Journal | None = None,
    ) -> None:
        self.longest_line = longest_line
        self._journal = journal
        self._clock = clock
        self._open: dict[Hashable, Gate] = {}
        # Someone may hold on to a gate that was idle and dropped; the same key must find it again.
        self._dropped: WeakValueDictionary[Hashable, Gate] = WeakValueDictionary()
        self._sweep_at = _FIRST_SWEEP

    def gate(self, key: Hashable) -> Gate:
        """Find or make the one gate of `key`.

        A new gate lets 20 requests through in 60 s, and a gate that was idle for a while is a new
        one: call `set_rate` each time, it costs nothing where nothing changed.
        """
        return self._open.get(key) or self._find(key)

    @property
    def waiting(self) -> int:
        """How many callers wait at all gates together. May be asked from any thread."""
        return sum(gate.waiting for gate in list(self._open.values()))

    def note(self, key: Hashable) -> None:
        """Remember a request beyond this process. For `Gate` alone."""
        if self._journal is not None and isinstance(key, int):
            self._journal.note(key)

    def restore(self, sent: Mapping[int, list[float]]) -> None:
        """Go on where an earlier process stopped. sent: how many seconds ago, by model id."""
        for key, ages in sent.items():
            self.gate(key).restore(ages)

    def dismiss(self, error: Exception) -> None:
        """Send everyone who waits away with this error: the server stops."""
        for gate in self._open.values():
            gate.dismiss(error)

    def _find(self, key: Hashable) -> Gate:
        if len(self._open) >= self._sweep_at:
            self._sweep()
        gate = self._dropped.get(key) or Gate(self, key, self._clock)
        self.reopen(key, gate)
        return gate

    def reopen(self, key: Hashable, gate: Gate) -> None:
        """Keep a gate that is used again after it was dropped. For `Gate` alone."""
        gate.dropped = False
        self._dropped.pop(key, None)
        self._open[key] = gate

    def _sweep(self) -> None:
        for key, gate in list(self._open.items()):
            if gate.idle():
                gate.dropped = True
                self._dropped[key] = gate
                del self._open[key]
        # Doubling keeps a sweep's cost constant per gate made.
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._open))
