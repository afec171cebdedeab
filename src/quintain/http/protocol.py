"""Bounds on how a request arrives: uvicorn has none for the size of its head or for its slowness."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 65_536  # bytes, beyond what one read from the socket brings
ARRIVAL_S = 60.0  # from the first byte of a request to the last of its body
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedArrival(HttpToolsProtocol):
    """Closes connections whose request has too long a head, or takes too long to come."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving = False
        self._in_head = False
        self._head_size = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear_deadline()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._arriving, self._in_head, self._head_size = True, True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._arriving = False
        if self._deadline is not None:
            self._clear_deadline()
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # A request that came whole, as almost all do, has cost nothing here.
        if self._arriving:
            if self._deadline is None:
                self._set_deadline()
            self._head_size += len(data) if self._in_head else 0
            if self._head_size > LONGEST_HEAD:
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def _set_deadline(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(ARRIVAL_S, self.transport.close)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
