"""The body of a call to Cohere's v2 chat.

Source: Cohere's API reference, "Chat (v2)".
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.base import Ask
from quintain.dialects.chat import Chat
from quintain.dialects.cohere.messages import messages_of
from quintain.dialects.options import Options, Tool
from quintain.errors import BadRequest

Json = Any
# Its own options, by its own names.
_PASSED = frozenset(
    {"citation_options", "documents", "priority", "safety_mode", "strict_tools", "thinking"}
)
_BUDGETS = {"minimal": 512, "low": 2048, "medium": 8192, "high": 0, "xhigh": 0, "max": 0}
_PENALTIES = ("frequency_penalty", "presence_penalty")
_LOWEST_P, _HIGHEST_P, _HIGHEST_PENALTY = 0.01, 0.99, 1


def body_of(ask: Ask, chat: Chat, options: Options, model: str) -> dict[str, Json]:
    """Raises BadRequest for what has no place in this format and cannot be left out."""
    body: dict[str, Json] = {"model": model, "messages": messages_of(chat), "stream": ask.stream}
    _put_numbers(body, options)
    _put_penalty(body, options)
    _put_tools(body, options)
    _put_format(body, options)
    if stops := options.stops():
        body["stop_sequences"] = stops
    body |= options.passed(_PASSED)
    _put_thinking(body, options)
    return body


def _put_numbers(body: dict[str, Json], options: Options) -> None:
    found = {
        "max_tokens": _whole(options, "max_completion_tokens", "max_tokens"),
        "seed": _whole(options, "seed"),
        "k": _whole(options, "k", "top_k"),
        "temperature": options.number("temperature"),
    }
    p = options.number("p", "top_p")
    if p is not None:
        found["p"] = min(max(p, _LOWEST_P), _HIGHEST_P)
    body |= {name: value for name, value in found.items() if value is not None}


def _whole(options: Options, *names: str) -> int | None:
    value = options.number(*names)
    if value is None:
        return None
    if value != int(value):
        raise BadRequest(f"{names[-1]} must be a whole number.", param=names[-1])
    return int(value)


def _put_penalty(body: dict[str, Json], options: Options) -> None:
    """One of the two, from 0 to 1: Cohere's models take no more."""
    given = {name: options.number(name) for name in _PENALTIES}
    wanted = {name: value for name, value in given.items() if value}
    name = next((name for name, value in wanted.items() if value > 0), "")
    if name:
        body[name] = min(wanted.pop(name), _HIGHEST_PENALTY)
    options.drop(*wanted)


def _put_tools(body: dict[str, Json], options: Options) -> None:
    tools, choice = options.tools(), options.tool_choice()
    if not tools and choice not in ("", "auto", "none"):
        raise BadRequest("tool_choice needs tools.", param="tool_choice")
    if choice.startswith(":"):
        tools, choice = _only(tools, choice[1:]), "required"
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
        if choice in ("required", "none"):
            body["tool_choice"] = choice.upper()


def _only(tools: list[Tool], name: str) -> list[Tool]:
    """Cohere cannot be told to call one of several tools; it is given that one alone."""
    found = [tool for tool in tools if tool.name == name]
    if not found:
        raise BadRequest(f"tool_choice names {name}, which is not in tools.", param="tool_choice")
    return found


def _tool(tool: Tool) -> Json:
    described = {"description": tool.description} if tool.description else {}
    function = {"name": tool.name, **described, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _put_format(body: dict[str, Json], options: Options) -> None:
    asked = options.response_format()
    if asked.kind == "json_object":
        body["response_format"] = {"type": "json_object"}
    elif asked.kind == "json_schema":
        body["response_format"] = {"type": "json_object", "json_schema": asked.schema}


def _put_thinking(body: dict[str, Json], options: Options) -> None:
    """`reasoning_effort`, unless the caller gave Cohere's own `thinking`."""
    effort = options.take("reasoning_effort")
    if effort is None:
        return
    if not isinstance(effort, str) or effort not in ("none", *_BUDGETS):
        known = ", ".join(["none", *_BUDGETS])
        raise BadRequest(f"reasoning_effort must be one of {known}.", param="reasoning_effort")
    if "thinking" in body:
        options.drop("reasoning_effort")
    elif effort == "none":
        body["thinking"] = {"type": "disabled"}
    else:
        budget = {"token_budget": _BUDGETS[effort]} if _BUDGETS[effort] else {}
        body["thinking"] = {"type": "enabled", **budget}
