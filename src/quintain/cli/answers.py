"""What a model says, in OpenAI's shape: a whole answer, or one piece of a stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from quintain.cli.exits import Code, Failure

DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class Piece:
    """text: what to show; finish: why it ended, with the last piece; tools: names called."""

    text: str = ""
    finish: str = ""
    tools: tuple[str, ...] = field(default=())


def piece_of(event: str) -> Piece:
    """One event of a stream. Raises Failure for an error sent in it, or for no chat chunk at all."""
    try:
        chunk = orjson.loads(event)
    except orjson.JSONDecodeError as error:
        raise Failure("The stream carried something that is not JSON.") from error
    return _piece(chunk, "delta")


def whole(answer: Any) -> Piece:
    return _piece(answer, "message")


def _piece(body: Any, part: str) -> Piece:
    if not isinstance(body, Mapping):
        raise Failure("The answer is not one of a chat.")
    if error := body.get("error"):
        raise _failure(error)
    choices = body.get("choices") or [{}]
    message = choices[0].get(part) or {}
    text = message.get("content") or message.get("refusal") or ""
    return Piece(str(text), str(choices[0].get("finish_reason") or ""), _tools(message))


def _tools(message: Mapping[str, Any]) -> tuple[str, ...]:
    calls = message.get("tool_calls") or []
    functions = (call.get("function") or {} for call in calls)
    return tuple(str(function["name"]) for function in functions if function.get("name"))


def _failure(error: Any) -> Failure:
    inner = error if isinstance(error, Mapping) else {"message": error}
    late = inner.get("code") == "rate_limit_exceeded"
    return Failure(str(inner.get("message") or error), Code.LATER if late else Code.FAILED)
