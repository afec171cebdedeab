"""How test runs share a target with everyone else.

A run would fill any line, and any window in its first second, and whoever comes after it would wait
for a minute. So a tenth of the places is not for runs, where both wait they take turns, and a run
goes at an even pace once it has a quarter of the window: a place becomes free every few seconds,
and not all of them once a minute. Over a minute that costs the run nothing but the tenth.
"""

from __future__ import annotations

import math

from quintain.admission.window import SPAN_S, Window


class Sharing:
    """What one target's runs leave to its callers. `now` as in `Window`."""

    __slots__ = ("_run_at",)

    def __init__(self) -> None:
        self._run_at = -math.inf

    def run(self, now: float) -> None:
        """A run took a place."""
        self._run_at = now

    def allows(self, now: float, window: Window, *, contested: bool = False) -> bool:
        """Whether a run may take a place now.

        contested: callers wait as well, and take every other place: that is all they need.
        """
        room = window.room(now)
        if contested:
            return room > 0
        at_once = room > window.rate * 3 // 4
        return room > kept(window.rate) and (at_once or self._paced(window.rate) <= now)

    def next_free(self, now: float, window: Window, places: int = 1) -> float | None:
        """When so many places will be free for runs; None while that hangs on requests not yet sent."""
        free = window.next_free(now, places + kept(window.rate))
        return None if free is None else max(free, self._paced(window.rate))

    def _paced(self, rate: int) -> float:
        return self._run_at + SPAN_S / max(1, rate - kept(rate))


def kept(rate: int) -> int:
    """The places that are not for runs; none where there is only one."""
    return 0 if rate == 1 else max(1, rate // 10)
