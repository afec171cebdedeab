"""`quintain vault status | rotate`: the master keys that every secret is sealed under."""

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from quintain.cli import screen
from quintain.cli.exits import Failure
from quintain.cli.options import Json
from quintain.cli.session import with_server
from quintain.cli.tables import Column, print_table
from quintain.cli.wire import Wire

POLL_S = 0.2
STALLED_S = 60.0

COLUMNS = (Column("MASTER KEY", style="bold"), Column("USE"), Column("MODELS", right=True))


def status(json: Json = False) -> None:
    """Show the master keys, what is sealed under each, and what needs to be entered again.

    $ quintain vault status
    """
    vault = with_server(lambda wire: wire.ask("GET", "/vault"))
    if json:
        screen.print_json(vault)
        return
    print_table(screen.out(), COLUMNS, [_row(key) for key in vault["keys"]])
    _say_rest(vault)


def _row(key: Mapping[str, Any]) -> list[str]:
    use = "seals and opens" if key["primary"] else "opens only"
    return [str(key["id"]), use, str(key["models"])]


def _say_rest(vault: Mapping[str, Any]) -> None:
    if count := vault["needs_reentry"]:
        models = "1 model has secrets" if count == 1 else f"{count} models have secrets"
        screen.say(
            f"{models} that no key here opens. Enter them again: quintain models edit NAME.",
            "yellow",
        )
    rotation = vault.get("rotation")
    if rotation and rotation["running"]:
        screen.say(f"A rotation is running: {rotation['done']} of {rotation['total']} models.")
    elif rotation and rotation.get("error"):
        screen.say(f"The last rotation failed: {rotation['error']}", "red")


def rotate(
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Start it and return at once.")
    ] = False,
    json: Json = False,
) -> None:
    """Seal every model's secrets under a new master key, while the server serves.

    $ quintain vault rotate
    $ quintain vault rotate --no-wait && quintain vault status
    """
    vault = with_server(lambda wire: _rotate(wire, wait=not no_wait))
    if json:
        screen.print_json(vault)
        return
    rotation = vault.get("rotation") or {}
    if rotation.get("running"):
        screen.done("The rotation has started; `quintain vault status` shows how far it is.")
    else:
        count = rotation.get("total", 0)
        models = "1 model are" if count == 1 else f"{count} models are"
        screen.done(f"The secrets of {models} sealed under the new key.")


async def _rotate(wire: Wire, *, wait: bool) -> Any:
    vault = await wire.ask("POST", "/vault/rotate")
    return await _followed(wire, vault) if wait else vault


async def _followed(wire: Wire, vault: Any) -> Any:
    """Poll until it is over, with a bar on a terminal. Raises Failure when it fails or stalls."""
    watch = _Watch()
    with _bar() as bar:
        task = bar.add_task("Sealing", total=None)
        while _running(vault):
            done, total = vault["rotation"]["done"], vault["rotation"]["total"]
            bar.update(task, completed=done, total=total or None)
            watch.saw(done)
            await asyncio.sleep(POLL_S)
            vault = await wire.ask("GET", "/vault")
        if rotation := vault.get("rotation"):
            bar.update(task, completed=rotation["done"], total=rotation["total"] or 1)
    if error := (vault.get("rotation") or {}).get("error"):
        raise Failure(f"The rotation failed: {error}", hint="It can be started again at any time.")
    return vault


def _running(vault: Mapping[str, Any]) -> bool:
    return bool((vault.get("rotation") or {}).get("running"))


def _bar() -> Progress:
    console = screen.err()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
    )


class _Watch:
    """Gives up on a rotation that makes no step for STALLED_S."""

    def __init__(self) -> None:
        self._done = -1
        self._since = time.monotonic()

    def saw(self, done: int) -> None:
        if done != self._done:
            self._done, self._since = done, time.monotonic()
        elif time.monotonic() - self._since > STALLED_S:
            raise Failure(
                f"The rotation has made no step for {STALLED_S:g} s.",
                hint="It may go on: look with `quintain vault status`.",
            )
