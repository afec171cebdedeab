"""Server-sent events, as far as chats and runs use them.

Source: WHATWG HTML, 9.2.6 "Interpreting an event stream".
"""

import codecs
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """id: the last one given, of this event or an earlier one; what a resumed stream begins after."""

    data: str
    name: str = "message"
    id: str = ""


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The data of each event; lines and characters may be cut anywhere between chunks."""
    async for event in named_events(chunks):
        yield event.data


async def named_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    data: list[str] = []
    name = last_id = ""
    async for line in _lines(chunks):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id":
            last_id = value
        elif not line:
            if data:
                yield Event("\n".join(data), name or "message", last_id)
            data, name = [], ""


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    async for chunk in chunks:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in lines:
            yield line.removesuffix("\r")
