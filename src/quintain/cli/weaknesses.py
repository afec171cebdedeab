"""Findings on a terminal: the worst first, each with one example of a prompt and its answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from quintain.cli import screen
from quintain.cli.wording import shortened

Finding = Mapping[str, Any]

_LINES = 2  # of a prompt or an answer
_STYLES = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "dim"}


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    console.print(Text("What broke, worst first", "bold"))
    for at, finding in enumerate(findings, start=1):
        _print_finding(console, at, finding)


def _print_finding(console: Console, at: int, finding: Finding) -> None:
    severity = str(finding.get("severity") or "medium")
    badge = Text(f"{severity:<8}", _STYLES.get(severity, ""))
    lead = Text(f"{at:>2} ") + badge + Text("  ")
    title, *rest = screen.lines_of(
        screen.plain(str(finding["title"])), console, indent=lead.cell_len
    )
    console.print(lead + Text(title[lead.cell_len :], "bold"))
    for line in rest:
        console.print(Text(line, "bold"))
    if summary := str(finding.get("summary") or ""):
        for line in screen.lines_of(screen.plain(summary), console, indent=lead.cell_len):
            console.print(Text(line, "dim"))
    for name, text in exchange(finding):
        _print_said(console, name, text, lead.cell_len)


def exchange(finding: Finding) -> Iterator[tuple[str, str]]:
    """The first example's last question and its answer."""
    example: Mapping[str, Any] = next(iter(finding.get("examples") or []), {})
    if asked := last_question(example.get("prompt")):
        yield "asked", asked
    if said := str(example.get("answer") or ""):
        yield "said", said


def last_question(prompt: Any) -> str:
    """The text of the last user turn."""
    if isinstance(prompt, str):
        return prompt
    turns = [turn for turn in prompt or [] if isinstance(turn, Mapping)]
    asked = [turn for turn in turns if turn.get("role") == "user"] or turns
    return text_of(asked[-1].get("content")) if asked else ""


def text_of(content: Any) -> str:
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, Mapping))
        return " ".join(text for text in texts if isinstance(text, str))
    return str(content or "")


def _print_said(console: Console, name: str, text: str, indent: int) -> None:
    at = indent + 7
    wide = max(console.width - at, 16) if console.is_terminal else 200
    clean = screen.plain(shortened(text, wide * _LINES - 8))
    first, *rest = screen.lines_of(clean, console, indent=at)
    console.print(Text(f"{' ' * indent}{name:<5}  ", "dim") + Text(first[at:]))
    for line in rest[:_LINES]:
        console.print(Text(line))
