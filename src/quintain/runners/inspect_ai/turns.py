"""Inspect's messages as ours: OpenAI's words, in plain data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..wire import Message


def as_turn(message: Any) -> Message:
    turn: Message = {"role": message.role, "content": _content(message.content)}
    calls = getattr(message, "tool_calls", None)
    if calls:
        turn["tool_calls"] = [as_call(call) for call in calls]
    if message.role == "tool":
        turn["tool_call_id"] = message.tool_call_id or ""
        if message.error is not None:
            turn["content"] = f"{message.error.type}: {message.error.message}"
    return turn


def as_call(call: Any) -> dict[str, Any]:
    """A call that could not be read keeps what is wrong with it instead of arguments."""
    arguments = call.parse_error or json.dumps(call.arguments, default=str)
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.function, "arguments": arguments},
    }


def _content(content: Any) -> Any:
    """Text as text. Parts that are none are named, not carried along."""
    if isinstance(content, str):
        return content
    if all(part.type in {"text", "reasoning"} for part in content):
        return "\n".join(part.text for part in content if part.type == "text")
    return [_part(part) for part in content if part.type != "reasoning"]


def _part(part: Any) -> dict[str, Any]:
    if part.type == "text":
        return {"type": "text", "text": part.text}
    if part.type == "image":
        return {"type": "image_url", "image_url": {"url": part.image}}
    return {"type": part.type}


def text_of(content: str | list[dict[str, Any]]) -> str:
    """Of a turn's content, without what is no text."""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


def split(messages: Sequence[Any]) -> tuple[list[Message], str]:
    """All turns up to the last answer, and that answer."""
    turns = [as_turn(message) for message in messages]
    if turns and turns[-1]["role"] == "assistant" and not turns[-1].get("tool_calls"):
        last = turns.pop()["content"]
        return turns, last if isinstance(last, str) else json.dumps(last)
    return turns, ""


def calls_in(turns: Sequence[Message]) -> list[Any]:
    return [call for turn in turns for call in turn.get("tool_calls", [])]
