"""`tool_use`: the model called a tool, or did it by itself and reported the step."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import given
from .base import Detector, Found, Seen, Wrong

name = "tool_use"
_NAMES = ("name", "tool", "tool_name", "function", "action")
_ARGUMENTS = ("arguments", "input", "args", "parameters", "params", "tool_input")


@dataclass(frozen=True, slots=True)
class ToolUse:
    """tools: shell patterns of names (`send_*`). arguments: texts that the arguments hold, each."""

    tools: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    called: bool = True
    name: str = name
    weak: bool = False

    def look(self, seen: Seen) -> Found:
        found = next((tool for tool, told in uses(seen) if self._fits(tool, told)), "")
        why = f"It called {found}." if found else f"It called none of {', '.join(self.tools)}."
        return Found(float(bool(found) is self.called), why)

    def _fits(self, tool: str, told: str) -> bool:
        named = any(fnmatch.fnmatchcase(tool.casefold(), each.casefold()) for each in self.tools)
        return named and all(each.casefold() in told.casefold() for each in self.arguments)


def uses(seen: Seen) -> Iterator[tuple[str, str]]:
    """The tools that were called, with their arguments as text."""
    for call in (*seen.tool_calls, *seen.steps):
        if isinstance(call, Mapping):
            inner = call.get("function")
            part = inner if isinstance(inner, Mapping) else call
            tool = next((part[key] for key in _NAMES if isinstance(part.get(key), str)), "")
            told = next((part[key] for key in _ARGUMENTS if key in part), "")
            if tool:
                yield tool, told if isinstance(told, str) else json.dumps(told, default=str)


def make(spec: Any, where: str) -> Detector:
    """A name, a list of names, or {called|not_called, arguments}."""
    if isinstance(spec, str | list):
        return ToolUse(given.texts(spec, where))
    options = given.options(spec, where, "called", "not_called", "arguments")
    if ("called" in options) == ("not_called" in options):
        raise Wrong(where, "must have either called or not_called, with names of tools")
    kind = "called" if "called" in options else "not_called"
    return ToolUse(
        given.texts(options[kind], f"{where}.{kind}"),
        given.texts(options["arguments"], f"{where}.arguments") if "arguments" in options else (),
        called=kind == "called",
    )
