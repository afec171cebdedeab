"""Server-sent events, read as they arrive.

Source: the WHATWG HTML standard, "Server-sent events", 9.2.5 to 9.2.6 (any of the three line ends;
several data lines of one event are joined by a line feed; comments are skipped).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from quintain.errors import TargetError

MAX_EVENT = 8 << 20  # bytes
_END_OF_EVENT = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n")


class Events:
    """Cuts a byte stream into whole events."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Each event that is complete now, with its closing blank line.

        Raises TargetError when one event is larger than 8 MiB.
        """
        self._rest += chunk
        start = 0
        for end in _END_OF_EVENT.finditer(self._rest):
            yield self._rest[start : end.end()]
            start = end.end()
        self._rest = self._rest[start:]
        if len(self._rest) > MAX_EVENT:
            raise TargetError("mapping", "The target sent an event of more than 8 MiB.")

    def rest(self) -> bytes:
        """What came after the last whole event."""
        rest, self._rest = self._rest, b""
        return rest


def data_of(event: bytes) -> bytes:
    """The data lines of one event, joined by line feeds; empty where it has none."""
    lines = [line for line in event.splitlines() if line.startswith(b"data")]
    return b"\n".join(_value(line) for line in lines)


def _value(line: bytes) -> bytes:
    _, _, value = line.partition(b":")
    return value.removeprefix(b" ")
