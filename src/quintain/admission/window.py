"""How many requests a target may still be sent: a sliding log without a clock of its own.

A place is counted from the moment it is taken, so that no burst of slow connects can pass the
limit. Its period begins when its request goes out: the target counts arrivals, not intentions.
Hence any closed period, laid anywhere, holds at most `rate` requests as counted at the target,
as long as two requests' times in transit differ by less than the margin.

The log is kept in grains of 10 ms. A grain ends with its last request, so places come back up
to 10 ms late in a burst and never early, and a log holds at most 6,050 grains at any rate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

GRAIN_S = 0.01
PERIOD_S = 60.0
MARGIN_S = 0.5
SPAN_S = PERIOD_S + MARGIN_S


class _Grain:
    __slots__ = ("count", "first", "last")

    def __init__(self, now: float) -> None:
        self.first = self.last = now
        self.count = 1


class Window:
    """The places of one target.

    rate: the most requests in any `period` (seconds); may be changed at any time.
    margin: seconds that a place stays counted beyond its period, more than 0, so that the period
    counts as closed and jitter in transit is absorbed.

    `now` is in seconds of any clock that never goes back.
    """

    __slots__ = ("_counted", "_log", "_span", "rate")

    def __init__(self, rate: int, period: float = PERIOD_S, margin: float = MARGIN_S) -> None:
        if margin <= 0:
            raise ValueError("margin must be more than 0 seconds")
        self.rate = rate
        self._span = period + margin
        self._counted = 0
        self._log: deque[_Grain] = deque()

    def take(self, now: float) -> bool:
        """Take a place if there is one. Each needs exactly one `sent` or `cancel` later."""
        log = self._log
        if log and log[0].last + self._span <= now:
            self._forget(now)
        if self._counted >= self.rate:
            return False
        self._counted += 1
        return True

    def sent(self, now: float) -> None:
        """Begin the period of a taken place: its request goes out now."""
        log = self._log
        if log and now - log[-1].first < GRAIN_S:
            grain = log[-1]
            grain.last = now
            grain.count += 1
        else:
            log.append(_Grain(now))

    def restore(self, times: Iterable[float]) -> None:
        """Count requests that went out before this window was made, the earliest first."""
        for at in times:
            self._counted += 1
            self.sent(at)

    def cancel(self) -> None:
        """Free a taken place: its request will never reach the target and costs nothing."""
        self._counted -= 1

    def room(self, now: float) -> int:
        """How many places are free."""
        self._forget(now)
        return self.rate - self._counted

    def next_free(self, now: float, places: int = 1) -> float | None:
        """Say when so many places will be free; None while that hangs on requests not yet sent."""
        self._forget(now)
        missing = self._counted + places - self.rate
        if missing <= 0:
            return now
        for grain in self._log:
            missing -= grain.count
            if missing <= 0:
                return grain.last + self._span
        return None

    def idle(self, now: float) -> bool:
        """Tell whether a new window would answer the same as this one."""
        self._forget(now)
        return self._counted == 0

    def _forget(self, now: float) -> None:
        log = self._log
        while log and log[0].last + self._span <= now:
            self._counted -= log.popleft().count
