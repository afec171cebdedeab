"""Answers of targets that speak OpenAI: read only as far as the gateway's promises need.

They pass byte for byte. What is looked for: another shape, and a choice that ended normally and
holds nothing, which makes testing tools send the same prompt again and again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
import orjson

from quintain.dialects.base import CHAT, COMPLETIONS
from quintain.dialects.parts import plain_text
from quintain.dialects.sse import Events, data_of
from quintain.dialects.words import DONE
from quintain.errors import TargetError


class _Words(msgspec.Struct):
    """A whole message or a stream's delta."""

    content: Any = None
    tool_calls: Any = None
    function_call: Any = None
    refusal: Any = None
    audio: Any = None
    reasoning_content: Any = None

    @property
    def empty(self) -> bool:
        return not (
            self.content or self.tool_calls or self.function_call or self.refusal or self.audio
        )


class _Choice(msgspec.Struct):
    message: _Words = msgspec.field(default_factory=_Words)
    delta: _Words = msgspec.field(default_factory=_Words)
    text: str | None = None
    finish_reason: str | None = None

    @property
    def empty(self) -> bool:
        return not self.text and self.message.empty and self.delta.empty


class _Body(msgspec.Struct):
    choices: list[_Choice] = []
    error: Any = None


_read = msgspec.json.Decoder(_Body).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def choices_of(body: bytes) -> list[_Choice]:
    """The choices of an answer. Raises TargetError(stage="mapping") for another shape."""
    try:
        choices = _read(body).choices
    except _UNREADABLE:
        choices = _leniently(body)
    if not choices:
        raise _another_shape("it has no choices")
    return choices


def _leniently(body: bytes) -> list[_Choice]:
    """With the standard library, which takes lone surrogates: models do send halves of an emoji."""
    try:
        return msgspec.convert(json.loads(body), _Body).choices
    except (ValueError, *_UNREADABLE) as error:
        raise _another_shape(str(error)) from None


def _another_shape(why: str) -> TargetError:
    return TargetError("mapping", f"The target's answer is not in OpenAI's shape: {why}.")


def text_of(body: bytes) -> str:
    """The text of an answer's first choice."""
    choice = choices_of(body)[0]
    content = choice.message.content
    if isinstance(content, list):
        return _encodable(plain_text(content))
    spoken = content or choice.text or choice.message.refusal or choice.message.reasoning_content
    if spoken or not choice.message.tool_calls:
        return _encodable(str(spoken or ""))
    return json.dumps(choice.message.tool_calls)


def cut_short(body: bytes) -> bool:
    """Whether the first choice ran out of tokens, as models do that think before they speak."""
    return choices_of(body)[0].finish_reason == "length"


def _encodable(text: str) -> str:
    """Text without lone surrogates, which cannot be written as UTF-8."""
    return text.encode(errors="replace").decode()


def refuse_empty(kind: str, body: bytes) -> None:
    """Raise TargetError where an answer has another shape or ended normally with nothing in it."""
    if kind in {CHAT, COMPLETIONS}:
        for choice in choices_of(body):
            if choice.empty and choice.finish_reason in {"stop", None}:
                raise empty_answer()


def empty_answer() -> TargetError:
    return TargetError("answer", "The target answered with no text.", code="empty_answer")


async def guarded(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """A stream as it arrives, byte for byte, once its first words were seen.

    Until then event by event, so that an empty answer is told as an error before it is ended.
    Raises TargetError for an empty stream.
    """
    events, spoke = Events(), False
    async with aclosing(chunks):
        async for chunk in chunks:
            if spoke:
                yield chunk
                continue
            found = list(events.feed(chunk))
            spoke = any(map(_speaks, found))
            # An unfinished event is held until it is known that it ends no empty answer.
            if piece := b"".join(found) + (events.rest() if spoke else b""):
                yield piece
    if not spoke:
        last = events.rest()
        if not _speaks(last, whole=False):
            raise empty_answer()
        yield last


def _speaks(event: bytes, *, whole: bool = True) -> bool:
    """Whether an event carries words. Raises TargetError where the stream ends without any.

    whole: its closing blank line has come, so that one of another kind is no torn one.
    """
    data = data_of(event).strip()
    if data == b"[DONE]":
        raise empty_answer()
    if not data.startswith(b"{"):
        return False
    try:
        body = _read(data)
    except _UNREADABLE:
        return whole  # an event of another kind: the caller's client is the judge of it
    choices = body.choices
    if any(not choice.empty for choice in choices):
        return True
    ended = [choice.finish_reason for choice in choices if choice.finish_reason]
    if "stop" in ended:
        raise empty_answer()
    return bool(ended) or bool(body.error)


def as_stream(body: bytes) -> bytes:
    """A whole answer as the events of a stream, for targets that do not stream.

    Raises TargetError(stage="mapping") for another shape.
    """
    choices_of(body)
    try:
        return _events_of(orjson.loads(body))
    except (ValueError, TypeError) as error:
        raise _another_shape(str(error)) from None


def _events_of(whole: dict[str, Any]) -> bytes:
    head = {key: value for key, value in whole.items() if key not in {"choices", "usage"}}
    chat = "message" in whole["choices"][0]
    if chat:
        head["object"] = "chat.completion.chunk"
    events = [_event(head, [_delta(choice, chat=chat) for choice in whole["choices"]])]
    if "usage" in whole:
        events.append(_event(head, [], whole["usage"]))
    return b"".join(events) + DONE


def _delta(choice: dict[str, Any], *, chat: bool) -> dict[str, Any]:
    if not chat:
        return choice
    message = dict(choice.get("message") or {})
    calls = message.get("tool_calls") or []
    if calls:
        message["tool_calls"] = [{"index": place, **call} for place, call in enumerate(calls)]
    kept = {key: value for key, value in choice.items() if key != "message"}
    return kept | {"delta": message}


def _event(head: dict[str, Any], choices: list[Any], usage: Any = None) -> bytes:
    body = head | {"choices": choices} | ({"usage": usage} if usage is not None else {})
    return b"data: " + orjson.dumps(body) + b"\n\n"
