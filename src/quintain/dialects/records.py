"""What a stream holds, event by event: server-sent events, or JSON in lines (application/x-ndjson)."""

from __future__ import annotations

import json

import orjson

from quintain.dialects.sse import MAX_EVENT, Events, data_of
from quintain.errors import TargetError

BOM = b"\xef\xbb\xbf"
_JSON = (b"{", b"[")  # no field of a server-sent event begins so
_CLOSING = (b"}", b"]")
_MOST_TRIES = 16  # of reading one document that goes over several lines


class Records:
    """Cuts a stream into the data of its events. What begins like JSON is taken for lines of it."""

    def __init__(self) -> None:
        self._events = Events()
        self._in_lines: bool | None = None  # None before the first word
        self._begun = bytearray()  # a document that is not whole yet
        self._tries = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of each event that is complete now.

        Raises TargetError when one event, or one document, is larger than 8 MiB.
        """
        if self._in_lines is None:
            chunk = chunk.removeprefix(BOM)
            if not chunk.strip():
                return []
            self._in_lines = chunk.lstrip().startswith(_JSON)
        if not self._in_lines:
            return [data for event in self._events.feed(chunk) if (data := data_of(event))]
        lines = self._events.feed(chunk.replace(b"\n", b"\n\n"))
        return [document for line in lines if (document := self._document(line.rstrip()))]

    def rest(self) -> list[bytes]:
        """What came after the last whole one."""
        rest = self._events.rest()
        data = bytes(self._begun + rest).strip() if self._in_lines else data_of(rest)
        self._begun.clear()
        return [data] if data else []

    def _document(self, line: bytes) -> bytes:
        """The document that ends with this line, b"" where none does: it may go over several."""
        inside = bool(self._begun) and line[:1].isspace()
        self._begun += line + b"\n" if line or self._begun else b""
        if len(self._begun) > MAX_EVENT:
            raise TargetError("mapping", "The target sent a line of more than 8 MiB.")
        if inside or not line.endswith(_CLOSING):
            return b""
        self._tries += 1
        document = bytes(self._begun).strip()
        if self._tries <= _MOST_TRIES and not _is_json(document):
            return b""
        self._begun.clear()
        self._tries = 0
        return document


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return nearly_json(text) is not None
    return True


def nearly_json(text: bytes) -> bytes | None:
    """JSON as some servers write it, made JSON: NaN becomes null, half a surrogate pair U+FFFD.

    None for what is none.
    """
    try:
        value = json.loads(text, parse_constant=lambda _: None)
        written = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
