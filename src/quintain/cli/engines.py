"""`quintain engines list | show | install | download | remove`: what attacks come from.

They live in the data directory of the server on this machine, so these commands need no server, and
a server that runs sees each change at its next look.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from quintain.cli import screen
from quintain.cli.access import local_path, read_local
from quintain.cli.entry import confirm
from quintain.cli.exits import Code, Failure, code_for
from quintain.cli.installing import installing
from quintain.cli.options import Yes
from quintain.cli.tables import Column, print_table
from quintain.errors import QuintainError
from quintain.runs.engines.install import download as fetch
from quintain.runs.engines.install import install as make
from quintain.runs.engines.install import remove as drop
from quintain.runs.engines.installed import Installed, State
from quintain.runs.engines.pip import NotMade
from quintain.runs.engines.table import engine_named

FOLDER = "engines"

Name = Annotated[str, typer.Argument(metavar="ENGINE", help="Its name, from `engines list`.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="That of the server, where it is not this user's own."),
]
Lite = Annotated[
    bool, typer.Option("--lite", help="The small variant: without torch, for garak alone.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]

COLUMNS = (
    Column("ENGINE", style="bold"),
    Column("STATE"),
    Column("VERSION", 1),
    Column("MB", 2, right=True),
    Column("WHAT", 3),
)


def list_engines(data_dir: DataDir = None, json: Json = False) -> None:
    """List the engines, installed or not.

    $ quintain engines list
    """
    states = installed_in(data_dir).list()
    if json:
        screen.print_json({"engines": [_as_json(state) for state in states]})
        return
    print_table(screen.out(), COLUMNS, [_row(state) for state in states])
    if any(state.state == "outdated" for state in states):
        screen.say("Outdated ones still work; install them again for this quintain's pins.", "dim")


def _row(state: State) -> list[str]:
    engine, note = state.engine, state.note
    version = f"{note.version}{' lite' if note.lite else ''}" if note else engine.version
    size = note.megabytes if note else engine.megabytes
    return [engine.name, state.state, version, str(size) if size else "", engine.about]


def _as_json(state: State) -> dict[str, Any]:
    engine, note = state.engine, state.note
    return {
        "name": engine.name,
        "title": engine.title,
        "about": engine.about,
        "licence": engine.licence,
        "version": engine.version,
        "state": state.state,
        "installed_version": engine.version if engine.built_in else note and note.version,
        "lite": bool(note and note.lite),
        "megabytes": note.megabytes if note else engine.megabytes,
    }


PROBES = (
    Column("PROBE", style="bold"),
    Column("CATEGORY", 1),
    Column("TECHNIQUE", 2),
    Column("PROMPTS", 3, right=True),
    Column("NEEDS"),
    Column("TITLE", 4, style="dim"),
)


def show(
    name: Name,
    category: Annotated[
        str | None, typer.Option("--category", help="Only probes of this category.")
    ] = None,
    technique: Annotated[
        str | None, typer.Option("--technique", help="Only probes of this technique.")
    ] = None,
    usable: Annotated[
        bool, typer.Option("--usable", help="Only probes that need nothing further.")
    ] = False,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Show what an engine has: each probe, and whether it needs a judge, an attacker, a hub, tools.

    $ quintain engines show garak --usable
    $ quintain engines show garak --category jailbreak --json
    """
    state, entries = _known(installed_in(data_dir), name)
    entries = [
        entry
        for entry in entries
        if category in {None, entry["category"]}
        and technique in {None, entry["technique"]}
        and not (usable and (entry["needs"] or entry.get("why")))
    ]
    if json:
        screen.print_json(_as_json(state) | {"catalogue": entries})
    else:
        _print_probes(state, entries)


def _known(installed: Installed, name: str) -> tuple[State, list[Mapping[str, Any]]]:
    with _told():
        return installed.state(name), list(installed.catalogue(name))


def _print_probes(state: State, entries: Sequence[Mapping[str, Any]]) -> None:
    if not state.usable:
        raise Failure(
            f"{state.engine.title} is not installed.",
            Code.NOT_FOUND,
            hint=f"quintain engines install {state.engine.name}",
        )
    print_table(screen.out(), PROBES, [_probe(entry) for entry in entries])
    screen.say(f"{len(entries)} probes.", "dim")


def _probe(entry: Mapping[str, Any]) -> list[str]:
    needs = ", ".join(entry["needs"]) or ("not usable" if entry.get("why") else "")
    prompts = str(entry["prompts"] or "")
    title = " ".join(str(entry["title"]).split())
    return [entry["probe"], entry["category"], entry["technique"], prompts, needs, title]


def install(
    name: Name,
    lite: Lite = False,
    wheels: Annotated[
        Path | None,
        typer.Option("--wheels", help="Take packages from this folder alone, for no network."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Install an engine, in an environment of its own, with every package pinned.

    pip's own configuration says where packages come from. What is there is replaced when the new
    one is whole; runs that are going on are not disturbed.

    $ quintain engines install garak --lite
    $ quintain engines install pyrit --wheels ./wheels
    """
    folder = installed_in(data_dir).folder
    if wheels and not wheels.is_dir():
        raise Failure(f"--wheels: {wheels} is no folder.", Code.USAGE)
    screen.say(f"Into {folder / name}", "dim")
    with installing(folder, name) as heard, _told():
        note = make(folder, name, lite=lite, wheels=wheels, heard=heard)
    kind = " lite" if note.lite else ""
    screen.done(f"{name} {note.version}{kind} is installed: {note.megabytes} MB.")


def download(
    name: Name,
    to: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made where it is not there.")],
    lite: Lite = False,
) -> None:
    """Fetch an engine's packages into a folder, for `install --wheels` on a machine without network.

    Both machines need the same system, processor and Python.

    $ quintain engines download garak ./wheels --lite
    """
    with installing(to, name) as heard, _told():
        fetch(name, to, lite=lite, heard=heard)
    screen.done(f"The packages of {name} are in {to}.")


def remove(name: Name, data_dir: DataDir = None, yes: Yes = False) -> None:
    """Remove an engine's environment. What runs recorded stays.

    $ quintain engines remove pyrit
    """
    installed = installed_in(data_dir)
    with _told():
        engine_named(name)
        confirm(f"Remove {name} from {installed.folder}?", yes=yes)
        drop(installed.folder, name)
    screen.done(f"{name} is removed.")


# --- where, and what went wrong --------------------------------------------------------------


def installed_in(data_dir: Path | None) -> Installed:
    """The engines of --data-dir, else of QUINTAIN_DATA_DIR, else of the server on this machine."""
    return Installed((data_dir or _own_data_dir()).expanduser().absolute() / FOLDER)


def _own_data_dir() -> Path:
    from quintain.settings import Settings  # noqa: PLC0415  # only these commands need them

    given = os.environ.get("QUINTAIN_DATA_DIR")
    return Path(given) if given else _served() or Settings().data_dir


def _served() -> Path | None:
    """The data directory of the server that was started last: its key is the one in use."""
    local = read_local(local_path())
    keys = local.keys.items() if local else ()
    return next((Path(place) for place, key in keys if local and key == local.apikey), None)


@contextmanager
def _told() -> Iterator[None]:
    """Every refusal as the end of a command, below the last words of the one who refused."""
    try:
        yield
    except NotMade as error:
        for line in error.said:
            screen.say(f"  {line}", "dim")
        raise Failure(error.message) from error
    except Failure:
        raise
    except QuintainError as error:
        raise Failure(error.message, code_for(error.status)) from error
