"""A diagnosis as a ladder: one line a stage, up to the one that broke."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from quintain.cli.screen import lines_of, mark, plain

_STYLE = {"ok": "green", "failed": "bold red", "skipped": "dim"}
_NAME_CELLS = 9
_TEXT_AT = 4

Stage = Mapping[str, Any]


def print_ladder(console: Console, diagnosis: Sequence[Stage]) -> None:
    """Print one line a stage; under the failed one, the sentence on what to change."""
    for stage in diagnosis:
        console.print(rung(console, stage))
        if stage.get("result") == "failed" and stage.get("message"):
            for line in lines_of(plain(str(stage["message"])), console, indent=_TEXT_AT):
                console.print(Text(line, "red"))


def rung(console: Console, stage: Stage) -> Text:
    """Return the line of one stage, without the sentence of a failed one."""
    result = str(stage.get("result"))
    style = _STYLE.get(result, "")
    name = plain(str(stage.get("stage"))).ljust(_NAME_CELLS)
    line = Text("  ") + Text(f"{mark(console, result)} {name}", style)
    beside = "skipped" if result == "skipped" else _took(stage.get("ms"))
    line.append(f"{beside:>10}" if beside else "", "dim")
    line.rstrip()
    return line


def _took(milliseconds: Any) -> str:
    if not isinstance(milliseconds, int | float):
        return ""
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.2f} s"
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"
