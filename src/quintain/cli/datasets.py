"""`quintain datasets list | show | put | remove`: the project's own prompts."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import typer

from quintain.cli import screen
from quintain.cli.entry import confirm
from quintain.cli.exits import wrong_usage
from quintain.cli.options import Json, Yes
from quintain.cli.session import with_server
from quintain.cli.tables import Column, moment, print_table
from quintain.cli.wording import number, several

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name, from `datasets list`.")]

COLUMNS = (
    Column("NAME", style="bold"),
    Column("ROWS", right=True),
    Column("CREATED", 1, style="dim"),
    Column("BY", 2, style="dim"),
)
FORMATS = {
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".csv": "text/csv",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}


def list_datasets(json: Json = False) -> None:
    """List the data sets of the project.

    $ quintain datasets list
    """
    answer = with_server(lambda wire: wire.ask("GET", "/datasets"))
    if json:
        screen.print_json(answer)
    elif answer["datasets"]:
        print_table(screen.out(), COLUMNS, [_row(each) for each in answer["datasets"]])
    else:
        screen.say("No data sets yet. Put one: quintain datasets put --help")


def _row(dataset: Mapping[str, Any]) -> list[str]:
    return [
        str(dataset["name"]),
        number(dataset["number_of_rows"]),
        moment(dataset.get("created_at")),
        str(dataset.get("created_by") or ""),
    ]


def put(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What to keep: .jsonl, .csv, .yaml or .yml.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="The name to keep it under; else the file's.")
    ] = None,
    json: Json = False,
) -> None:
    """Keep a data set in the project; one of that name is replaced.

    A row is a prompt (or turns), its category, and what is expected of the answer: docs/datasets.md.

    $ quintain datasets put refund-tricks.jsonl
    $ quintain run gpt --dataset refund-tricks
    """
    kind = FORMATS.get(file.suffix.lower())
    if kind is None:
        raise wrong_usage(f"{file}: the name of a data set ends in {', '.join(FORMATS)}.")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise wrong_usage(f"{file} cannot be read: {error.strerror}.") from error
    path = _path(name or file.stem.lower())
    answer = with_server(
        lambda wire: wire.ask("PUT", path, body=content, headers={"Content-Type": kind})
    )
    if json:
        screen.print_json(answer)
        return
    kept = answer["dataset"]
    screen.done(f"{kept['name']} is kept: {several(kept['number_of_rows'], 'row')}.")
    screen.say(f"Run it: quintain run MODEL --dataset {kept['name']}", "dim")


def show(name: Name, json: Json = False) -> None:
    """Print a data set as JSON Lines, as it is kept.

    $ quintain datasets show refund-tricks
    """
    answer = with_server(lambda wire: wire.ask("GET", _path(name)))
    if json:
        screen.print_json(answer)
        return
    text = "".join(f"{orjson.dumps(row).decode()}\n" for row in answer["rows"])
    sys.stdout.write(screen.plain(text, keep="\n") if sys.stdout.isatty() else text)


def remove(name: Name, yes: Yes = False, json: Json = False) -> None:
    """Remove a data set. Attempts that were made with it stay.

    $ quintain datasets remove refund-tricks
    """
    confirm(f"Remove the data set {name}?", yes=yes)
    answer = with_server(lambda wire: wire.ask("DELETE", _path(name)))
    if json:
        screen.print_json(answer)
    else:
        screen.done(f"The data set {name} was removed.")


def _path(name: str) -> str:
    return f"/datasets/{quote(name, safe='')}"
