"""OpenAI's bodies, written by us where the target does not speak them.

Source of the shapes: OpenAI's API reference, "The chat completion object" and "chunk object".
`reasoning_content` is no field of OpenAI's own; it is where clients look for it.
"""

from __future__ import annotations

import time
from typing import Any

import orjson

from quintain.dialects.base import CHAT, Answer, Piece

Json = dict[str, Any]
DONE = b"data: [DONE]\n\n"


def whole(kind: str, ident: str, model: str, answer: Answer) -> bytes:
    """One JSON answer. ident: the call's id. model: what the caller named."""
    choice: Json = {"index": 0, "finish_reason": answer.finish_reason, "logprobs": None}
    if kind == CHAT:
        choice["message"] = _message(answer)
    else:
        choice["text"] = answer.text or answer.refusal
    body = _head(kind, ident, model, chunk=False) | {"choices": [choice]}
    if answer.usage:
        body["usage"] = answer.usage
    return orjson.dumps(body)


def piece(kind: str, ident: str, model: str, part: Piece, *, first: bool) -> bytes:
    """One event of a stream."""
    if kind == CHAT:
        body = {"delta": _delta(part, first=first)}
        return _event(kind, ident, model, {"index": 0, **body, "finish_reason": None})
    text = part.text or part.refusal
    return _event(kind, ident, model, {"index": 0, "text": text, "finish_reason": None})


def last(kind: str, ident: str, model: str, finish_reason: str) -> bytes:
    """The event that says why the answer ended."""
    body: Json = {"delta": {}} if kind == CHAT else {"text": ""}
    return _event(kind, ident, model, {"index": 0, **body, "finish_reason": finish_reason})


def counted(kind: str, ident: str, model: str, usage: Json) -> bytes:
    """The event of a stream that says what it took, where the caller asked for it."""
    return _framed(_head(kind, ident, model, chunk=True) | {"choices": [], "usage": usage})


def as_piece(answer: Answer) -> Piece:
    """A whole answer as a stream's only part."""
    calls = [{"index": place, **call} for place, call in enumerate(answer.tool_calls)]
    return Piece(
        answer.text, calls, answer.refusal, answer.reasoning, answer.finish_reason, answer.usage
    )


def tokens(
    prompt: int, answer: int, *, cached: int | None = None, thought: int | None = None
) -> Json:
    """What a call took. cached: of the prompt; thought: of the answer; None where it is not told."""
    usage: Json = {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
    }
    if cached is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": cached}
    if thought is not None:
        usage["completion_tokens_details"] = {"reasoning_tokens": thought}
    return usage


def _message(answer: Answer) -> Json:
    message: Json = {
        "role": "assistant",
        "content": answer.text or None,
        "refusal": answer.refusal or None,
    }
    if answer.tool_calls:
        message["tool_calls"] = answer.tool_calls
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    return message


def _delta(part: Piece, *, first: bool) -> Json:
    delta: Json = {"role": "assistant"} if first else {}
    said = {
        "content": part.text,
        "refusal": part.refusal,
        "reasoning_content": part.reasoning,
        "tool_calls": part.tool_calls,
    }
    return delta | {name: value for name, value in said.items() if value}


def _event(kind: str, ident: str, model: str, choice: Json) -> bytes:
    return _framed(_head(kind, ident, model, chunk=True) | {"choices": [choice]})


def _framed(body: Json) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"


def _head(kind: str, ident: str, model: str, *, chunk: bool) -> Json:
    if kind == CHAT:
        name, prefix = ("chat.completion.chunk" if chunk else "chat.completion"), "chatcmpl-"
    else:
        name, prefix = "text_completion", "cmpl-"
    return {"id": prefix + ident, "object": name, "created": int(time.time()), "model": model}
