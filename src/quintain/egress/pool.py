"""Connections kept open between calls, bounded in number, each dialled under the policy.

aiohttp's pool with our own way of making a connection. External and internal models have a pool
each: a connection that only an internal model may have is never handed to an external one.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakSet

from aiohttp import BaseConnector, ClientConnectionError, ClientTimeout

from quintain.egress import failures
from quintain.egress.wire import Wire

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection

    from quintain.egress.dial import Dialler
    from quintain.egress.route import Route


class Journey:
    """One attempt to come to a connection, and how far it has come.

    It stands where aiohttp's pool expects a request, of which the pool reads the two attributes
    `connection_key` and `proxy` only.
    """

    __slots__ = ("connection_key", "proxy", "route", "step")

    def __init__(self, route: Route) -> None:
        self.connection_key = route.key
        self.proxy = None
        self.route = route
        self.step = "pool"


def _usable(connection: Connection) -> bool:
    wire = connection.protocol
    return wire is not None and wire.is_connected() and not wire.should_close


class Pool(BaseConnector):
    """limit: the most connections at once. keepalive_s: how long an idle one is kept."""

    def __init__(self, dialler: Dialler, *, internal: bool, limit: int, keepalive_s: float) -> None:
        super().__init__(limit=limit, keepalive_timeout=keepalive_s)
        self._dialler, self._is_internal = dialler, internal
        self._wires: WeakSet[Wire] = WeakSet()
        self._factory = cast(
            "functools.partial[ResponseHandler]", functools.partial(Wire, self._loop)
        )

    async def take(self, route: Route, deadline: ClientTimeout) -> Connection:
        """Give a connection that is ready to be written to.

        deadline: its `connect` bounds all of it together: the wait for a free connection, name
        look-up, connecting, TLS handshake. Raises OutboundError.
        """
        journey = Journey(route)
        request = cast("ClientRequest", journey)
        try:
            connection = await self.connect(request, [], deadline)
            while journey.step == "pool" and not _usable(connection):
                # A kept one that was closed, or spoke out of turn, while it lay idle.
                connection.close()
                connection = await self.connect(request, [], deadline)
        except TimeoutError as error:
            seconds = deadline.connect or 0.0
            raise failures.hanging(journey.step, route.where, seconds) from error
        except ClientConnectionError as error:
            raise failures.closing() from error
        if not _usable(connection):
            connection.close()
            raise failures.dropped(route.where)
        return connection

    async def _create_connection(
        self, req: ClientRequest, _traces: list[Any], _timeout: ClientTimeout
    ) -> Wire:
        journey = cast("Journey", req)
        route = journey.route
        journey.step = "dns"
        addresses = await self._dialler.dns(route)
        good = self._dialler.egress(route, addresses, internal=self._is_internal)
        journey.step = "connect"
        sock = await self._dialler.connect(route, good)
        journey.step = "tls"
        wire = cast("Wire", await self._dialler.tls(route, sock, self._factory))
        self._wires.add(wire)
        return wire

    async def shut(self) -> None:
        """Break off every connection. A graceful end would wait for targets that do not read."""
        for wire in tuple(self._wires):
            wire.abort()
        await self.close(abort_ssl=True)
