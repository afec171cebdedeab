"""The store may be away for a while: a run waits for it, and loses nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from quintain.errors import Unavailable

AGAIN_S = 1.0
T = TypeVar("T")
_log = structlog.get_logger(__name__)


async def patiently(
    call: Callable[[], Awaitable[T]], pause: Callable[[float], Awaitable[None]]
) -> T:
    """What the call gives, once the store answers. pause: between tries, in seconds; it may raise."""
    while True:
        try:
            return await call()
        except Unavailable as error:
            _log.warning("a run waits for the store", reason=error.message)
            await pause(AGAIN_S)
