"""Help texts: prose flows to the terminal's width, examples keep their lines and stand out."""

import inspect
from collections.abc import Callable
from typing import Any

from rich.markup import escape


def help_of(command: Callable[..., Any]) -> str:
    """Return a command's docstring as Rich markup for its `--help`."""
    return help_text(inspect.getdoc(command) or "")


def help_text(text: str) -> str:
    """Turn plain paragraphs into Rich markup; those that start with `$` or a space are examples."""
    return "\n\n".join(_paragraph(paragraph) for paragraph in text.split("\n\n"))


def _paragraph(text: str) -> str:
    if not text.startswith(("$", " ")):
        return escape(" ".join(text.split("\n")))
    return "\n".join(_example(line) for line in text.rstrip("\n").split("\n"))


def _example(line: str) -> str:
    indent = "" if line.startswith(" ") else "  "
    return f"[not dim]{indent}{escape(line)}[/not dim]"
