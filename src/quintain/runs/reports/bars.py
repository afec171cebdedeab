"""A rate as a bar with its interval, drawn without script."""

from __future__ import annotations

from dataclasses import dataclass

from quintain.runs.reports.verdict import percent
from quintain.runs.scores.rates import Rate


@dataclass(frozen=True, slots=True)
class Bar:
    """Lengths are of 100. label: the same in words, for who cannot see it."""

    value: float
    low: float
    width: float
    label: str


def bar(rate: Rate) -> Bar | None:
    """None where there is no rate."""
    if rate.value is None or rate.low is None or rate.high is None:
        return None
    words = f"{percent(rate.value)}, {between(rate)}"
    width = max(0.6, 100 * (rate.high - rate.low))
    return Bar(round(100 * rate.value, 2), round(100 * rate.low, 2), round(width, 2), words)


def between(rate: Rate) -> str:
    """`between 4 % and 12 %`."""
    return f"between {percent(rate.low)} and {percent(rate.high)}"
