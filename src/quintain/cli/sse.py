"""Server-sent events, as far as a chat stream uses them.

Source: WHATWG HTML, 9.2.6 "Interpreting an event stream"; only `data` fields carry anything here.
"""

import codecs
from collections.abc import AsyncIterator


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The data of each event; lines and characters may be cut anywhere between chunks."""
    data: list[str] = []
    async for line in _lines(chunks):
        if not line and data:
            yield "\n".join(data)
            data = []
        elif line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    async for chunk in chunks:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in lines:
            yield line.removesuffix("\r")
