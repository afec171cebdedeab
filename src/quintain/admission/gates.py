"""Who may send next: one gate a target, first come, first served.

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
from quintain.admission.window import Window
from quintain.errors import RateLimited

DEFAULT_RATE: Final = 20
MAX_WAITING: Final = 1000
_FIRST_SWEEP: Final = 1024
_SHORTEST_TIMER_S: Final = 0.001  # a loop that counts in milliseconds would spin on less

Clock = Callable[[], float]


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
    """The line before one target. Made by `Gates.gate`."""

    __slots__ = (
        "__weakref__",
        "_clock",
        "_gates",
        "_key",
        "_revision",
        "_timer",
        "_waiting",
        "_window",
        "dropped",
    )

    def __init__(self, gates: Gates, key: Hashable, clock: Clock) -> None:
        self._gates = gates
        self._key = key
        self._clock = clock
        self._window = Window(DEFAULT_RATE)
        self._revision = -1
        self._waiting: OrderedDict[asyncio.Future[Slot | None], None] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self.dropped = False

    @property
    def rate(self) -> int:
        return self._window.rate

    @property
    def waiting(self) -> int:
        return len(self._waiting)

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

    def try_enter(self) -> Slot | None:
        """Take a slot at once; None when others wait or no place is free."""
        if self._waiting or not self._window.take(self._clock()):
            return None
        if self.dropped:
            self._gates.reopen(self._key, self)
        return Slot(self)

    async def enter(self, max_wait: float) -> Slot:
        """Wait in line for a slot, at most `max_wait` seconds.

        Raises RateLimited at the deadline, or at once when the line is full. A cancelled caller
        gives its place up. Give the deadline here rather than through `asyncio.wait_for`.
        """
        slot = self.try_enter()
        if slot is not None:
            return slot
        if max_wait <= 0 or len(self._waiting) >= self._gates.longest_line:
            raise self._refusal()
        slot = await self._wait(max_wait)
        if slot is None:
            raise self._refusal()
        return slot

    async def _wait(self, max_wait: float) -> Slot | None:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Slot | None] = loop.create_future()
        self._waiting[turn] = None
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
        self._waiting.pop(turn, None)
        slot = None if turn.cancelled() or not turn.done() or turn.exception() else turn.result()
        if slot is not None:
            slot.cancel()
        else:
            self._admit()

    def _expire(self, turn: asyncio.Future[Slot | None]) -> None:
        self._admit()  # a place that became free by now still counts as in time
        if not turn.done():
            del self._waiting[turn]
            turn.set_result(None)
            self._arm()

    def dismiss(self, error: Exception) -> None:
        """Send everyone in line away with this error."""
        waiting, self._waiting = self._waiting, OrderedDict()
        for turn in waiting:
            if not turn.done():
                turn.set_exception(error)
        self._arm()

    def _admit(self) -> None:
        """Give every free place to the head of the line; then wait for the next one."""
        waiting = self._waiting
        now = self._clock()
        while waiting:
            turn = next(iter(waiting))
            # The future of a cancelled caller is done before its task has run and left the line.
            if not turn.done():
                if not self._window.take(now):
                    break
                turn.set_result(Slot(self))
            del waiting[turn]
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        head = next(iter(self._waiting), None)
        if head is None:
            return
        now = self._clock()
        free = self._window.next_free(now)
        if free is not None:
            delay = max(free - now, _SHORTEST_TIMER_S)
            self._timer = head.get_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._admit()

    def begin_period(self) -> None:
        """Count a slot's period from now. For `Slot` alone."""
        self._window.sent(self._clock())
        self._gates.note(self._key)
        if self._waiting and self._timer is None:
            self._arm()

    def restore(self, ages: list[float]) -> None:
        """Count what went out so many seconds ago, before this process. For `Gates` alone."""
        now = self._clock()
        self._window.restore(now - age for age in ages)

    def take_back(self) -> None:
        """Free a slot's place. For `Slot` alone."""
        self._window.cancel()
        if self._waiting:
            self._admit()

    def _refusal(self) -> RateLimited:
        now = self._clock()
        free = self._window.next_free(now, len(self._waiting) + 1)
        return RateLimited(
            f"This model takes {self.rate} requests per minute and no place became free in time."
            " Try again later, wait longer (X-Quintain-Max-Wait), or raise its rate_per_min.",
            retry_after=60.0 if free is None else free - now,
        )

    def idle(self) -> bool:
        """Tell whether a new gate would do the same as this one, but for its rate."""
        return not self._waiting and self._window.idle(self._clock())


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
