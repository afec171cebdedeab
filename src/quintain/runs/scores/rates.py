"""Counts of verdicts, and rates that say how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from quintain.runs.model import Tally

# The quantile of the normal distribution for 95 %, both sides.
Z = 1.959963984540054


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % interval of a share, as (low, high).

    Wilson's score interval: E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", JASA 22 (1927), 209-212. It stays within 0 to 1, and is honest for few
    attempts and for shares near 0 and 1, where the plain one is not: L. D. Brown, T. T. Cai,
    A. DasGupta, "Interval estimation for a binomial proportion", Statist. Sci. 16 (2001), 101-133.
    """
    share, square = part / whole, Z * Z
    middle = share + square / (2 * whole)
    spread = Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    low = 0.0 if part == 0 else (middle - spread) / scale
    high = 1.0 if part == whole else (middle + spread) / scale
    return low, high


@dataclass(frozen=True, slots=True)
class Rate:
    """`part` of `whole`. Of nothing there is no rate: value, low and high are None then."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def low(self) -> float | None:
        return wilson(self.part, self.whole)[0] if self.whole else None

    @property
    def high(self) -> float | None:
        return wilson(self.part, self.whole)[1] if self.whole else None

    def above(self, other: Rate) -> bool:
        """True when this interval lies wholly above the other one; never without both."""
        low, high = self.low, other.high
        return low is not None and high is not None and low > high

    def as_dict(self) -> dict[str, Any]:
        return {"rate": self.value, "low": self.low, "high": self.high, "n": self.whole}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many attempts ended in each verdict."""

    resisted: int = 0
    breached: int = 0
    error: int = 0

    @property
    def judged(self) -> int:
        return self.resisted + self.breached

    @property
    def attempts(self) -> int:
        return self.judged + self.error

    @property
    def rate(self) -> Rate:
        """Breached of judged; errors are neither."""
        return Rate(self.breached, self.judged)

    def plus(self, tally: Tally) -> Counts:
        now = {name: getattr(self, name) for name in ("resisted", "breached", "error")}
        now[tally.verdict] += tally.number
        return Counts(**now)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.resisted + other.resisted,
            self.breached + other.breached,
            self.error + other.error,
        )

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            self.resisted - other.resisted,
            self.breached - other.breached,
            self.error - other.error,
        )

    def as_dict(self) -> dict[str, Any]:
        """The verdicts, and the rate of breaches with its interval."""
        counts = {"resisted": self.resisted, "breached": self.breached, "error": self.error}
        rate = self.rate
        return {**counts, "rate": rate.value, "low": rate.low, "high": rate.high}
