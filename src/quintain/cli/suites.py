"""`quintain suites list | show | put | remove`: the named sets of tests."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from quintain.cli import screen
from quintain.cli.documents import read_document, to_yaml
from quintain.cli.entry import confirm
from quintain.cli.exits import wrong_usage
from quintain.cli.options import Json, Yes
from quintain.cli.session import with_server
from quintain.cli.tables import Column, moment, print_table

Name = Annotated[str, typer.Argument(metavar="SUITE", help="Its name, from `suites list`.")]

COLUMNS = (
    Column("SUITE", style="bold"),
    Column("WHAT"),
    Column("ENGINES", 2),
    Column("FROM", 1, style="dim"),
)


def list_suites(json: Json = False) -> None:
    """List the suites: those that come with quintain, and the project's own.

    $ quintain suites list
    """
    answer = with_server(lambda wire: wire.ask("GET", "/suites"))
    if json:
        screen.print_json(answer)
        return
    print_table(screen.out(), COLUMNS, [_row(suite) for suite in answer["suites"]])
    screen.say(
        "Read one: quintain suites show NAME. Run it: quintain run MODEL --suite NAME", "dim"
    )


def _row(suite: Mapping[str, Any]) -> list[str]:
    made = (
        "quintain" if suite["shipped"] else f"{suite['created_by']}, {moment(suite['created_at'])}"
    )
    return [str(suite["name"]), str(suite["title"]), ", ".join(suite["engines"]), made]


def show(name: Name, json: Json = False) -> None:
    """Print a suite as YAML, to be read or to begin one's own from.

    $ quintain suites show smoke
    $ quintain suites show baseline > mine.yaml
    """
    answer = with_server(lambda wire: wire.ask("GET", _path(name)))
    if json:
        screen.print_json(answer)
        return
    console = screen.out()
    text = to_yaml(answer["document"])
    console.print(screen.plain(text, keep="\n") if console.is_terminal else text, end="")


def put(
    file: Annotated[str, typer.Argument(metavar="FILE", help="YAML or JSON; - is standard input.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Instead of the name that stands in it.")
    ] = None,
    json: Json = False,
) -> None:
    """Keep a suite in the project, for all its users; one of that name is replaced.

    A run keeps the suite as it was when the run was made.

    $ quintain suites put mine.yaml
    """
    document = read_document(file)
    if name:
        document["name"] = name
    if not isinstance(document.get("name"), str):
        raise wrong_usage(f"{file} has no name: put `name: my-suite` into it, or give --name.")
    path = _path(document["name"])
    answer = with_server(lambda wire: wire.ask("PUT", path, body=document))
    if json:
        screen.print_json(answer)
        return
    screen.done(f"The suite {document['name']} is kept.")
    screen.say(f"Run it: quintain run MODEL --suite {document['name']}", "dim")


def remove(name: Name, yes: Yes = False, json: Json = False) -> None:
    """Remove a suite of the project. Runs that used it keep theirs.

    $ quintain suites remove mine
    """
    confirm(f"Remove the suite {name}?", yes=yes)
    answer = with_server(lambda wire: wire.ask("DELETE", _path(name)))
    if json:
        screen.print_json(answer)
    else:
        screen.done(f"The suite {name} was removed.")


def _path(name: str) -> str:
    return f"/suites/{quote(name, safe='')}"
