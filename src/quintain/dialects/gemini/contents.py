"""A conversation as Gemini has it: contents of parts, each said by `user` or `model`.

Source: ai.google.dev/api/caching (Content, Part), and /gemini-api/docs/function-calling and
/thought-signatures.
"""

from __future__ import annotations

import mimetypes
import re
from itertools import groupby
from typing import Any

import orjson
from yarl import URL

from quintain.dialects.chat import Chat, ToolCall, Turn, joined
from quintain.dialects.parts import Media, Part, Text, text_of

Json = Any
# From Gemini 3 on a call of the turn at hand must carry its signature. Google names this word for
# calls that never had one, or whose client lost it.
_SIGNED_SINCE = 3
_NO_SIGNATURE = "skip_thought_signature_validator"
_VERSION = re.compile(r"gemini-(\d+)")


def contents_of(chat: Chat, model_name: str) -> list[Json]:
    groups = [(role, list(turns)) for role, turns in groupby(joined(chat.turns), lambda t: t.role)]
    asked = max((at for at, (role, _) in enumerate(groups) if role == "user"), default=-1)
    found, called = [], list[ToolCall]()
    for at, (role, turns) in enumerate(groups):
        if role == "assistant":
            called = turns[0].calls
            parts = _said(turns[0], filled=at > asked and _signs(model_name))
        elif role == "tool":
            parts = _results(chat, turns, called)
        else:
            parts = [part_of(part) for part in turns[0].parts] or [{"text": ""}]
        if parts:
            found.append({"role": "model" if role == "assistant" else "user", "parts": parts})
    return found


def part_of(part: Part) -> Json:
    if isinstance(part, Text):
        return {"text": part.text}
    if part.data:
        return {"inlineData": {"mimeType": part.media_type, "data": part.data}}
    return {"fileData": {"fileUri": part.url} | _guessed(part)}


def _guessed(media: Media) -> Json:
    """A link's media type by its name; where that tells nothing the API finds out itself."""
    kind, _ = mimetypes.guess_type(URL(media.url).path)
    return {"mimeType": kind} if kind else {}


def _said(turn: Turn, *, filled: bool) -> list[Json]:
    """What the model said. filled: a missing signature is filled in."""
    spoken = [part_of(part) for part in turn.parts if not isinstance(part, Text) or part.text]
    calls = [_call(call) for call in turn.calls]
    if filled and calls and not any("thoughtSignature" in call for call in calls):
        calls[0]["thoughtSignature"] = _NO_SIGNATURE
    return spoken + calls


def _signs(model_name: str) -> bool:
    version = _VERSION.search(model_name)
    return version is not None and int(version[1]) >= _SIGNED_SINCE


def _call(call: ToolCall) -> Json:
    made = {"name": call.name, "args": call.arguments} | _ident(call.id)
    signature = _signature(call.extra)
    return {"functionCall": made} | ({"thoughtSignature": signature} if signature else {})


def _signature(extra: Json) -> str:
    """Where Google's own OpenAI-compatible API puts it, so that clients know to bring it back."""
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return signature if isinstance(signature, str) else ""


def _results(chat: Chat, turns: list[Turn], called: list[ToolCall]) -> list[Json]:
    """In the order of the calls, which tells two calls of one function apart."""
    order = {call.id: place for place, call in enumerate(called)}
    turns = sorted(turns, key=lambda turn: order.get(turn.answers, len(order)))
    return [_result(turn, chat.call_name(turn.answers)) for turn in turns]


def _result(turn: Turn, name: str) -> Json:
    made = {"name": name, "response": _response(text_of(turn.parts))} | _ident(turn.answers)
    if turn.media:
        made["parts"] = [part_of(part) for part in turn.media]
    return {"functionResponse": made}


def _response(text: str) -> Json:
    """An object as it is, anything else as `output`."""
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = None
    return read if isinstance(read, dict) else {"output": text}


def _ident(ident: str) -> Json:
    return {"id": ident} if ident else {}
