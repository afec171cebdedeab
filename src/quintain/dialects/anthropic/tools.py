"""Tools, and which of them the model may call, in the words of Anthropic's Messages API."""

from __future__ import annotations

from typing import Any

from quintain.dialects.options import Options, Tool

Json = Any
_CHOICES = {"auto": "auto", "": "auto", "required": "any", "none": "none"}


def put_tools(body: dict[str, Json], options: Options) -> None:
    tools = options.tools()
    choice = options.tool_choice(tools)
    alone = options.take("parallel_tool_calls") is False
    if not tools:
        return
    body["tools"] = [_tool(tool) for tool in tools]
    if choice or alone:
        body["tool_choice"] = _choice(choice, alone=alone)


def forced(body: dict[str, Json]) -> bool:
    """Whether the model must call a tool."""
    return body.get("tool_choice", {}).get("type") in ("any", "tool")


def _tool(tool: Tool) -> Json:
    described = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "input_schema": {"type": "object", **tool.parameters}}


def _choice(choice: str, *, alone: bool) -> Json:
    found: dict[str, Json] = {"type": "tool", "name": choice[1:]}
    if not choice.startswith(":"):
        found = {"type": _CHOICES[choice]}
    if alone and choice != "none":
        found["disable_parallel_tool_use"] = True
    return found
