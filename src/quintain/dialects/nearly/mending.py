"""A stream of a target that speaks nearly OpenAI, each event brought into OpenAI's shape."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from quintain.dialects.base import Mender
from quintain.dialects.sse import Events, data_of


async def mending(
    chunks: AsyncGenerator[bytes, None], mender: Mender
) -> AsyncGenerator[bytes, None]:
    """Events that need no change pass byte for byte."""
    events = Events()
    async with aclosing(chunks):
        async for chunk in chunks:
            if found := b"".join([_mended(event, mender) for event in events.feed(chunk)]):
                yield found
    if rest := events.rest():
        yield _mended(rest, mender)


def _mended(event: bytes, mender: Mender) -> bytes:
    data = data_of(event)
    if not data.startswith(b"{"):
        return event
    mended = mender.mended(data)
    return event if mended is data else b"data: " + mended + b"\n\n"
