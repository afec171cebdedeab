"""An answer of Anthropic's Messages API in OpenAI's words.

Source: Anthropic's API reference, "Create a Message", and its page "Stop reasons". Blocks of other
kinds (tools that run at Anthropic, citations, redacted thinking) are read past.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.anthropic.errors import failure
from quintain.dialects.base import Answer
from quintain.dialects.reading import another_shape
from quintain.dialects.writing import arguments_of

Json = Any
_REASONS = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",  # cut off before its end, to be gone on with
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
REFUSED = "The provider of the target stopped this answer for what it was asked."


def answer_of(message: dict[str, Json]) -> Answer:
    """Raises TargetError for another shape, and for an error that came as an answer."""
    if message.get("type") == "error":
        raise failure(message)
    blocks = message.get("content")
    if isinstance(blocks, str):  # not Anthropic's, but said by some that serve the same format
        blocks = [{"type": "text", "text": blocks}]
    if not isinstance(blocks, list):
        raise another_shape("it has no list of content")
    answer = Answer(finish_reason=reason_of(message.get("stop_reason")))
    for block in blocks:
        if isinstance(block, dict):
            _add(answer, block)
    answer.usage = usage_of(message.get("usage"))
    if answer.finish_reason == "content_filter":
        answer.refusal = refusal_of(message.get("stop_details"))
    elif answer.tool_calls and answer.finish_reason == "stop":
        answer.finish_reason = "tool_calls"
    return answer


def reason_of(stop_reason: Json) -> str:
    return _REASONS.get(stop_reason, "stop") if isinstance(stop_reason, str) else "stop"


def refusal_of(details: Json) -> str:
    told = details.get("explanation") if isinstance(details, dict) else None
    return told if isinstance(told, str) and told else REFUSED


def usage_of(counts: Json) -> dict[str, Json]:
    """OpenAI counts what came from a cache and went into one among the prompt's tokens."""
    if not isinstance(counts, dict) or not {"input_tokens", "output_tokens"} & counts.keys():
        return {}
    cached = _count(counts, "cache_read_input_tokens")
    prompt = _count(counts, "input_tokens") + _count(counts, "cache_creation_input_tokens") + cached
    answer = _count(counts, "output_tokens")
    usage: dict[str, Json] = {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    details = counts.get("output_tokens_details")
    if isinstance(details, dict) and (thought := _count(details, "thinking_tokens")):
        usage["completion_tokens_details"] = {"reasoning_tokens": thought}
    return usage


def text_in(block: dict[str, Json], name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""


def _add(answer: Answer, block: dict[str, Json]) -> None:
    kind = block.get("type")
    if kind == "text":
        answer.text += text_in(block, "text")
    elif kind == "thinking":
        answer.reasoning += text_in(block, "thinking")
    elif kind == "tool_use":
        arguments = arguments_of(block.get("input") or {})
        answer.tool_calls.append(called(block) | {"function": _function(block, arguments)})


def called(block: dict[str, Json]) -> dict[str, Json]:
    return {"id": text_in(block, "id"), "type": "function"}


def _function(block: dict[str, Json], arguments: str) -> dict[str, str]:
    return {"name": text_in(block, "name"), "arguments": arguments}


def _count(counts: dict[str, Json], name: str) -> int:
    value = counts.get(name)
    return int(value) if isinstance(value, int | float) else 0
