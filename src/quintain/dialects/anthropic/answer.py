"""An answer of Anthropic's Messages API in OpenAI's words.

Source: Anthropic's API reference, "Create a Message", and its page "Stop reasons". Blocks of other
kinds (tools that run at Anthropic, citations, redacted thinking) are read past.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.anthropic.errors import failure
from quintain.dialects.base import Answer
from quintain.dialects.reading import another_shape, any_text_in, count_in, object_in
from quintain.dialects.words import tokens
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
    cached = count_in(counts, "cache_read_input_tokens")
    prompt = (
        count_in(counts, "input_tokens") + count_in(counts, "cache_creation_input_tokens") + cached
    )
    answer = count_in(counts, "output_tokens")
    thought = count_in(object_in(counts, "output_tokens_details"), "thinking_tokens")
    return tokens(prompt, answer, cached=cached, thought=thought or None)


def _add(answer: Answer, block: dict[str, Json]) -> None:
    kind = block.get("type")
    if kind == "text":
        answer.text += any_text_in(block, "text")
    elif kind == "thinking":
        answer.reasoning += any_text_in(block, "thinking")
    elif kind == "tool_use":
        arguments = arguments_of(block.get("input") or {})
        answer.tool_calls.append(called(block) | {"function": _function(block, arguments)})


def called(block: dict[str, Json]) -> dict[str, Json]:
    return {"id": any_text_in(block, "id"), "type": "function"}


def _function(block: dict[str, Json], arguments: str) -> dict[str, str]:
    return {"name": any_text_in(block, "name"), "arguments": arguments}
