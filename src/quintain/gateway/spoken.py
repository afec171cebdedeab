"""Answers that we write in OpenAI's words, for targets that speak otherwise."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from quintain.dialects import words
from quintain.dialects.base import Answer, Piece
from quintain.dialects.openai.answers import empty_answer
from quintain.dialects.sse import EVENT_STREAM
from quintain.gateway.call import Call, Result

_ENDS_EMPTY = frozenset({"", "stop", "tool_calls"})
_FILTERED = "content_filter"
_WITHHELD = "The target's provider withheld this answer."  # where it says nothing of it itself


def spoken(call: Call, answer: Answer) -> Result:
    """A whole answer, as a stream of one piece where a stream was asked for.

    Raises TargetError for an empty one.
    """
    if answer.empty:
        raise empty_answer()
    if answer.finish_reason == _FILTERED and not (answer.text or answer.tool_calls):
        answer.refusal = answer.refusal or _WITHHELD
    if not call.ask.stream:
        return Result(words.whole(call.ask.kind, call.id, call.named, answer))
    return Result(stream=streamed(call, _only(words.as_piece(answer))), content_type=EVENT_STREAM)


async def streamed(call: Call, pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[bytes, None]:
    """The events of a stream. Raises TargetError where it ends normally with nothing in it."""
    kind, named = call.ask.kind, call.named
    heard, spoke, reason = False, False, ""
    usage: dict[str, Any] = {}
    async with aclosing(pieces):
        async for part in pieces:
            if part.text or part.reasoning or part.refusal or part.tool_calls:
                yield words.piece(kind, call.id, named, part, first=not heard)
                heard = True
            spoke = spoke or bool(part.text or part.refusal or part.tool_calls)
            reason, usage = part.finish_reason or reason, part.usage or usage
    if not spoke and reason in _ENDS_EMPTY:
        raise empty_answer()
    if not spoke and reason == _FILTERED:
        yield words.piece(kind, call.id, named, Piece(refusal=_WITHHELD), first=not heard)
    end = words.last(kind, call.id, named, reason or "stop")
    if usage and _counts(call):
        end += words.counted(kind, call.id, named, usage)
    yield end + words.DONE


def _counts(call: Call) -> bool:
    options = call.ask.value("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


async def _only(part: Piece) -> AsyncGenerator[Piece, None]:
    yield part
