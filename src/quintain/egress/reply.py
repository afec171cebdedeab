"""What a target answers: status and headers at once, the body as it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientError, SocketTimeoutError
from aiohttp.http import HttpProcessingError

from quintain.egress import failures

if TYPE_CHECKING:
    from aiohttp import StreamReader
    from aiohttp.connector import Connection
    from multidict import CIMultiDictProxy

    from quintain.egress.failures import OutboundError
    from quintain.egress.wire import Wire

_BROKEN = (ClientError, HttpProcessingError, OSError)


class Reply:
    """One answer. Read it to its end, or close it: both give the connection back.

    status: as the target gave it; redirects are not followed. headers: as received, without the
    framing undone (chunked bodies are unwrapped, compressed ones are not).
    """

    __slots__ = ("_connection", "_payload", "_read_s", "_where", "_wire", "headers", "status")

    status: int
    headers: CIMultiDictProxy[str]

    def __init__(self, connection: Connection, wire: Wire, where: str, read_s: float) -> None:
        self._connection: Connection | None = connection
        self._wire, self._where, self._read_s = wire, where, read_s
        self._payload: StreamReader | None = None

    async def head(self) -> None:
        """Wait for status and headers. Raises OutboundError, stage `http`."""
        try:
            while True:
                message, payload = await self._wire.read()
                # Interim answers (RFC 9110, 15.2) precede the real one.
                if message.code >= 200 or message.code == 101:
                    break
        except _BROKEN as error:
            raise self._translated(error, "before its answer") from error
        self.status, self.headers = message.code, message.headers
        self._payload = payload
        payload.on_eof(self._give_back)

    async def chunk(self) -> bytes:
        """Give what has arrived since the last one, or wait for it; empty at the end."""
        payload = self._payload
        assert payload is not None  # noqa: S101  # a reply is handed out after its head
        try:
            return await payload.readany()
        except _BROKEN as error:
            self.close()
            raise self._translated(error, "in the middle of its answer") from error
        except BaseException:
            self.close()
            raise

    async def read(self, limit: int) -> bytes:
        """Read the whole body. Raises OutboundError; past `limit` bytes as `answer_too_large`."""
        body = await self.chunk()
        if len(body) <= limit and self._payload is not None and self._payload.at_eof():
            return body
        parts, size = [body], len(body)
        while body and size <= limit:
            body = await self.chunk()
            parts.append(body)
            size += len(body)
        if size > limit:
            self.close()
            raise failures.too_large(self._where, limit)
        return b"".join(parts)

    def close(self) -> None:
        """Break the connection off, unless the answer was read to its end. Never raises."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        # At once: a graceful end would first send what is left, and wait for TLS to say goodbye.
        self._wire.abort()
        connection.close()

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            if self._wire.reusable:
                connection.release()
            else:
                connection.close()

    def _translated(self, error: BaseException, moment: str) -> OutboundError:
        if isinstance(error, SocketTimeoutError):
            return failures.silent(self._where, self._read_s)
        if isinstance(error, HttpProcessingError):
            return failures.not_http(self._where)
        return failures.disconnected(self._where, moment)
