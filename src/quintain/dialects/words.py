"""OpenAI's bodies, written by us where the target does not speak them.

Source of the shapes: OpenAI's API reference, "The chat completion object" and "chunk object".
"""

from __future__ import annotations

import time
from typing import Any

import orjson

from quintain.dialects.base import CHAT, Answer

DONE = b"data: [DONE]\n\n"


def whole(kind: str, ident: str, model: str, answer: Answer) -> bytes:
    """One JSON answer. ident: the call's id. model: what the caller named."""
    choice: dict[str, Any] = {"index": 0, "finish_reason": answer.finish_reason, "logprobs": None}
    if kind == CHAT:
        choice["message"] = {"role": "assistant", "content": answer.text, "refusal": None}
    else:
        choice["text"] = answer.text
    body = _head(kind, ident, model, chunk=False) | {"choices": [choice]}
    if answer.usage:
        body["usage"] = answer.usage
    return orjson.dumps(body)


def piece(kind: str, ident: str, model: str, text: str, *, first: bool) -> bytes:
    """One event of a stream."""
    if kind == CHAT:
        delta = {"role": "assistant", "content": text} if first else {"content": text}
        return _event(kind, ident, model, {"index": 0, "delta": delta, "finish_reason": None})
    return _event(kind, ident, model, {"index": 0, "text": text, "finish_reason": None})


def last(kind: str, ident: str, model: str, finish_reason: str) -> bytes:
    """The event that says why the answer ended."""
    body: dict[str, Any] = {"delta": {}} if kind == CHAT else {"text": ""}
    return _event(kind, ident, model, {"index": 0, **body, "finish_reason": finish_reason})


def _event(kind: str, ident: str, model: str, choice: dict[str, Any]) -> bytes:
    body = _head(kind, ident, model, chunk=True) | {"choices": [choice]}
    return b"data: " + orjson.dumps(body) + b"\n\n"


def _head(kind: str, ident: str, model: str, *, chunk: bool) -> dict[str, Any]:
    if kind == CHAT:
        name, prefix = ("chat.completion.chunk" if chunk else "chat.completion"), "chatcmpl-"
    else:
        name, prefix = "text_completion", "cmpl-"
    return {"id": prefix + ident, "object": name, "created": int(time.time()), "model": model}
