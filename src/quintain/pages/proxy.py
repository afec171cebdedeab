"""The browser's only way out: a forward proxy on loopback that dials under the egress policy.

Plain HTTP in absolute form and CONNECT (RFC 9110, 9.3.6; RFC 9112, 3.2.2). Every connection is
judged, and goes to the very address that was judged. Only a browser context of ours is served: each
shows a ticket of its own as the proxy's user name and password.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass

from yarl import URL

from quintain.egress import failures as ways
from quintain.egress.dial import Dialler
from quintain.egress.failures import OutboundError
from quintain.egress.route import Route, route_of
from quintain.errors import TargetError
from quintain.pages.ticket import MOST_CONNECTIONS, Ticket

_HEAD_S = 30.0
_LONGEST_HEAD = 64 * 1024
_CHUNK = 64 * 1024
# RFC 9110, 7.6.1: they belong to one connection, or are meant for us.
_HOP = frozenset(
    {"connection", "proxy-connection", "proxy-authorization", "keep-alive", "te", "upgrade"}
)
_ASK = (
    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="quintain"\r\n'
)
_LENGTH = re.compile(r"[0-9]{1,18}")
_END = b"Content-Length: 0\r\nConnection: close\r\n\r\n"


class _BadRequestError(Exception):
    """What the browser sent is not what a browser sends to a proxy."""


@dataclass(slots=True)
class _Head:
    method: str
    target: str
    headers: list[tuple[str, str]]

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


class Proxy:
    """dialler: the egress client's own."""

    def __init__(self, dialler: Dialler) -> None:
        self._dialler = dialler
        self._tickets: dict[str, Ticket] = {}
        self._server: asyncio.Server | None = None
        self.url = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=_LONGEST_HEAD, backlog=256
        )
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        for ticket in tuple(self._tickets.values()):
            self.drop(ticket)
        if self._server is not None:
            self._server.close()

    def admit(self, ticket: Ticket) -> None:
        self._tickets[ticket.user] = ticket

    def drop(self, ticket: Ticket) -> None:
        self._tickets.pop(ticket.user, None)
        ticket.tear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, _BadRequestError, TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(_HEAD_S):
                head = await _head(reader)
            ticket = self._ticket(head)
            if ticket is None:
                writer.write(_ASK + _END)
                await writer.drain()
            else:
                await self._admitted(ticket, head, reader, writer)
        writer.transport.abort() if writer.transport.get_write_buffer_size() == 0 else writer.close()

    def _ticket(self, head: _Head) -> Ticket | None:
        shown = head.get("proxy-authorization")
        try:
            user = b64decode(shown.removeprefix("Basic ")).partition(b":")[0].decode()
        except ValueError:
            return None
        ticket = self._tickets.get(user)
        return ticket if ticket is not None and ticket.shown(shown) else None

    async def _admitted(
        self,
        ticket: Ticket,
        head: _Head,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        task = asyncio.current_task()
        if task is None or len(ticket.open) >= MOST_CONNECTIONS:
            await _say(writer, 503)
            return
        ticket.open.add(task)
        try:
            await self._carry(ticket, head, reader, writer)
        finally:
            ticket.open.discard(task)

    async def _carry(
        self,
        ticket: Ticket,
        head: _Head,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        route = _route(head)
        try:
            there, out = await self._dial(route, ticket)
        except TargetError as error:
            ticket.refuse(route.where, error)
            # Without an answer a page cannot take the refusal for one of the place that it wanted.
            if head.method == "CONNECT":
                await _say(writer, 403 if error.stage == "egress" else 502)
            return
        try:
            if head.method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await _both(ticket, (reader, out), (there, writer))
            else:
                await _exchange(ticket, head, route, (reader, writer), (there, out))
        finally:
            out.transport.abort()

    async def _dial(
        self, route: Route, ticket: Ticket
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        step = "dns"
        try:
            async with asyncio.timeout(ticket.connect_s):
                addresses = await self._dialler.dns(route)
                good = self._dialler.egress(route, addresses, internal=ticket.internal)
                step = "connect"
                sock = await self._dialler.connect(route, good)
                return await asyncio.open_connection(sock=sock, limit=_LONGEST_HEAD)
        except TimeoutError:
            raise ways.hanging(step, route.where, ticket.connect_s) from None


async def _head(reader: asyncio.StreamReader) -> _Head:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise _BadRequestError from None
    opening, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    parts = opening.split(" ")
    if len(parts) != 3:
        raise _BadRequestError
    fields = [(name.strip(), value.strip()) for name, _, value in (x.partition(":") for x in lines)]
    return _Head(parts[0], parts[1], fields)


def _route(head: _Head) -> Route:
    """Where it wants to go. Only what a browser's proxy request can name."""
    try:
        if head.method == "CONNECT":
            host, _, port = head.target.rpartition(":")
            return route_of(URL.build(scheme="https", host=host.strip("[]"), port=int(port)))
        url = URL(head.target, encoded=True)
        if url.scheme != "http":
            raise _BadRequestError
        return route_of(url)
    except (ValueError, OutboundError):
        raise _BadRequestError from None


async def _say(writer: asyncio.StreamWriter, status: int) -> None:
    writer.write(f"HTTP/1.1 {status} Refused\r\n".encode() + _END)
    await writer.drain()


async def _exchange(
    ticket: Ticket,
    head: _Head,
    route: Route,
    near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """One request and its answer, after which both connections end."""
    (reader, writer), (there, out) = near, far
    length = head.get("content-length") or "0"
    # One body of a length that both sides read alike: anything else could hide a second request.
    if head.get("transfer-encoding") or not _LENGTH.fullmatch(length):
        raise _BadRequestError
    out.write(_rewritten(f"{head.method} {route.target} HTTP/1.1", head.headers))
    sending = asyncio.create_task(_pass(ticket, reader, out, length=int(length)))
    try:
        await _answer_head(there, writer)
        await _pass(ticket, there, writer)
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await sending


async def _answer_head(there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Interim answers (1xx) are left out; the final one says that the connection ends."""
    while True:
        try:
            raw = await there.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await _say(writer, 502)
            raise _BadRequestError from None
        opening, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        if opening.split(" ")[1:2] != ["100"] and opening.split(" ")[1:2] != ["103"]:
            break
    fields = [(name, value.strip()) for name, _, value in (x.partition(":") for x in lines)]
    writer.write(_rewritten(opening, fields))


def _rewritten(opening: str, fields: list[tuple[str, str]]) -> bytes:
    kept = [f"{name}: {value}" for name, value in fields if name.lower() not in _HOP]
    return "\r\n".join([opening, *kept, "Connection: close", "", ""]).encode("latin-1")


async def _both(
    ticket: Ticket,
    up: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    down: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """A tunnel, until either side ends it."""
    ways_ = [asyncio.create_task(_pass(ticket, *way)) for way in (up, down)]
    try:
        await asyncio.wait(ways_, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways_:
            way.cancel()
        await asyncio.gather(*ways_, return_exceptions=True)


async def _pass(
    ticket: Ticket,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    length: int | None = None,
) -> None:
    """Hand bytes on, `length` of them or until the end, while the ticket's budget lasts."""
    left = length
    while left is None or left > 0:
        data = await reader.read(_CHUNK if left is None else min(_CHUNK, left))
        if not data or not ticket.spend(len(data)):
            break
        left = None if left is None else left - len(data)
        writer.write(data)
        await writer.drain()
