"""The paired test: how lopsided are the attempts that ended differently in two runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

ALPHA = 0.05
_NEGLIGIBLE = 1e-18


def mcnemar(one: int, other: int) -> float:
    """The two-sided p of so uneven a split when both sides were equally likely.

    The exact, binomial form of Q. McNemar, "Note on the sampling error of the difference between
    correlated proportions or percentages", Psychometrika 12 (1947), 153-157: twice the smaller
    tail, at most 1. Summed in logarithms, from the largest term down, so that a million pairs are
    no work.
    """
    whole, few = one + other, min(one, other)
    if one == other:
        return 1.0
    log = math.lgamma(whole + 1) - math.lgamma(few + 1) - math.lgamma(whole - few + 1)
    term = total = 1.0
    for k in range(few, 0, -1):
        term *= k / (whole - k + 1)
        total += term
        if term < _NEGLIGIBLE * total:
            break
    return min(1.0, 2 * math.exp(log - whole * math.log(2)) * total)


def holm(raw: Sequence[float]) -> list[float]:
    """The p values corrected for their number, in the same order.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6
    (1979), 65-70: the chance of even one false alarm among them stays below the level.
    """
    corrected, highest = [0.0] * len(raw), 0.0
    for rank, index in enumerate(sorted(range(len(raw)), key=raw.__getitem__)):
        highest = max(highest, min(1.0, raw[index] * (len(raw) - rank)))
        corrected[index] = highest
    return corrected


def least(tests: int = 1) -> int:
    """How many attempts must differ, all in one way, before any of `tests` can be significant."""
    needed = 1
    while mcnemar(needed, 0) * tests > ALPHA:
        needed += 1
    return needed
