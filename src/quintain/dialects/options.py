"""A call's options: what a dialect takes, what it drops, and what it must refuse.

Taken one by one; what nobody took is dropped and named to the caller, or refused where dropping it
would change what the caller's code expects back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw

from quintain.dialects.base import Ask
from quintain.errors import BadRequest
from quintain.registry.schema import ModelConfig

Json = Any
# The frame of a call: read elsewhere, never an option.
_FRAME = frozenset({"model", "messages", "prompt", "stream", "stream_options", "n"})
# Without these the caller would get another kind of answer than it asked for.
_MEANINGFUL = frozenset(
    {"tools", "tool_choice", "functions", "function_call", "response_format", "logprobs",
     "top_logprobs", "audio", "modalities", "web_search_options", "echo", "suffix", "best_of"}
)  # fmt: skip
# What every one of them means when nothing is asked for.
_NOTHING: tuple[Json, ...] = (None, False, 0, [], {}, "", "auto", {"type": "text"}, ["text"])


def is_lost(name: str, value: Json) -> bool:
    """Whether leaving a field out loses something to tell the caller about; null loses nothing.

    Raises BadRequest where the loss would change the answer's meaning.
    """
    if name in _MEANINGFUL and value not in _NOTHING:
        raise BadRequest(
            f"This model's provider has no place for {name}.", code="unsupported_field", param=name
        )
    return value is not None


def lost(ask: Ask) -> tuple[str, ...]:
    """What is dropped where the target takes the conversation alone. Raises BadRequest as `is_lost`."""
    options = (name for name in ask.fields if name not in _FRAME)
    return tuple(sorted(name for name in options if is_lost(name, ask.value(name))))


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call. parameters: its JSON schema."""

    name: str
    description: str
    parameters: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Format:
    """kind: `text`, `json_object` or `json_schema`, which alone has a schema."""

    kind: str
    schema: dict[str, Json] = field(default_factory=dict)


class Options:
    """The caller's fields over the registration's defaults, decoded as they are taken."""

    def __init__(self, ask: Ask, config: ModelConfig) -> None:
        self._ask = ask
        self._defaults = dict(config.default_request_options or {})
        self._tools = [
            Tool(tool.name, tool.description, tool.parameters)
            for tool in config.tools or []
            if tool.parameters is not None
        ]
        given = [*ask.fields, *(name for name in self._defaults if name not in ask.fields)]
        self._left = dict.fromkeys(name for name in given if name not in _FRAME)

    def take(self, *names: str) -> Json:
        """The value of the first of these that is given, None without one; all count as taken."""
        values = [self._value(name) for name in names]
        for name in names:
            self._left.pop(name, None)
        return next((value for value in values if value is not None), None)

    def number(self, *names: str) -> float | int | None:
        """As `take`. Raises BadRequest for anything but a number."""
        given = next((name for name in names if self._value(name) is not None), names[0])
        value = self.take(*names)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadRequest(f"{given} must be a number.", param=given)
        return value

    def whole(self, *names: str) -> int | None:
        """As `number`. Raises BadRequest for a part of one, too."""
        value = self.number(*names)
        if value is not None and value != int(value):
            raise BadRequest(f"{names[-1]} must be a whole number.", param=names[-1])
        return None if value is None else int(value)

    def object(self, name: str) -> dict[str, Json]:
        """An object, empty where it is not given. Raises BadRequest for anything else."""
        value = self.take(name)
        if value is not None and not isinstance(value, dict):
            raise BadRequest(f"{name} must be an object.", param=name)
        return dict(value or {})

    def effort(self, known: Iterable[str]) -> str:
        """`reasoning_effort`, "" where it is not given. Raises BadRequest for one not known."""
        effort, known = self.take("reasoning_effort"), list(known)
        if effort is None:
            return ""
        if effort not in known:
            raise BadRequest(
                f"reasoning_effort must be one of {', '.join(known)}.", param="reasoning_effort"
            )
        return str(effort)

    def stops(self) -> list[str]:
        """`stop` as a list. Raises BadRequest for anything but text."""
        value = self.take("stop")
        stops = [value] if isinstance(value, str) else value or []
        if not isinstance(stops, list) or not all(isinstance(each, str) for each in stops):
            raise BadRequest("stop must be a string or a list of strings.", param="stop")
        return [each for each in stops if each]

    def passed(self, names: frozenset[str]) -> dict[str, Json]:
        """The options that the target knows by the very same name."""
        found = [name for name in self._left if name in names]
        return {name: value for name in found if (value := self.take(name)) is not None}

    def tools(self) -> list[Tool]:
        """The caller's tools, else the registration's. Raises BadRequest for other than functions."""
        given = self.take("tools")
        if given is None:
            return self._tools
        if not isinstance(given, list):
            raise BadRequest("tools must be a list.", param="tools")
        return [_tool(each, f"tools.{number}") for number, each in enumerate(given)]

    def tool_choice(self, tools: list[Tool]) -> str:
        """`auto`, `none`, `required`, or the name of one function after a colon; "" when not given.

        tools: what there is to choose from. Raises BadRequest where a choice is not among them.
        """
        choice = _choice(self.take("tool_choice"))
        if choice in ("", "auto", "none"):
            return choice
        if not tools:
            raise BadRequest("tool_choice needs tools.", param="tool_choice")
        if choice.startswith(":") and choice[1:] not in {tool.name for tool in tools}:
            raise BadRequest(
                f"tool_choice names {choice[1:]}, which is not in tools.", param="tool_choice"
            )
        return choice

    def response_format(self) -> Format:
        """`response_format`. Raises BadRequest for what OpenAI's reference does not have."""
        given = self.take("response_format")
        if given is None:
            return Format("text")
        kind = given.get("type") if isinstance(given, dict) else None
        if kind in ("text", "json_object"):
            return Format(kind)
        named = given.get("json_schema") if kind == "json_schema" else None
        schema = named.get("schema") if isinstance(named, dict) else None
        if isinstance(schema, dict):
            return Format("json_schema", schema)
        raise BadRequest(
            "response_format must be of type text, json_object, or json_schema with a schema in"
            " json_schema.schema.",
            param="response_format",
        )

    def drop(self, *names: str) -> None:
        """Count as dropped what was taken and then could not be carried."""
        self._left.update(dict.fromkeys(names))

    def dropped(self) -> tuple[str, ...]:
        """What nobody took. Raises BadRequest where its loss would change the answer's meaning."""
        return tuple(sorted(name for name in self._left if is_lost(name, self._value(name))))

    def _value(self, name: str) -> Json:
        if isinstance(self._ask.fields.get(name), Raw):
            return self._ask.value(name)
        return self._defaults.get(name)


def schema_alone(asked: Format) -> Format:
    """For targets that hold to a schema. Raises BadRequest for JSON without one."""
    if asked.kind == "json_object":
        raise BadRequest(
            "This model's provider has no JSON mode without a schema: give response_format of type"
            " json_schema.",
            code="unsupported_field",
            param="response_format",
        )
    return asked


def _choice(given: Json) -> str:
    if given is None:
        return ""
    if given in ("auto", "none", "required"):
        return str(given)
    function = given.get("function") if isinstance(given, dict) else None
    if isinstance(function, dict) and isinstance(function.get("name"), str):
        return f":{function['name']}"
    raise BadRequest(
        "tool_choice must be auto, none, required or one function.", param="tool_choice"
    )


def _tool(given: Json, place: str) -> Tool:
    function = given.get("function") if isinstance(given, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise BadRequest(f"{place} must be a function with a name.", param="tools")
    parameters = function.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise BadRequest(f"{place}.function.parameters must be a JSON schema.", param="tools")
    description = function.get("description")
    return Tool(
        function["name"],
        description if isinstance(description, str) else "",
        parameters or {"type": "object", "properties": {}},
    )
