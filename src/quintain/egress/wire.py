"""One connection to a target: aiohttp's HTTP/1.1 parser and flow control, with our own writing.

aiohttp's session layer (a request object, cookies, proxies, redirects, a task for each body) is
left out: it costs two thirds of a call and does nothing that a gateway may want.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientConnectionError, ClientPayloadError
from aiohttp.client_proto import ResponseHandler

if TYPE_CHECKING:
    import asyncio

# A slice at a time goes to the transport, so that a large body is neither copied whole into its
# buffer nor sent on after the target has stopped reading.
_SLICE = 256 * 1024
_JOIN = 64 * 1024
_LINE_LIMIT = 32 * 1024
_READ_BUFFER = 64 * 1024


class Wire(ResponseHandler):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._unsent = memoryview(b"")

    def begin(self, head: bytes, body: bytes, *, read_s: float, bodyless: bool) -> None:
        """Send a request and start the clock for the answer.

        read_s: the longest silence, in seconds, while sending and reading alike.
        bodyless: the answer has no body whatever its headers say (HEAD).
        """
        assert self.transport is not None  # noqa: S101  # the caller has just taken it connected
        self.set_response_params(
            skip_payload=bodyless,
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=read_s,
            read_bufsize=_READ_BUFFER,
            max_line_size=_LINE_LIMIT,
            max_field_size=_LINE_LIMIT,
        )
        if len(body) <= _JOIN:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self._unsent = memoryview(body)
            self._send_more()
        self.start_timeout()

    def _send_more(self) -> None:
        while self._unsent and not self.writing_paused and self.transport is not None:
            part, self._unsent = self._unsent[:_SLICE], self._unsent[_SLICE:]
            self.transport.write(part)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unsent:
            self._send_more()
            self.start_timeout()

    @property
    def reusable(self) -> bool:
        """Whether nothing of an earlier exchange is left over, in either direction."""
        return not (self._unsent or self.writing_paused or self.should_close)

    def abort(self) -> None:
        """Break off at once, and wake whoever waits for the rest of an answer."""
        payload = self._payload
        super().abort()
        if payload is not None and not payload.is_eof():
            payload.set_exception(ClientConnectionError("closed by us"))

    def connection_lost(self, exc: BaseException | None) -> None:
        self._unsent = memoryview(b"")
        payload = self._payload
        if exc is not None and payload is not None and not payload.is_eof():
            # A body without a length ends with the connection; a reset is no such end.
            payload.set_exception(ClientPayloadError("connection reset"))
        super().connection_lost(exc)
