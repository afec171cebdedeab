"""Times as the store keeps them: microseconds since 1970, UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now_us() -> int:
    return time.time_ns() // 1000


def as_time(stored: int) -> datetime:
    return _EPOCH + timedelta(microseconds=stored)


def as_us(moment: datetime) -> int:
    """`moment` must know its time zone; raises TypeError otherwise."""
    return (moment - _EPOCH) // _MICROSECOND


def maybe_time(stored: int | None) -> datetime | None:
    return None if stored is None else as_time(stored)
