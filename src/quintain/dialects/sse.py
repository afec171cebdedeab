"""Server-sent events, read as they arrive.

Source: the WHATWG HTML standard, "Server-sent events", 9.2.5 to 9.2.6 (any of the three line ends;
several data lines of one event are joined by a line feed; comments are skipped).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from quintain.errors import TargetError

EVENT_STREAM = "text/event-stream"
MAX_EVENT = 8 << 20  # bytes
_END_OF_EVENT = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n")
_LONGEST_END = 4
# By expression and not line by line: an event may be millions of lines.
_DATA = re.compile(rb"^data(?:: ?(.*))?$", re.MULTILINE)


def is_event_stream(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type", "").lower().startswith(EVENT_STREAM)


class Events:
    """Cuts a byte stream into whole events."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._seen = 0  # up to here no event ends

    def feed(self, chunk: bytes) -> list[bytes]:
        """Each event that is complete now, with its closing blank line.

        Raises TargetError when one event is larger than 8 MiB.
        """
        self._rest += chunk
        ends = [end.end() for end in _END_OF_EVENT.finditer(self._rest, self._seen)]
        found = [bytes(self._rest[start:end]) for start, end in pairwise([0, *ends])]
        if ends:
            del self._rest[: ends[-1]]
        self._seen = max(0, len(self._rest) - _LONGEST_END + 1)
        if len(self._rest) > MAX_EVENT:
            raise TargetError("mapping", "The target sent an event of more than 8 MiB.")
        return found

    def rest(self) -> bytes:
        """What came after the last whole event."""
        rest, self._rest, self._seen = bytes(self._rest), bytearray(), 0
        return rest


def data_of(event: bytes) -> bytes:
    """The data lines of one event, joined by line feeds; empty where it has none."""
    if b"\r" in event:
        event = event.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return b"\n".join(_DATA.findall(event))
