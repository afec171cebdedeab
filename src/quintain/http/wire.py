"""The few ASGI moves that every plane needs: reading a bounded body, sending an answer."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from quintain.errors import TooLarge

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

_process = secrets.token_hex(5)
_count = itertools.count(1)


class ClientLeft(Exception):
    """The caller closed the connection before its answer."""


def new_request_id() -> str:
    return f"req_{_process}{next(_count):06x}"


def header(scope: Scope, name: bytes) -> str:
    """One header as text (UTF-8 where it is, else Latin-1), "" where there is none. name: lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return text_of(value)
    return ""


def text_of(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge past the limit, ClientLeft when the caller is gone.

    How long it may take to come is bounded below, in protocol.py.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body if len(body) <= limit else _refuse(limit)
    return await _read_rest(receive, limit, message)


async def _read_rest(receive: Receive, limit: int, message: Message) -> bytes:
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientLeft
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            _refuse(limit)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


def _refuse(limit: int) -> bytes:
    raise TooLarge(f"The body is larger than {limit} bytes.")


async def answer(
    send: Send,
    status: int,
    body: bytes,
    headers: Iterable[Header],
    content_type: bytes = b"application/json",
) -> None:
    """Send a whole answer."""
    framing = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*framing, *headers]})
    await send({"type": "http.response.body", "body": body})
