"""The messages of a call, for providers that know fewer forms of them than OpenAI.

Source of the shapes: OpenAI's API reference, "Create chat completion", messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from quintain.dialects.base import Ask
from quintain.errors import BadRequest

Json = Any
# OpenAI's newer name for the role; every model's chat template knows the older one.
_ROLES = {"developer": "system"}
_SAID_ELSEWHERE = frozenset({"refusal", "parsed"})  # the content says it too
_PARSED = "parsed_arguments"  # what OpenAI's client read of a call, which it sends along


@dataclass(frozen=True, slots=True)
class Messages:
    """How a provider's messages differ.

    strange: keys of a message that it does not know. content: writes a message's content in its
    form, given the message's place. call_id: writes the id of a tool call.
    """

    strange: frozenset[str] = frozenset()
    content: Callable[[Json, str], Json] | None = None
    call_id: Callable[[str], str] | None = None

    def fit(self, kind: str, fields: dict[str, Raw]) -> set[str]:
        """Bring `messages` into the provider's form; their bytes stay where nothing is to change.

        Gives the names of what was lost. Raises BadRequest for what cannot be carried.
        """
        given = Ask(kind, fields).value("messages")
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            raise BadRequest("messages must be a list of objects.", param="messages")
        fitted = [self._message(each, f"messages.{number}") for number, each in enumerate(given)]
        if fitted != given:
            fields["messages"] = Raw(msgspec.json.encode(fitted))
        lost = {key for each in given for key in self._lost(each)}
        if "function_call" in lost:
            raise BadRequest(
                "This model's provider has no place for function_call in messages: use tool_calls.",
                code="unsupported_field",
                param="messages",
            )
        return {f"messages.{key}" for key in lost if key not in _SAID_ELSEWHERE}

    def _lost(self, message: Json) -> list[str]:
        return [key for key in self.strange if message.get(key) not in (None, [], {})]

    def _message(self, message: Json, place: str) -> Json:
        fitted = {key: value for key, value in message.items() if key not in self.strange}
        role = message.get("role")
        if isinstance(role, str) and role in _ROLES:
            fitted["role"] = _ROLES[role]
        if fitted.get("content") is None and "refusal" in self.strange and message.get("refusal"):
            fitted["content"] = message["refusal"]
        if self.content and fitted.get("content") is not None:
            fitted["content"] = self.content(fitted["content"], place)
        return fitted | self._calls(message)

    def _calls(self, message: Json) -> Json:
        """What tells a tool's call and its result from others."""
        found: Json = {}
        if self.call_id and isinstance(message.get("tool_call_id"), str):
            found["tool_call_id"] = self.call_id(message["tool_call_id"])
        calls = message.get("tool_calls")
        if isinstance(calls, list):
            found["tool_calls"] = [self._call(call) for call in calls]
        return found

    def _call(self, call: Json) -> Json:
        if not isinstance(call, dict):
            return call
        ident, function = call.get("id"), call.get("function")
        changed: Json = {}
        if self.call_id and isinstance(ident, str):
            changed["id"] = self.call_id(ident)
        if isinstance(function, dict):
            changed["function"] = {k: v for k, v in function.items() if k != _PARSED}
        return call | changed
