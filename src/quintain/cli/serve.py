"""`quintain serve`: the server, and what it tells the person who started it."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text
from yarl import URL

from quintain.cli import screen
from quintain.cli.access import local_path, write_local
from quintain.cli.exits import Code, Failure
from quintain.cli.options import Json
from quintain.errors import Detail
from quintain.secret import Secret

if TYPE_CHECKING:
    from quintain.http.serve import Started
    from quintain.settings import Settings

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared with, not bound to


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on. 127.0.0.1 unless given.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="8321 unless given; 0 takes a free one."),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Where the store and the master keys live."),
    ] = None,
    json: Json = False,
) -> None:
    """Run the server until Ctrl-C. Further settings: QUINTAIN_* in the environment.

    Its first start makes an admin key, shows it once, and notes it for you, so that the other
    commands work at once on this machine.

    $ quintain serve
    $ quintain serve --host 0.0.0.0 --port 8080 --data-dir /var/lib/quintain
    """
    # The server's imports take longer than most commands do: only this one pays for them.
    from quintain.http.serve import run  # noqa: PLC0415

    settings = _settings({"host": host, "port": port, "data_dir": data_dir})
    try:
        run(settings, announce=Announcer(settings, json=json).announce)
    except KeyboardInterrupt:
        screen.say_stopped("The server has stopped.")
        raise


def _settings(typed: dict[str, Any]) -> "Settings":
    from quintain.settings import PREFIX, Settings  # noqa: PLC0415

    given = {name: value for name, value in typed.items() if value is not None}
    if sys.stderr.isatty() and f"{PREFIX}LOG_FORMAT" not in os.environ:
        given["log_format"] = "text"  # someone is reading
    try:
        return Settings(**given)
    except ValidationError as error:
        # Without the values: one of them may be a key.
        details = tuple(
            Detail(f"{PREFIX}{'.'.join(map(str, fault['loc']))}".upper(), fault["msg"])
            for fault in error.errors(include_input=False, include_context=False)
        )
        raise Failure("The settings are not right.", Code.USAGE, details=details) from None


@dataclass(frozen=True, slots=True)
class Announcer:
    """Called once by the server, when it listens."""

    settings: "Settings"
    json: bool

    def announce(self, started: "Started") -> None:
        noted = self._note(started)
        if self.json:
            screen.print_json(_as_json(started, noted), one_line=True)
        else:
            _print(started, noted)

    def _note(self, started: "Started") -> Path | None:
        own = self.settings.admin_key
        key = started.admin_key or (Secret(own.get_secret_value()) if own else None)
        url, data_dir = reachable(started.url), Path(started.data_dir).absolute()
        try:
            return write_local(local_path(), url, key, data_dir)
        except OSError as error:
            screen.say(f"{local_path()} cannot be written: {error.strerror}.", "yellow")
            return None


def reachable(url: str) -> str:
    """The address for this machine: a server that listens everywhere is reached by loopback."""
    parsed = URL(url)
    return str(parsed.with_host(_ANYWHERE.get(parsed.host or "", parsed.host or ""))).rstrip("/")


def _as_json(started: "Started", noted: Path | None) -> dict[str, Any]:
    return {
        "url": started.url,
        "docs_url": started.docs_url,
        "data_dir": str(started.data_dir),
        "egress_allow": list(started.egress_allow),
        "admin_key": started.admin_key.reveal() if started.admin_key else None,
        "local_file": str(noted) if noted else None,
        "pid": os.getpid(),
    }


def _print(started: "Started", noted: Path | None) -> None:
    console = screen.err()
    console.print(Text("quintain", "bold") + Text(f"  {started.url}", "cyan"))
    for title, value in _facts(started, noted):
        for at, line in enumerate(screen.lines_of(value, console, indent=12)):
            lead = f"  {title:<10}" if at == 0 else " " * 12
            console.print(Text(lead, "dim") + Text(line[12:]))
    if started.admin_key:
        _print_key(started.admin_key)


def _facts(started: "Started", noted: Path | None) -> list[tuple[str, str]]:
    facts = [("API docs", started.docs_url), ("data", str(started.data_dir))]
    if started.egress_allow:
        allowed = ", ".join(started.egress_allow)
        facts.append(("inside", f"Internal models may reach {allowed} (QUINTAIN_EGRESS_ALLOW)."))
    access = f"this user's commands use {noted}" if noted else _NO_ACCESS
    return [*facts, ("commands", access)]


_NO_ACCESS = "the admin key of this data directory is not noted here: set QUINTAIN_API_KEY for the other commands."


def _print_key(key: Secret) -> None:
    """In full, also where it may be kept as a log: in a container that is the only place to see it."""
    console = screen.err()
    console.print(Text("\nThe admin key, shown only this once:", "bold"))
    console.print(Text(f"  {key.reveal()}\n", "bold yellow"))
