"""A chat's stream as the events of a response.

Source of the events and their order: OpenAI's API reference, "Streaming events".
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

import orjson

from quintain.dialects.sse import Events, data_of
from quintain.errors import TargetError
from quintain.gateway.responses import output
from quintain.gateway.responses.growing import Call, Growing, Message, Thought

Json = dict[str, Any]


async def events_of(
    chunks: AsyncGenerator[bytes, None], response: Json, ident: str
) -> AsyncGenerator[bytes, None]:
    """response: as `output.frame` made it. Raises TargetError where the stream breaks."""
    events, story = Events(), _Story(response, ident)
    yield story.told(story.begun())
    async with aclosing(chunks):
        async for chunk in chunks:
            for event in events.feed(chunk):
                if told := story.told(story.hear(data_of(event))):
                    yield told
    if told := story.told(story.hear(data_of(events.rest()))):
        yield told
    yield story.told(story.ended())


class _Story:
    """What was said so far. One item grows at a time; the next one ends it."""

    def __init__(self, response: Json, ident: str) -> None:
        self._response, self._ident = response, ident
        self._items: list[Json] = []
        self._growing: Growing | None = None
        self._reason = ""
        self._usage: Json | None = None
        self._further: Json = {}
        self._number = 0

    def told(self, events: Iterator[Json]) -> bytes:
        """The events on the wire. Raises TargetError where what was heard is no chat."""
        try:
            return b"".join([self._framed(event) for event in events])
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            raise TargetError(
                "mapping", f"The target's stream is not in OpenAI's shape: {error}."
            ) from None

    def _framed(self, event: Json) -> bytes:
        numbered = event | {"sequence_number": self._number}
        self._number += 1
        name = str(event["type"]).encode()
        return b"event: " + name + b"\ndata: " + orjson.dumps(numbered) + b"\n\n"

    def begun(self) -> Iterator[Json]:
        yield {"type": "response.created", "response": self._response}
        yield {"type": "response.in_progress", "response": self._response}

    def hear(self, data: bytes) -> Iterator[Json]:
        if not data or data == b"[DONE]":
            return
        chunk = orjson.loads(data)
        self._usage = chunk.get("usage") or self._usage
        self._further |= {k: v for k, v in chunk.items() if k.startswith("x_quintain_")}
        for choice in chunk.get("choices") or []:
            self._reason = choice.get("finish_reason") or self._reason
            yield from self._grow(choice.get("delta") or {})

    def _grow(self, delta: Json) -> Iterator[Json]:
        if thought := output.thought_in(delta):
            yield from self._onto(Thought, 0)
            yield from self._grown(thought)
        if text := delta.get("content"):
            yield from self._onto(Message, 0)
            yield from self._grown(text)
        if refusal := delta.get("refusal"):
            yield from self._onto(Message, 1)
            yield from self._grown(refusal)
        for call in delta.get("tool_calls") or []:
            yield from self._onto(Call, call.get("index") or 0, call)
            if arguments := (call.get("function") or {}).get("arguments"):
                yield from self._grown(arguments)

    def _grown(self, text: str) -> Iterator[Json]:
        if self._growing is not None:
            yield from self._growing.grow(text)

    def _onto(self, kind: type[Growing], place: int, given: Json | None = None) -> Iterator[Json]:
        """Let an item of this kind grow: the one that grows already, or a new one."""
        growing = self._growing
        if growing is not None and type(growing) is kind and growing.place == place:
            return
        yield from self._close()
        self._growing = kind(f"{self._ident}_{len(self._items)}", len(self._items), place, given)
        yield from self._growing.opened()

    def _close(self) -> Iterator[Json]:
        growing, self._growing = self._growing, None
        if growing is not None:
            yield from growing.closed()
            self._items.append(growing.item("completed"))

    def ended(self) -> Iterator[Json]:
        yield from self._close()
        response = output.ended(self._response, self._items, self._reason, self._usage)
        yield {
            "type": f"response.{response['status']}",
            "response": response | self._further,
        }
