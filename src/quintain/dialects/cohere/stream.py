"""A stream of Cohere's v2 chat, event by event.

Source: Cohere's guides "Streaming" and "Streaming for tool use". Events of other kinds (citations,
debugging) are read past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quintain.dialects.base import Answer, Piece
from quintain.dialects.cohere.answer import (
    answer_of,
    calls_of,
    contents_of,
    function_of,
    reason_of,
    usage_of,
)
from quintain.dialects.reading import any_text_in, count_in, object_in

Json = Any


@dataclass(slots=True)
class _Call:
    """A call that is being made. argued: whether a part of its arguments came."""

    index: int
    argued: bool = False


class CohereReader:
    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self.ended = False

    def read(self, event: dict[str, Json]) -> list[Piece]:
        """Raises TargetError for an end that tells of a failure."""
        kind, message = event.get("type"), object_in(object_in(event, "delta"), "message")
        if kind in ("content-start", "content-delta"):
            return _said(message)
        if kind == "tool-plan-delta":
            plan = any_text_in(message, "tool_plan")
            return [Piece(text=plan)] if plan else []
        if kind in ("tool-call-start", "tool-call-delta"):
            return self._called(count_in(event, "index"), message)
        if kind == "tool-call-end":
            return self._closed(count_in(event, "index"))
        return self._ended(event) if kind == "message-end" else []

    def whole(self, document: dict[str, Json]) -> Answer:
        return answer_of(document)

    def _called(self, index: int, message: dict[str, Json]) -> list[Piece]:
        return [self._call(index, given) for given in calls_of(message.get("tool_calls"))]

    def _call(self, index: int, given: dict[str, Json]) -> Piece:
        function, call = function_of(given), self._calls.get(index)
        if call is not None:
            call.argued = call.argued or bool(function["arguments"])
            return _arguments(call, function["arguments"])
        call = self._calls[index] = _Call(len(self._calls), bool(function["arguments"]))
        begun = {"index": call.index, "id": any_text_in(given, "id"), "type": "function"}
        return Piece(tool_calls=[begun | {"function": function}])

    def _closed(self, index: int) -> list[Piece]:
        """A call without arguments gets an empty object: OpenAI's clients read them as JSON."""
        call = self._calls.get(index)
        if call is None or call.argued:
            return []
        call.argued = True
        return [_arguments(call, "{}")]

    def _ended(self, event: dict[str, Json]) -> list[Piece]:
        self.ended, delta = True, object_in(event, "delta")
        reason = reason_of(delta.get("finish_reason"), delta.get("error"))
        if reason == "stop" and self._calls:
            reason = "tool_calls"
        return [Piece(finish_reason=reason, usage=usage_of(delta.get("usage")))]


def _said(message: dict[str, Json]) -> list[Piece]:
    parts = [
        Piece(text=any_text_in(item, "text"), reasoning=any_text_in(item, "thinking"))
        for item in contents_of(message.get("content"))
    ]
    return [part for part in parts if part.text or part.reasoning]


def _arguments(call: _Call, arguments: str) -> Piece:
    return Piece(tool_calls=[{"index": call.index, "function": {"arguments": arguments}}])
