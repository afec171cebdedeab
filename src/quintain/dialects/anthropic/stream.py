"""A stream of Anthropic's Messages API, event by event.

Source: Anthropic's documentation, "Streaming messages". A message is a row of blocks, each begun,
added to and ended under its index; OpenAI numbers the calls among them alone. Events and blocks of
kinds that are not known are read past, as that page asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quintain.dialects.anthropic.answer import (
    answer_of,
    called,
    reason_of,
    refusal_of,
    usage_of,
)
from quintain.dialects.anthropic.errors import failure
from quintain.dialects.base import Answer, Piece
from quintain.dialects.reading import any_text_in, count_in, object_in
from quintain.dialects.writing import arguments_of

Json = Any


@dataclass(slots=True)
class _Call:
    """A call that is being made. whole: its arguments, for as long as no part of them came."""

    index: int
    whole: str


class AnthropicReader:
    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self._counts: dict[str, Json] = {}
        self.ended = False

    def read(self, event: dict[str, Json]) -> list[Piece]:
        """Raises TargetError for an event that tells of a failure."""
        kind = event.get("type")
        if kind == "error":
            raise failure(event)
        if kind == "content_block_start":
            return self._begun(event)
        if kind == "content_block_delta":
            return self._added(event)
        if kind == "content_block_stop":
            return self._closed(event)
        if kind == "message_start":
            self._count(object_in(event, "message"))
        elif kind == "message_delta":
            return self._told(event)
        elif kind == "message_stop":
            self.ended = True
        return []

    def whole(self, document: dict[str, Json]) -> Answer:
        return answer_of(document)

    def _begun(self, event: dict[str, Json]) -> list[Piece]:
        block = object_in(event, "content_block")
        kind = block.get("type")
        if kind == "tool_use":
            return [self._call(count_in(event, "index"), block)]
        return _said(block, "text") if kind == "text" else _thought(block)

    def _call(self, index: int, block: dict[str, Json]) -> Piece:
        call = _Call(len(self._calls), arguments_of(block.get("input") or {}))
        self._calls[index] = call
        function = {"name": any_text_in(block, "name"), "arguments": ""}
        return Piece(tool_calls=[{"index": call.index, **called(block), "function": function}])

    def _added(self, event: dict[str, Json]) -> list[Piece]:
        delta = object_in(event, "delta")
        kind = delta.get("type")
        if kind == "input_json_delta":
            return self._argued(count_in(event, "index"), any_text_in(delta, "partial_json"))
        if kind == "text_delta":
            return _said(delta, "text")
        return _thought(delta) if kind == "thinking_delta" else []

    def _argued(self, index: int, arguments: str) -> list[Piece]:
        call = self._calls.get(index)
        if call is None or not arguments:
            return []
        call.whole = ""
        return [_arguments(call, arguments)]

    def _closed(self, event: dict[str, Json]) -> list[Piece]:
        """A call without parts gets its arguments at once: OpenAI's clients read them as JSON."""
        call = self._calls.get(count_in(event, "index"))
        if call is None or not call.whole:
            return []
        whole, call.whole = call.whole, ""
        return [_arguments(call, whole)]

    def _told(self, event: dict[str, Json]) -> list[Piece]:
        self._count(event)
        delta = object_in(event, "delta")
        stopped = delta.get("stop_reason")
        if stopped is None:
            return []
        self.ended, reason = True, reason_of(stopped)
        if reason == "stop" and self._calls:
            reason = "tool_calls"
        refusal = refusal_of(delta.get("stop_details")) if reason == "content_filter" else ""
        return [Piece(refusal=refusal, finish_reason=reason, usage=usage_of(self._counts))]

    def _count(self, part: dict[str, Json]) -> None:
        """Counts are running totals, and the later events leave out what did not change."""
        counts = object_in(part, "usage")
        self._counts |= {name: value for name, value in counts.items() if value is not None}


def _said(block: dict[str, Json], name: str) -> list[Piece]:
    text = any_text_in(block, name)
    return [Piece(text=text)] if text else []


def _thought(block: dict[str, Json]) -> list[Piece]:
    text = any_text_in(block, "thinking")
    return [Piece(reasoning=text)] if text else []


def _arguments(call: _Call, arguments: str) -> Piece:
    return Piece(tool_calls=[{"index": call.index, "function": {"arguments": arguments}}])
