"""A chat call taken apart: what every dialect that is not OpenAI's translates from.

Source of the shapes: OpenAI's API reference, "Create chat completion".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from quintain.dialects.base import CHAT, COMPLETIONS, Ask
from quintain.dialects.parts import Media, Part, Text, parts_of, text_of
from quintain.errors import BadRequest
from quintain.registry.schema import ModelConfig

Json = Any
_SYSTEM = ("system", "developer")


@dataclass(slots=True)
class ToolCall:
    """arguments: the JSON object that the model called with.

    extra: what its provider hung onto the call for its own use, as `extra_content`: OpenAI has no
    such field, and clients that send a message back as it came bring it along.
    """

    id: str
    name: str
    arguments: dict[str, Json]
    extra: Json = None


@dataclass(slots=True)
class Turn:
    """One message. role: `user`, `assistant` or `tool`; answers: the id of the call it answers."""

    role: str
    parts: list[Part]
    calls: list[ToolCall] = field(default_factory=list)
    answers: str = ""

    @property
    def text(self) -> str:
        return text_of(self.parts)

    @property
    def media(self) -> list[Media]:
        return [part for part in self.parts if isinstance(part, Media)]


@dataclass(slots=True)
class Chat:
    """system: the model's own prompt, then the caller's system messages. turns: never empty."""

    system: str
    turns: list[Turn]

    def call_name(self, ident: str) -> str:
        """The tool that a call's result belongs to, for targets that go by names."""
        calls = (call for turn in self.turns for call in turn.calls)
        found = next((call.name for call in calls if call.id == ident), None)
        if found is None:
            raise BadRequest(
                f"messages hold a tool result for {ident}, and no such call before it.",
                param="messages",
            )
        return found


def chat_of(ask: Ask, config: ModelConfig) -> Chat:
    """The conversation of a call. Raises BadRequest for what is no conversation."""
    system, turns = [config.system_prompt or ""], []
    for number, message in enumerate(messages_of(ask)):
        place = f"messages.{number}"
        if is_system(message):
            system.append(text_of(parts_of(message.get("content"), place)))
        else:
            turns.append(_turn(message, place))
    if not turns:
        raise BadRequest("messages must contain a message of the user.", param="messages")
    return Chat("\n\n".join(filter(None, system)), turns)


def joined(turns: list[Turn]) -> list[Turn]:
    """Turns of one side put together, for targets that ask for sides in alternation.

    A tool's result counts as the user's side and keeps its own turn's place in the order.
    """
    found: list[Turn] = []
    for turn in turns:
        last = found[-1] if found else None
        if last and last.role == turn.role and turn.role != "tool":
            found[-1] = Turn(last.role, last.parts + turn.parts, last.calls + turn.calls)
        else:
            found.append(turn)
    return found


def is_system(message: dict[str, Json]) -> bool:
    return message.get("role") in _SYSTEM


def messages_of(ask: Ask) -> list[dict[str, Json]]:
    """A call's messages as they came. Raises BadRequest where they are none."""
    if ask.kind == COMPLETIONS:
        prompt = ask.value("prompt")
        if not isinstance(prompt, str) or not prompt:
            raise BadRequest("This model takes one prompt, as text.", param="prompt")
        return [{"role": "user", "content": prompt}]
    if ask.kind != CHAT:
        raise BadRequest(
            f"This model takes chat calls only, not {ask.kind}.", code="unsupported_call"
        )
    messages = ask.value("messages")
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise BadRequest("messages must be a list of objects.", param="messages")
    return messages


def _turn(message: dict[str, Json], place: str) -> Turn:
    role = message.get("role")
    parts = parts_of(message.get("content"), place)
    if role == "user":
        return Turn(role, parts)
    if role == "assistant":
        refusal = message.get("refusal")
        if not parts and isinstance(refusal, str) and refusal:
            parts = [Text(refusal)]
        calls = message.get("tool_calls") or []
        if not isinstance(calls, list):
            raise BadRequest(f"{place}.tool_calls must be a list.", param="messages")
        return Turn(role, parts, [_call(each, place) for each in calls])
    if role == "tool":
        ident = message.get("tool_call_id")
        if not isinstance(ident, str) or not ident:
            raise BadRequest(f"{place}.tool_call_id is required.", param="messages")
        return Turn(role, parts, answers=ident)
    raise BadRequest(
        f"{place}.role must be system, developer, user, assistant or tool.", param="messages"
    )


def _call(call: Json, place: str) -> ToolCall:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise BadRequest(f"{place}.tool_calls must be calls of functions.", param="messages")
    ident, arguments = str(call.get("id") or ""), _arguments(function, place)
    return ToolCall(ident, function["name"], arguments, call.get("extra_content"))


def _arguments(function: dict[str, Json], place: str) -> dict[str, Json]:
    given = function.get("arguments") or "{}"
    try:
        read = msgspec.json.decode(given) if isinstance(given, str) else given
    except (msgspec.DecodeError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise BadRequest(
            f"{place}.tool_calls: the arguments of {function['name']} must be a JSON object, as text.",
            param="messages",
        )
    return read
