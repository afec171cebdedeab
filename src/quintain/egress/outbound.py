"""The one way out: every request to a target, health check and token fetch goes through here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from aiohttp import ClientTimeout

from quintain.egress.dial import Dialler, GetAddrInfo, system_getaddrinfo
from quintain.egress.head import head_of
from quintain.egress.pool import Pool
from quintain.egress.reply import Reply
from quintain.egress.route import route_of
from quintain.egress.trust import tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from yarl import URL

    from quintain.egress.policy import EgressPolicy
    from quintain.egress.wire import Wire

# Below the 60 s after which common servers close an idle connection, and those of the kind that
# close after 20 s or more: reusing a connection that is just being closed costs a failed call.
_KEEPALIVE_S = 15.0


@dataclass(slots=True)
class Request:
    """One request.

    url: complete and already encoded; without credentials. headers: all but those that frame the
    message. internal: the model's hosting_type is Internal. connect_s: seconds for everything up
    to an open connection. read_s: the longest silence of the target, in seconds.
    """

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes | None = None
    internal: bool = False
    connect_s: float = 10.0
    read_s: float = 120.0


class Egress:
    """The outbound client.

    policy: where traffic may go. ca_file: further certificate authorities, PEM. limit: the most
    connections at once, for external and internal models each. getaddrinfo: how names are
    resolved, an async function of host and port that gives addresses; the system's by default.

    Redirects are not followed, cookies not kept, proxies of the environment not used.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        ca_file: Path | str | None = None,
        limit: int = 1000,
        getaddrinfo: GetAddrInfo = system_getaddrinfo,
    ) -> None:
        self._policy, self._ca_file, self._limit = policy, ca_file, limit
        self._getaddrinfo = getaddrinfo
        self._pools: tuple[Pool, ...] = ()

    async def start(self) -> None:
        """Get ready. Raises OSError or ssl.SSLError when `ca_file` cannot be read."""
        trust = await asyncio.to_thread(tls_context, self._ca_file)
        self.dialler = Dialler(self._policy, self._getaddrinfo, trust)
        self._pools = tuple(
            Pool(self.dialler, internal=internal, limit=self._limit, keepalive_s=_KEEPALIVE_S)
            for internal in (False, True)
        )

    async def close(self) -> None:
        """Break off all connections, also those in use."""
        for pool in self._pools:
            await pool.shut()

    async def send(self, request: Request, sent: Callable[[], None] | None = None) -> Reply:
        """Send a request and wait for the head of its answer.

        sent: called when the request begins to go out on an open connection; never when no
        connection came about. Raises OutboundError, whose `sent` says the same.
        """
        route = route_of(request.url)
        head = head_of(route, request.method, request.headers, request.body)
        pool = self._pools[request.internal]
        connection = await pool.take(route, _deadline(request.connect_s))
        wire = cast("Wire", connection.protocol)
        reply = Reply(connection, wire, route.where, request.read_s)
        try:
            if sent is not None:
                sent()
            bodyless = request.method == "HEAD"
            wire.begin(head, request.body or b"", read_s=request.read_s, bodyless=bodyless)
            await reply.head()
        except BaseException:
            reply.close()
            raise
        return reply


@lru_cache(maxsize=256)
def _deadline(connect_s: float) -> ClientTimeout:
    return ClientTimeout(connect=connect_s)
