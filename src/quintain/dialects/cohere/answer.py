"""An answer of Cohere's v2 chat in OpenAI's words.

Source: Cohere's API reference, "Chat (v2)". Citations are read past: OpenAI's words have no place
for them.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.base import Answer
from quintain.dialects.reading import another_shape, any_text_in, count_in, object_in
from quintain.dialects.words import tokens
from quintain.errors import TargetError

Json = Any
_REASONS = {
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
_FAILED = {"ERROR": 502, "TIMEOUT": 504}
_LONGEST = 300  # characters


def answer_of(document: dict[str, Json]) -> Answer:
    """Raises TargetError for another shape, and for an answer that the target failed to give."""
    message = document.get("message")
    if not isinstance(message, dict):
        raise another_shape("it has no message")
    reason = reason_of(document.get("finish_reason"))
    answer = Answer(any_text_in(message, "tool_plan"), finish_reason=reason)
    for item in contents_of(message.get("content")):
        answer.text += any_text_in(item, "text")
        answer.reasoning += any_text_in(item, "thinking")
    answer.tool_calls = [_call(each) for each in calls_of(message.get("tool_calls"))]
    if answer.tool_calls and reason == "stop":
        answer.finish_reason = "tool_calls"
    answer.usage = usage_of(document.get("usage"))
    return answer


def reason_of(finish_reason: Json, told: Json = None) -> str:
    """Raises TargetError where the target says that it failed. told: what it says of it."""
    status = _FAILED.get(finish_reason) if isinstance(finish_reason, str) else None
    if status is not None:
        why = f": {told[:_LONGEST]}" if isinstance(told, str) and told else "."
        raise TargetError(
            "answer",
            f"The target ended its answer with {finish_reason}{why}",
            passing=True,
            status=status,
        )
    return _REASONS.get(finish_reason, "stop") if isinstance(finish_reason, str) else "stop"


def usage_of(usage: Json) -> dict[str, Json]:
    """Counts of tokens, else of what is billed; both come as decimal numbers."""
    if not isinstance(usage, dict):
        return {}
    counts = usage.get("tokens") or usage.get("billed_units")
    if not isinstance(counts, dict):
        return {}
    told = usage.get("cached_tokens") is not None
    return tokens(
        count_in(counts, "input_tokens"),
        count_in(counts, "output_tokens"),
        cached=count_in(usage, "cached_tokens") if told else None,
    )


def contents_of(content: Json) -> list[dict[str, Json]]:
    """The parts of a message's content, which may be one part or plain text."""
    if isinstance(content, str):
        return [{"text": content}]
    parts = content if isinstance(content, list) else [content]
    return [part for part in parts if isinstance(part, dict)]


def calls_of(calls: Json) -> list[dict[str, Json]]:
    """Calls, which a stream gives one by one and not in a list."""
    found = calls if isinstance(calls, list) else [calls]
    return [call for call in found if isinstance(call, dict)]


def function_of(call: dict[str, Json]) -> dict[str, str]:
    given = object_in(call, "function")
    return {"name": any_text_in(given, "name"), "arguments": any_text_in(given, "arguments")}


def _call(call: dict[str, Json]) -> dict[str, Json]:
    function = function_of(call)
    function["arguments"] = function["arguments"] or "{}"
    return {"id": any_text_in(call, "id"), "type": "function", "function": function}
