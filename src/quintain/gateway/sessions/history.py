"""What tells one conversation from another: what was said in it so far."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from quintain.dialects.chat import is_system
from quintain.dialects.parts import plain_text

Message = dict[str, Any]


def after_last_answer(messages: list[Message]) -> int:
    """Where the new turn begins: behind the assistant's last message, 0 where there is none."""
    places = (number for number, message in enumerate(messages) if _role(message) == "assistant")
    return max(places, default=-1) + 1


def digest(messages: list[Message]) -> bytes:
    """The same for the same words by the same roles, however a client writes them down.

    System messages do not count: clients change them while they talk.
    """
    said = [_said(message) for message in messages if not is_system(message)]
    return hashlib.sha256(orjson.dumps(said)).digest()


def answered(messages: list[Message], text: str, calls: list[Any]) -> bytes:
    """The digest once the target has answered."""
    return digest([*messages, {"role": "assistant", "content": text, "tool_calls": calls}])


def _role(message: Message) -> str:
    return str(message.get("role")) if isinstance(message, dict) else ""


def _said(message: Message) -> list[str]:
    calls = message.get("tool_calls")
    named = [_name(call) for call in calls] if isinstance(calls, list) else []
    return [_role(message), _encodable(plain_text(message.get("content"))).strip(), *named]


def _name(call: Any) -> str:
    function = call.get("function") if isinstance(call, dict) else None
    return str(function.get("name")) if isinstance(function, dict) else ""


def _encodable(text: str) -> str:
    return text.encode(errors="replace").decode()
