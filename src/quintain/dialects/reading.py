"""What a target sent, read as JSON: a whole answer, or the events of a stream."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Protocol

import orjson

from quintain.dialects.base import Answer, Piece
from quintain.dialects.sse import Events, data_of
from quintain.dialects.words import as_piece
from quintain.errors import TargetError

Json = Any
_UNREADABLE = (ValueError, RecursionError)


class Reader(Protocol):
    """One stream, event by event."""

    @property
    def ended(self) -> bool:
        """Whether the target said that its answer is whole."""
        ...

    def read(self, event: dict[str, Json]) -> list[Piece]:
        """What one event adds. Raises TargetError for one that tells of a failure."""
        ...

    def whole(self, document: dict[str, Json]) -> Answer:
        """An answer in one piece, from a target that was asked to stream and does not."""
        ...


def document(body: bytes) -> dict[str, Json]:
    """An object. Raises TargetError(stage="mapping") for anything else."""
    found = parsed(body)
    if not isinstance(found, dict):
        raise another_shape("it is no JSON object")
    return found


def parsed(body: bytes) -> Json:
    """Any JSON. Raises TargetError(stage="mapping") for what is none."""
    try:
        return orjson.loads(body)
    except ValueError:
        return _leniently(body)


def another_shape(why: str) -> TargetError:
    return TargetError("mapping", f"The target's answer is not in its provider's shape: {why}.")


def text_in(holder: dict[str, Json], name: str) -> str:
    """A text. Raises TypeError for anything else."""
    text = holder[name]
    if not isinstance(text, str):
        raise TypeError(f"{name} is no text")
    return text


def any_text_in(holder: dict[str, Json], name: str) -> str:
    """A text; "" for anything else."""
    text = holder.get(name)
    return text if isinstance(text, str) else ""


def object_in(holder: dict[str, Json], name: str) -> dict[str, Json]:
    """An object; an empty one for anything else."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def count_in(holder: dict[str, Json], name: str) -> int:
    """A whole number, which some write with a decimal point; 0 where there is none."""
    count = holder.get(name)
    return int(count) if isinstance(count, int | float) else 0


def _leniently(body: bytes) -> Json:
    """With halves of characters replaced: models do send the half of an emoji as an escape."""
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return orjson.loads(text.encode(errors="replace"))
    except _UNREADABLE:
        raise another_shape("it is no JSON") from None


async def pieces_of(
    chunks: AsyncGenerator[bytes, None], reader: Reader
) -> AsyncGenerator[Piece, None]:
    """A stream read to its end.

    Raises TargetError for an event that cannot be read and for a stream that was cut off.
    """
    events = Events()
    async with aclosing(chunks):
        async for chunk in chunks:
            for event in events.feed(chunk):
                for piece in _read(event, reader):
                    yield piece
    rest = events.rest()
    if rest.lstrip().startswith(b"{"):
        yield as_piece(reader.whole(document(rest)))
        return
    for piece in _read(rest, reader):
        yield piece
    if not reader.ended:
        raise cut_off()


def cut_off() -> TargetError:
    return TargetError("answer", "The target's stream ended before its answer did.", passing=True)


def _read(event: bytes, reader: Reader) -> list[Piece]:
    data = data_of(event).strip()
    if not data or data == b"[DONE]":
        return []
    return reader.read(document(data))
