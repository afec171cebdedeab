"""How test runs share a target with everyone else.

A run would fill any line, and any window in its first second, and whoever comes after it would wait
for a minute. So a tenth of the places is not for runs, where both wait they take turns, and as long
as there are callers runs go at an even pace: a place becomes free every few seconds, and not all of
them once a minute. Without callers a run has the target to itself.
"""

from __future__ import annotations

import math

from quintain.admission.window import PERIOD_S, SPAN_S, Window


class Sharing:
    """What one target's runs leave to its callers. `now` as in `Window`."""

    __slots__ = ("_caller_at", "_run_at")

    def __init__(self) -> None:
        self._caller_at = self._run_at = -math.inf

    def caller(self, now: float) -> None:
        """Someone who is no run asks for a place."""
        self._caller_at = now

    def run(self, now: float) -> None:
        """A run took a place."""
        self._run_at = now

    def allows(self, now: float, window: Window, *, contested: bool = False) -> bool:
        """Whether a run may take a place now.

        contested: callers wait as well, and take every other place: that is all they need.
        """
        if contested:
            return window.room(now) > 0
        return self._paced(window.rate) <= now and window.room(now) > kept(window.rate)

    def next_free(self, now: float, window: Window, places: int = 1) -> float | None:
        """When so many places will be free for runs; None while that hangs on requests not yet sent."""
        free = window.next_free(now, places + kept(window.rate))
        return None if free is None else max(free, self._paced(window.rate))

    def _paced(self, rate: int) -> float:
        if self._run_at - self._caller_at > PERIOD_S:
            return -math.inf
        return self._run_at + SPAN_S / max(1, rate - kept(rate))


def kept(rate: int) -> int:
    """The places that are not for runs; none where there is only one."""
    return 0 if rate == 1 else max(1, rate // 10)
