"""The body of a call to Cohere's v2 chat.

Source: Cohere's API reference, "Chat (v2)".
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.base import Ask
from quintain.dialects.chat import Chat
from quintain.dialects.cohere.messages import messages_of
from quintain.dialects.options import Options, Tool

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
        "max_tokens": options.whole("max_completion_tokens", "max_tokens"),
        "seed": options.whole("seed"),
        "k": options.whole("k", "top_k"),
        "temperature": options.number("temperature"),
    }
    p = options.number("p", "top_p")
    if p is not None:
        found["p"] = min(max(p, _LOWEST_P), _HIGHEST_P)
    body |= {name: value for name, value in found.items() if value is not None}


def _put_penalty(body: dict[str, Json], options: Options) -> None:
    """One of the two, from 0 to 1: Cohere's models take no more."""
    given = {name: options.number(name) for name in _PENALTIES}
    wanted = {name: value for name, value in given.items() if value}
    name = next((name for name, value in wanted.items() if value > 0), "")
    if name:
        body[name] = min(wanted.pop(name), _HIGHEST_PENALTY)
    options.drop(*wanted)


def _put_tools(body: dict[str, Json], options: Options) -> None:
    tools = options.tools()
    choice = options.tool_choice(tools)
    if choice.startswith(":"):  # to call one of several cannot be told: it is given that one alone
        tools, choice = [tool for tool in tools if tool.name == choice[1:]], "required"
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
        if choice in ("required", "none"):
            body["tool_choice"] = choice.upper()


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
    effort = options.effort(["none", *_BUDGETS])
    if not effort:
        return
    if "thinking" in body:
        options.drop("reasoning_effort")
    elif effort == "none":
        body["thinking"] = {"type": "disabled"}
    else:
        budget = {"token_budget": _BUDGETS[effort]} if _BUDGETS[effort] else {}
        body["thinking"] = {"type": "enabled", **budget}
