"""The two ways out: stdout for what was asked for, stderr for everything said about it."""

import re
import sys
import textwrap
import unicodedata
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from quintain.errors import QuintainError

# Right-to-left overrides and isolates reorder what stands around them on a screen.
_REORDERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_PERCENT, _TIE = re.compile(r"(?<=\d) (?=%)"), "\u00a0"  # a number stays with its sign


def out() -> Console:
    return Console(highlight=False, emoji=False, markup=False, soft_wrap=True)


def err() -> Console:
    return Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=True)


def plain(text: str, *, keep: str = "") -> str:
    """Text from elsewhere, harmless on a terminal: no escape sequence of a target's takes effect.

    keep: control characters to leave in, such as the line breaks of an answer.
    """
    return "".join(char if char in keep or _harmless(char) else "\ufffd" for char in text)


def _harmless(char: str) -> bool:
    return unicodedata.category(char) != "Cc" and char not in _REORDERS


def print_json(body: Any, *, one_line: bool = False) -> None:
    """Print the whole of stdout under --json: one document, for programs and for people.

    one_line: for a program that waits for the line while this one goes on.
    """
    option = 0 if one_line else orjson.OPT_INDENT_2
    sys.stdout.write(orjson.dumps(body, option=option).decode() + "\n")
    sys.stdout.flush()


def say(sentence: str, style: str = "") -> None:
    """A remark for a person, on stderr: it never mixes with what a pipe reads."""
    console = err()
    for line in lines_of(plain(sentence), console):
        console.print(Text(line, style))


def say_stopped(sentence: str) -> None:
    """Say how Ctrl-C ended, on a line of its own below the terminal's ^C."""
    if err().is_terminal:
        err().print()
    say(sentence, "dim")


def done(sentence: str) -> None:
    """A success of a command that has nothing else to show."""
    console = out()
    console.print(Text(f"{mark(console, 'ok')} ", "green") + Text(plain(sentence)))


def lines_of(text: str, console: Console, indent: int = 0) -> list[str]:
    """Wrapped to a terminal's width; one whole line where no terminal is, for grep."""
    if not console.is_terminal:
        return [" " * indent + text]
    lead, whole = " " * indent, _PERCENT.sub(_TIE, text)
    wide = max(console.width - indent, 16)
    lines = textwrap.wrap(whole, wide, break_on_hyphens=False) or [""]
    return [lead + line.replace(_TIE, " ") for line in lines]


_MARKS = {"ok": "✓", "failed": "✗", "skipped": "·"}
_ASCII = {"ok": "+", "failed": "x", "skipped": "-"}


def mark(console: Console, result: str) -> str:
    """One sign a result, in signs that the terminal's encoding has."""
    marks = _MARKS if console.encoding.lower().startswith("utf") else _ASCII
    return marks.get(result, marks["skipped"])


def print_failure(error: QuintainError) -> None:
    """The sentence, every field's own sentence, then what to do."""
    console = err()
    _bullet(console, "failed", error.message if not error.details else _headline(error))
    field = None
    for detail in error.details:
        if detail.field != field:  # a file's lines are told under one heading
            field = detail.field
            console.print(Text("  ") + Text(plain(field), "bold"))
        for line in lines_of(plain(detail.message), console, indent=4):
            console.print(Text(line))
    if hint := getattr(error, "hint", ""):
        for line in lines_of(plain(hint), console, indent=2):
            console.print(Text(line, "dim"))


def _headline(error: QuintainError) -> str:
    """The message of one refused field repeats the detail below it."""
    if any(detail.field and detail.field in error.message for detail in error.details):
        count = len(error.details)
        return "One field was refused." if count == 1 else f"{count} fields were refused."
    return error.message


def _bullet(console: Console, result: str, sentence: str) -> None:
    first, *rest = lines_of(plain(sentence), console, indent=2)
    console.print(Text(mark(console, result), "bold red") + Text(first[1:], "red"))
    for line in rest:
        console.print(Text(line, "red"))
