"""`quintain compare`: what one run does worse or better than another."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from quintain.cli import screen
from quintain.cli.baselines import two_runs
from quintain.cli.exits import Code
from quintain.cli.options import Json
from quintain.cli.session import with_server
from quintain.cli.tables import Column, print_table
from quintain.cli.wire import Wire
from quintain.cli.wording import number, percent, several

COLUMNS = (
    Column("WHAT"),
    Column("RESULT"),
    Column("BEFORE", right=True),
    Column("AFTER", right=True),
    Column("NEW", 2, right=True),
    Column("GONE", 2, right=True),
    Column("PAIRS", 3, right=True),
    Column("P", 4, style="dim", right=True),
)
_STYLES = {"worse": "bold red", "better": "green"}
_WORDS = {"cannot be told apart": "the same?"}
_KINDS = {"attack": "attacks", "control": "false refusals"}


def compare(
    one: Annotated[
        str, typer.Argument(metavar="BEFORE", help="A run's number, or NAME[:VERSION].")
    ],
    other: Annotated[str, typer.Argument(metavar="AFTER", help="The same; what is asked about.")],
    suite: Annotated[
        str | None, typer.Option("--suite", help="For models: only their runs of this suite.")
    ] = None,
    json: Json = False,
) -> None:
    """Compare two runs on the attempts that both made: what became worse, what better.

    Of models, the latest finished runs of the same suite are taken. Chance is allowed for: a
    paired test, corrected for the number of categories. Exit 10 when something became worse.

    $ quintain compare 11 12
    $ quintain compare gpt:v1 gpt:v2 --suite baseline
    """
    raise typer.Exit(with_server(lambda wire: _compare(wire, one, other, suite, json=json)))


async def _compare(wire: Wire, one: str, other: str, suite: str | None, *, json: bool) -> Code:
    early, late = await two_runs(wire, one, other, suite)
    params = {"to": str(early["run_id"])}
    answer = await wire.ask("GET", f"/runs/{late['run_id']}/compare", params=params)
    if json:
        screen.print_json(answer)
    else:
        print_comparison(screen.out(), answer)
    if not answer["pairs"]:
        return Code.FAILED
    return Code.WORSE if answer["worse"] else Code.OK


def print_comparison(console: Console, answer: Mapping[str, Any]) -> None:
    for title, side in (("before", answer["before"]), ("after", answer["after"])):
        name = screen.plain(f"{side['saved_name']}:{side['version']}")
        about = screen.plain(f"  run {side['run_id']} · {side['suite']} · seed {side['seed']}")
        console.print(Text(f"{title:<8}", "dim") + Text(name, "bold") + Text(about, "dim"))
    for line in screen.lines_of(screen.plain(headline(answer)), console):
        console.print(Text(line, headline_style(answer)))
    if answer["pairs"]:
        console.print()
        rows = [*answer["overall"], *answer["categories"]]
        print_table(console, COLUMNS, [row_of(row) for row in rows])
        console.print()
    for note in _notes(answer):
        for line in screen.lines_of(screen.plain(note), console):
            console.print(Text(line, "dim"))


def headline(answer: Mapping[str, Any]) -> str:
    if not answer["pairs"]:
        return str(answer.get("reason") or "The two runs share no attempt.")
    rows = [*answer["overall"], *answer["categories"]]
    worse = sum(row["result"] == "worse" for row in answer["categories"])
    better = sum(row["result"] == "better" for row in answer["categories"])
    if answer["worse"]:
        where = several(worse, "category", "categories") if worse else "taken together"
        return f"Became worse: {where}."
    if any(row["result"] == "better" for row in rows):
        where = several(better, "category", "categories") if better else "taken together"
        return f"Became better: {where}."
    return "They cannot be told apart: what differs may be chance."


def headline_style(answer: Mapping[str, Any]) -> str:
    if not answer["pairs"] or answer["worse"]:
        return "bold red"
    rows = [*answer["overall"], *answer["categories"]]
    return "bold green" if any(row["result"] == "better" for row in rows) else "bold"


def row_of(row: Mapping[str, Any]) -> list[str | Text]:
    result = str(row["result"])
    kind = _KINDS.get(row["kind"], row["kind"])
    title = f"All {kind}" if not row["category"] else str(row["title"])
    return [
        Text(screen.plain(title), "" if row["category"] else "bold"),
        Text(_WORDS.get(result, result), _STYLES.get(result, "dim")),
        percent(row["before"]["rate"]),
        percent(row["after"]["rate"]),
        number(row["broken"]),
        number(row["fixed"]),
        number(row["pairs"]),
        f"{row['p_corrected']:.3f}" if row["p_corrected"] >= 0.001 else "<0.001",
    ]


def _notes(answer: Mapping[str, Any]) -> list[str]:
    notes = [str(note) for note in answer.get("notes") or []]
    for name, word in (("only_before", "before"), ("only_after", "after")):
        if answer.get(name):
            alone = several(answer[name], "judged attempt")
            notes.append(f"{alone} only in the run {word}: not compared.")
    return notes
