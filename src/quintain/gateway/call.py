"""One call on its way, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from quintain.dialects.base import Ask
from quintain.gateway.compiled import Compiled


class Listener(Protocol):
    """Reads along what a target answers, before it is translated."""

    def hear_head(self, headers: Mapping[str, str]) -> None: ...

    async def hear_body(self, body: bytes) -> None: ...

    async def hear_chunk(self, chunk: bytes) -> None: ...


@dataclass(slots=True)
class Call:
    """id: the request id. named: how the caller named the model.

    wait_s: the longest wait for slots, in all. waited_s and upstream_s: what was spent so far,
    waiting in line and on the target. session: how the caller names its conversation, "" where it
    does not. repeat and client_id: the caller's count of its own retries and its name for the call,
    for the log. run: made by a test run, which leaves room to others.
    """

    id: str
    compiled: Compiled
    ask: Ask
    named: str
    wait_s: float
    waited_s: float = 0.0
    upstream_s: float = 0.0
    dropped: tuple[str, ...] = ()
    session: str = ""
    listeners: tuple[Listener, ...] = ()
    repeat: str = ""
    client_id: str = ""
    run: bool = False
    began: float = field(default_factory=time.perf_counter)

    @property
    def overhead_s(self) -> float:
        """Time that was ours: neither in line nor on the target."""
        return time.perf_counter() - self.began - self.waited_s - self.upstream_s


@dataclass(slots=True)
class Result:
    """What the caller gets: a whole body, or a stream of bytes.

    ends: what ends the target's answers behind a stream that may never be begun. Close a result
    with a stream, whether it was read to its end or not. session: the conversation's name and
    whether it is held; began_anew: the target had forgotten it. steps: what an agent reports to
    have done, None where nothing is lifted.
    """

    body: bytes = b""
    stream: AsyncGenerator[bytes, None] | None = None
    status: int = 200
    content_type: str = "application/json"
    blocked: bool = False
    ends: tuple[Callable[[], None], ...] = ()
    session: tuple[str, str] | None = None
    began_anew: bool = False
    steps: list[Any] | None = None

    async def close(self) -> None:
        try:
            if self.stream is not None:
                await self.stream.aclose()
        finally:
            for end in self.ends:  # closing a generator that was never begun runs nothing of it
                end()
