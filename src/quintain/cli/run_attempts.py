"""`quintain runs attempts`: prompts, answers and verdicts, one by one."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from quintain.cli import screen
from quintain.cli.options import Json
from quintain.cli.runs import Number
from quintain.cli.session import with_server
from quintain.cli.tables import Column, print_table, room
from quintain.cli.weaknesses import last_question, text_of
from quintain.cli.wording import shortened

COLUMNS = (
    Column("ID", style="bold", right=True),
    Column("VERDICT"),
    Column("CATEGORY", 2),
    Column("TECHNIQUE", 1),
    Column("ASKED, AND SAID"),
)
_STYLES = {"breached": "bold red", "resisted": "green", "error": "yellow"}
_TEXT = 60  # cells, at the least


def attempts(
    run_id: Number,
    number: Annotated[
        int | None, typer.Argument(metavar="[ID]", min=1, help="One attempt, in full.")
    ] = None,
    verdict: Annotated[
        str | None, typer.Option("--verdict", help="Only resisted, breached or error.")
    ] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only attack or control.")] = None,
    category: Annotated[
        str | None, typer.Option("--category", help="Only of this category.")
    ] = None,
    technique: Annotated[
        str | None, typer.Option("--technique", help="Only by this technique.")
    ] = None,
    engine: Annotated[str | None, typer.Option("--engine", help="Only of this engine.")] = None,
    probe: Annotated[str | None, typer.Option("--probe", help="Only of this probe.")] = None,
    after: Annotated[
        int | None, typer.Option("--after", metavar="N", min=0, help="Only those after this id.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")
    ] = 20,
    json: Json = False,
) -> None:
    """Show attempts of a run: what was asked, what was said, and the verdict.

    $ quintain runs attempts 12 --verdict breached
    $ quintain runs attempts 12 --category jailbreak --technique role_play
    $ quintain runs attempts 12 4711
    $ quintain runs attempts 12 --json | jq -r '.attempts[].answer'
    """
    if number is not None:
        found = with_server(lambda wire: wire.ask("GET", f"/runs/{run_id}/attempts/{number}"))
        screen.print_json(found) if json else print_attempt(screen.out(), found)
        return
    filters = {
        "verdict": verdict,
        "kind": kind,
        "category": category,
        "technique": technique,
        "engine": engine,
        "probe": probe,
        "after": after,
        "limit": limit,
    }
    params = {name: str(value) for name, value in filters.items() if value is not None}
    answer = with_server(lambda wire: wire.ask("GET", f"/runs/{run_id}/attempts", params=params))
    if json:
        screen.print_json(answer)
    else:
        _print_page(run_id, answer)


def _print_page(run_id: int, answer: Mapping[str, Any]) -> None:
    if not answer["attempts"]:
        screen.say("No attempt matches.")
        return
    console = screen.out()
    heads = [_head_of(each) for each in answer["attempts"]]
    wide = max(_TEXT, room(console, COLUMNS[:-1], heads)) if console.is_terminal else 10_000
    rows = [
        [*head, _exchange(each, wide)] for head, each in zip(heads, answer["attempts"], strict=True)
    ]
    print_table(console, COLUMNS, rows)
    if following := answer.get("next"):
        screen.say(f"There are more: --after {following}", "dim")
    screen.say(f"One in full: quintain runs attempts {run_id} ID", "dim")


def _head_of(attempt: Mapping[str, Any]) -> list[str | Text]:
    return [
        str(attempt["attempt_id"]),
        Text(str(attempt["verdict"]), _STYLES.get(attempt["verdict"], "")),
        str(attempt["category"]).replace("_", " "),
        str(attempt["technique"]).replace("_", " "),
    ]


def _exchange(attempt: Mapping[str, Any], wide: int) -> str:
    error = attempt.get("error") or {}
    asked = shortened(last_question(attempt.get("prompt")), wide)
    said = shortened(str(attempt.get("answer") or error.get("message") or ""), wide)
    return f"{asked}\n{said}" if said else asked


def print_attempt(console: Console, attempt: Mapping[str, Any]) -> None:
    verdict = str(attempt["verdict"])
    console.print(
        Text(f"{verdict}  ", _STYLES.get(verdict, "")) + Text(screen.plain(str(attempt["probe"])))
    )
    for name in ("kind", "category", "technique", "severity", "goal", "reason"):
        if attempt.get(name):
            _print_field(console, name, str(attempt[name]))
    for name, error in (("judge", attempt.get("judge")), ("error", attempt.get("error"))):
        if error:
            _print_field(console, name, "; ".join(f"{key}: {error[key]}" for key in error))
    for turn in _turns(attempt.get("prompt")):
        _print_text(console, str(turn.get("role")), text_of(turn.get("content")))
    _print_text(console, "answer", str(attempt.get("answer") or "(none)"))


def _turns(prompt: Any) -> list[Mapping[str, Any]]:
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    return [turn for turn in prompt or [] if isinstance(turn, Mapping)]


def _print_field(console: Console, name: str, value: str) -> None:
    first, *rest = screen.lines_of(screen.plain(value), console, indent=11)
    console.print(Text(f"{name:<11}", "dim") + Text(first[11:]))
    for line in rest:
        console.print(Text(line))


def _print_text(console: Console, who: str, text: str) -> None:
    """All of it, lines and all: this is where someone reads what happened."""
    console.print(Text(f"\n{who}", "bold"))
    console.print(Text(screen.plain(text, keep="\n\t")))
