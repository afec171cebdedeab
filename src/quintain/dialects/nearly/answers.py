"""Answers that are nearly in OpenAI's shape, brought into it; the same bytes where they are.

Each takes a whole answer, or the data of one event of a stream.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson

Json = Any


def mistral(body: bytes) -> bytes:
    """Content in parts becomes text, thoughts among it `reasoning_content`; our finish reasons.

    Source: docs.mistral.ai/capabilities/reasoning, and the types of Mistral's own client
    (AssistantMessage, ThinkChunk, ToolCall, FinishReason).
    """
    return _changed(body, _of_mistral) if b'"type"' in body or b"model_length" in body else body


def ai21(body: bytes) -> bytes:
    """Source: the types of AI21's own client: its answers tell neither `object` nor `created`."""
    return body if b'"object"' in body else _changed(body, _of_ai21)


def huggingface(body: bytes) -> bytes:
    """Older releases of TGI give a tool call's arguments as an object."""
    return _changed(body, _tidy_choices) if b'"tool_calls"' in body else body


def _changed(body: bytes, change: Callable[[Json], None]) -> bytes:
    """What is no answer passes: others say what is wrong with it."""
    try:
        answer = orjson.loads(body)
        before = orjson.dumps(answer)
        change(answer)
        after = orjson.dumps(answer)
    except (ValueError, TypeError, LookupError, AttributeError):
        return body
    return body if after == before else after


def _of_mistral(answer: Json) -> None:
    for choice in answer["choices"]:
        words = choice.get("message") or choice.get("delta") or {}
        if isinstance(words.get("content"), list):
            _spread(words)
        if choice.get("finish_reason") == "model_length":
            choice["finish_reason"] = "length"
    _tidy_choices(answer)


def _spread(words: Json) -> None:
    parts = [part for part in words["content"] if isinstance(part, dict)]
    thoughts = [part for part in parts if part.get("type") == "thinking"]
    words["content"] = _text(parts)
    if thought := "".join(_text(part.get("thinking")) for part in thoughts):
        words["reasoning_content"] = thought


def _text(parts: Json) -> str:
    if isinstance(parts, str):
        return parts
    texts = (part.get("text") for part in parts or [] if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _tidy_choices(answer: Json) -> None:
    for choice in answer["choices"]:
        streamed = "delta" in choice
        calls = (choice.get("message") or choice.get("delta") or {}).get("tool_calls") or []
        for place, call in enumerate(calls):
            _tidy_call(call, place, streamed=streamed)


def _tidy_call(call: Json, place: int, *, streamed: bool) -> None:
    """A call as OpenAI has it: typed, numbered where it is streamed, its arguments as text."""
    if streamed:
        call.setdefault("index", place)
    elif call.get("type") in (None, "null"):
        call["type"] = "function"
    function = call["function"]
    if isinstance(function.get("arguments"), dict):
        function["arguments"] = orjson.dumps(function["arguments"]).decode()


def _of_ai21(answer: Json) -> None:
    chunk = any("delta" in choice for choice in answer["choices"])
    answer["object"] = "chat.completion.chunk" if chunk else "chat.completion"
    answer.setdefault("created", int(time.time()))
    answer.setdefault("model", "")
