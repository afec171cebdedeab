"""Figures of runs in words: shares with their interval, spans of time, counts."""

from collections.abc import Mapping
from typing import Any

Counts = Mapping[str, Any]


def percent(share: float | None) -> str:
    """`14.5 %`, `0 %`, `100 %`; a dash where nothing was judged. Never rounded up to all or none."""
    if share is None:
        return "-"
    hundred = 100 * share
    if 0 < hundred < 0.1 or 99.9 < hundred < 100:
        return "<0.1 %" if hundred < 1 else ">99.9 %"
    return f"{hundred:.1f}".removesuffix(".0") + " %"


def interval(low: float | None, high: float | None) -> str:
    """`7 to 25 %`; whole percents, since the ends are no exact thing."""
    if low is None or high is None:
        return "-"
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def span(seconds: float | None) -> str:
    """`45 s`, `3 min`, `1 h 20 min`; "" where nobody knows."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    if whole < 100:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours < 24 else f"{round(minutes / 60)} h"


def number(count: float) -> str:
    """`1,234,567`."""
    return f"{count:,.0f}"


def several(count: int, one: str, many: str = "") -> str:
    """`1 error`, `2 errors`."""
    return f"{number(count)} {one if count == 1 else many or f'{one}s'}"


def shortened(text: str, cells: int) -> str:
    """On one line, and no longer than that; what is left out is marked."""
    line = " ".join(text.split())
    return line if len(line) <= cells else f"{line[: max(cells - 1, 0)].rstrip()}…"
