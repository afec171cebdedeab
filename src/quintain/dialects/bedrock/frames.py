"""AWS's event stream: messages with checksums, cut from the bytes as they come.

Source: docs.aws.amazon.com, "Amazon event stream encoding"; read by botocore.
"""

from __future__ import annotations

import importlib
import struct
from dataclasses import dataclass
from functools import cache
from typing import Any

from quintain.dialects.bedrock.signing import MISSING
from quintain.dialects.reading import another_shape, document
from quintain.errors import TargetError

MAX_FRAME = 8 << 20  # bytes
_LENGTH = 4  # bytes that say how long a message is, itself included
_SHORTEST = 16  # three numbers before what it carries, one after


@dataclass(slots=True)
class Event:
    """kind: what it is about. failed: it stands for an exception, not for a part of the answer."""

    kind: str
    payload: dict[str, Any]
    failed: bool = False


class Frames:
    """Cuts a byte stream into whole messages."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Each message that is complete now. Raises TargetError for what is no event stream."""
        self._rest += chunk
        found = []
        while len(self._rest) >= (length := self._next()):
            found.append(bytes(self._rest[:length]))
            del self._rest[:length]
        return found

    @property
    def torn(self) -> bool:
        """Whether a message began that has not ended."""
        return bool(self._rest)

    def _next(self) -> int:
        if len(self._rest) < _LENGTH:
            return _SHORTEST
        length = int.from_bytes(self._rest[:_LENGTH], "big")
        if not _SHORTEST <= length <= MAX_FRAME:
            raise another_shape("it is no event stream, or has a message of more than 8 MiB")
        return length


def event_of(frame: bytes) -> Event:
    """Read a message. Raises TargetError where its checksums or its parts are not right."""
    buffer_class, error_class = _botocore()
    buffer = buffer_class()
    buffer.add_data(frame)
    try:
        message = next(buffer)
    except (error_class, struct.error, LookupError, ValueError) as error:
        raise another_shape(str(error)) from None
    return _event(message.headers, document(message.payload or b"{}"))


def _event(headers: dict[str, Any], payload: dict[str, Any]) -> Event:
    told = headers.get(":message-type")
    if told == "event":
        return Event(str(headers.get(":event-type") or ""), payload)
    name = headers.get(":exception-type") or headers.get(":error-code") or told
    said = {"message": headers[":error-message"]} if ":error-message" in headers else {}
    return Event(str(name or ""), said | payload, failed=True)


@cache
def _botocore() -> tuple[Any, Any]:
    try:
        module = importlib.import_module("botocore.eventstream")
    except ImportError:
        raise TargetError(
            "config", f"Provider bedrock {MISSING}", code="botocore_missing"
        ) from None
    return module.EventStreamBuffer, module.ParserError
