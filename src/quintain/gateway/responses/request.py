"""A request of the Responses API as a chat call.

Source of the shapes: OpenAI's API reference, "Create a model response".
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from quintain.dialects.base import CHAT, Ask
from quintain.errors import BadRequest
from quintain.gateway.responses.items import messages_of

Json = dict[str, Any]
# The same in both: passed as it came.
_SAME = frozenset(
    {"model", "stream", "temperature", "top_p", "parallel_tool_calls", "metadata", "user",
     "service_tier", "safety_identifier", "prompt_cache_key", "seed"}
)  # fmt: skip
_READ = frozenset(
    {"input", "instructions", "tools", "tool_choice", "text", "reasoning", "max_output_tokens"}
)
# Nothing is kept here between calls, so what refers to something kept cannot be honoured.
_NEEDS_MEMORY = ("previous_response_id", "conversation", "prompt", "background")
_KEEPS = frozenset({"store", "include", "truncation", "stream_options", "max_tool_calls"})


def chat_ask(ask: Ask) -> tuple[Ask, tuple[str, ...]]:
    """The chat call of a request, and the names of the fields that it drops.

    Raises BadRequest for what a chat call cannot carry.
    """
    for name in _NEEDS_MEMORY:
        if ask.value(name):
            raise BadRequest(
                f"{name} needs a target that speaks the Responses API: send the whole input instead.",
                code="unsupported_field",
                param=name,
            )
    fields = {name: raw for name, raw in ask.fields.items() if name in _SAME}
    given = _given(ask)
    fields |= {name: Raw(msgspec.json.encode(value)) for name, value in given.items()}
    further = {
        name: raw
        for name, raw in ask.fields.items()
        if name not in _SAME | _READ | _KEEPS and name not in _NEEDS_MEMORY
    }
    dropped = tuple(name for name in sorted(_KEEPS) if name != "store" and ask.value(name))
    return Ask(CHAT, fields | further, stream=ask.stream), dropped


def _given(ask: Ask) -> Json:
    found: Json = {"messages": messages_of(ask.value("instructions"), ask.value("input"))}
    if tools := ask.value("tools"):
        found["tools"] = _tools(tools)
    if choice := ask.value("tool_choice"):
        found["tool_choice"] = _tool_choice(choice)
    if (most := ask.value("max_output_tokens")) is not None:
        found["max_completion_tokens"] = most
    if effort := _object(ask, "reasoning").get("effort"):
        found["reasoning_effort"] = effort
    text = _object(ask, "text")
    if form := _response_format(text.get("format")):
        found["response_format"] = form
    if verbosity := text.get("verbosity"):
        found["verbosity"] = verbosity
    if ask.stream:
        found["stream_options"] = {"include_usage": True}
    return found


def _object(ask: Ask, name: str) -> Json:
    value = ask.value(name)
    if value is not None and not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object.", param=name)
    return value or {}


def _tools(tools: Any) -> list[Json]:
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise BadRequest("tools must be a list of objects.", param="tools")
    return [_tool(tool, f"tools.{number}") for number, tool in enumerate(tools)]


def _tool(tool: Json, place: str) -> Json:
    if tool.get("type") != "function":
        raise BadRequest(
            f"{place}: this model has functions only, not the built-in tool {tool.get('type')}.",
            code="unsupported_field",
            param=place,
        )
    names = ("name", "description", "parameters", "strict")
    function = {name: tool[name] for name in names if tool.get(name) is not None}
    return {"type": "function", "function": function}


def _tool_choice(choice: Any) -> Any:
    if isinstance(choice, str):
        return choice
    if isinstance(choice, dict) and choice.get("type") == "function":
        return {"type": "function", "function": {"name": choice.get("name")}}
    raise BadRequest(
        "tool_choice must be auto, none, required or one function.",
        code="unsupported_field",
        param="tool_choice",
    )


def _response_format(form: Any) -> Json | None:
    """None for plain text, which needs no word."""
    kind = form.get("type") if isinstance(form, dict) else None
    if form is None or kind == "text":
        return None
    if kind == "json_object":
        return {"type": "json_object"}
    if kind == "json_schema":
        names = ("name", "description", "schema", "strict")
        return {
            "type": "json_schema",
            "json_schema": {name: form[name] for name in names if form.get(name) is not None},
        }
    raise BadRequest("text.format.type must be text, json_object or json_schema.", param="text")
