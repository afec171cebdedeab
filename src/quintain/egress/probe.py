"""How far the way to a target is open, step by step, without sending anything."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from quintain.egress import failures
from quintain.egress.failures import OutboundError
from quintain.egress.route import Route, route_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from yarl import URL

    from quintain.egress.outbound import Egress

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """name: `dns`, `egress`, `connect` or `tls`. ms: how long it took. sentence: why it failed."""

    name: str
    ok: bool
    ms: float
    sentence: str | None = None


class _Closing(asyncio.Protocol):
    """Ends the connection as soon as it stands."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class _Walk:
    """The stages so far; `step` is the one under way."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.step = "dns"
        self._began = 0.0

    async def take(self, name: str, step: Callable[[], Awaitable[T]]) -> T:
        self.step, self._began = name, time.perf_counter()
        result = await step()
        self.end(None)
        return result

    def end(self, failure: OutboundError | None) -> None:
        ms = (time.perf_counter() - self._began) * 1000
        sentence = None if failure is None else failure.message
        self.stages.append(Stage(self.step, failure is None, ms, sentence))


async def probe(egress: Egress, url: URL, internal: bool, connect_s: float) -> list[Stage]:
    """Look up, judge, connect, handshake, as a call would, and close.

    connect_s: the deadline of all together, in seconds. The list ends with the first failure;
    `tls` is there for https only. Raises OutboundError for a URL that cannot be used at all.
    """
    route, walk = route_of(url), _Walk()
    try:
        async with asyncio.timeout(connect_s):
            await _walk(egress, route, internal, walk)
    except TimeoutError:
        walk.end(failures.hanging(walk.step, route.where, connect_s))
    except OutboundError as error:
        walk.end(error)
    return walk.stages


async def _walk(egress: Egress, route: Route, internal: bool, walk: _Walk) -> None:
    dialler = egress.dialler

    async def judge() -> list[str]:
        return dialler.egress(route, addresses, internal=internal)

    addresses = await walk.take("dns", lambda: dialler.dns(route))
    good = await walk.take("egress", judge)
    sock = await walk.take("connect", lambda: dialler.connect(route, good))
    if not route.tls:
        sock.close()
        return
    await walk.take("tls", lambda: dialler.tls(route, sock, _Closing))
