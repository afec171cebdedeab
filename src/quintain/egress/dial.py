"""From a host name to an open connection, one checked step after the other.

The addresses that the policy has judged are the very ones connected to: nothing resolves the name
a second time, so a name server that changes its mind in between gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from aiohappyeyeballs import AddrInfoType, start_connection

from quintain.egress import failures
from quintain.egress.failures import OutboundError

if TYPE_CHECKING:
    import ssl

    from quintain.egress.policy import EgressPolicy
    from quintain.egress.route import Route

GetAddrInfo = Callable[[str, int], Awaitable[Sequence[str]]]
P = TypeVar("P", bound=asyncio.BaseProtocol)

# RFC 8305, 5: how long one address may keep the next waiting.
_ATTEMPT_DELAY_S = 0.25


async def system_getaddrinfo(host: str, port: int) -> list[str]:
    """Give the addresses of a host as the operating system resolves it, in its order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class Dialler:
    """The four steps. Each raises OutboundError with the stage of its name."""

    def __init__(
        self, policy: EgressPolicy, getaddrinfo: GetAddrInfo, trust: ssl.SSLContext
    ) -> None:
        self._policy, self._getaddrinfo, self._trust = policy, getaddrinfo, trust

    async def dns(self, route: Route) -> Sequence[str]:
        try:
            addresses = await self._getaddrinfo(route.host, route.port)
        except (OSError, UnicodeError) as error:
            raise failures.not_resolved(route.host, error) from error
        if not addresses:
            raise failures.not_resolved(route.host, OSError("no address"))
        return addresses

    def egress(self, route: Route, addresses: Sequence[str], *, internal: bool) -> list[str]:
        """Keep those addresses that may be connected to.

        An external name with a single forbidden address is refused whole, since no honest one has
        any. An internal one may have more than the operator listed (`localhost` is also `::1`).
        """
        good: list[str] = []
        refusal: OutboundError | None = None
        for address in addresses:
            try:
                self._policy.check(route.host, address, internal)
            except OutboundError as error:
                refusal = refusal or error
            else:
                good.append(address)
        if refusal is not None and not (good and internal):
            raise refusal
        return good

    async def connect(self, route: Route, addresses: Sequence[str]) -> socket.socket:
        """Connect to the first address that answers (RFC 8305)."""
        infos = [_address_info(address, route.port) for address in addresses]
        try:
            return await start_connection(infos, happy_eyeballs_delay=_ATTEMPT_DELAY_S)
        except OSError as error:
            raise failures.not_connected(route.where, error) from error

    async def tls(self, route: Route, sock: socket.socket, factory: Callable[[], P]) -> P:
        """Put the protocol over the socket, after a TLS handshake where the route wants one."""
        loop = asyncio.get_running_loop()
        if not route.tls:
            return (await loop.create_connection(factory, sock=sock))[1]
        name = route.host.rstrip(".")
        try:
            _, protocol = await loop.create_connection(
                factory, sock=sock, ssl=self._trust, server_hostname=name
            )
        except OSError as error:  # ssl.SSLError is one
            raise failures.bad_tls(route.where, error) from error
        return protocol


def _address_info(address: str, port: int) -> AddrInfoType:
    if ":" in address:
        where: tuple[str, int] | tuple[str, int, int, int] = (address, port, 0, 0)
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where)
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
