"""`quintain keys create | list | revoke`: who may call."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from quintain.cli import screen
from quintain.cli.entry import confirm
from quintain.cli.exits import wrong_usage
from quintain.cli.options import Json, Yes
from quintain.cli.session import with_server
from quintain.cli.tables import Column, moment, print_table

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d{1,9})([smhdw])")


class Role(StrEnum):
    """What a key may do: everything; models and calls; calls only; reads only."""

    admin = "admin"
    editor = "editor"
    caller = "caller"
    viewer = "viewer"


def seconds_of(duration: str) -> int:
    """`30d` in seconds; units s, m, h, d, w. Raises Failure for anything else, and for zero."""
    match = _DURATION.fullmatch(duration.strip())
    if not match or not int(match[1]):
        raise wrong_usage(f"--expires: {duration!r} should look like 30d, 12h or 45m.")
    return int(match[1]) * _UNITS[match[2]]


def create(
    role: Annotated[
        Role, typer.Option("--role", help="admin, editor, caller (calls only), viewer (reads).")
    ],
    name: Annotated[str | None, typer.Option("--name", help="Who or what it is for.")] = None,
    project: Annotated[
        str | None, typer.Option("--project", help="The project it sees; made when new.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="Only this model may be called (repeat for more)."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", help="How long it works: 30d, 12h, 45m.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a key. It is shown once: the server keeps only a hash of it.

    In a pipe, stdout is the key alone.

    $ quintain keys create --role caller --model gpt --expires 30d
    $ QUINTAIN_API_KEY="$(quintain keys create --role editor --project red)"
    """
    fields: dict[str, Any] = {
        "role": role.value,
        "name": name,
        "project": project,
        "models": model or None,
        "expires_in_s": seconds_of(expires) if expires else None,
    }
    body = {field: value for field, value in fields.items() if value is not None}
    answer = with_server(lambda wire: wire.ask("POST", "/keys", body=body))
    if json:
        screen.print_json(answer)
        return
    screen.say(_what_it_may(answer["data"]))
    screen.say("Keep it now; it is not shown again:", "bold")
    screen.out().print(answer["data"]["key"])


def _what_it_may(key: Mapping[str, Any]) -> str:
    models = key.get("models")
    only = f" for {', '.join(models)}" if models else ""
    until = f", expires {moment(key['expires_at'])}" if key.get("expires_at") else ""
    return f"A key of role {key['role']} in project {key['project_name']}{only}{until}."


COLUMNS = (
    Column("PREFIX", style="bold"),
    Column("NAME", 4),
    Column("ROLE"),
    Column("PROJECT", 2),
    Column("MODELS", 5),
    Column("STATE", 1),
    Column("LAST USED", 3, style="dim"),
)


def list_keys(json: Json = False) -> None:
    """List the keys: who may call, until when, last used when.

    $ quintain keys list
    $ quintain keys list --json | jq '.keys[] | select(.revoked_at == null)'
    """
    answer = with_server(lambda wire: wire.ask("GET", "/keys"))
    if json:
        screen.print_json(answer)
    else:
        print_table(screen.out(), COLUMNS, [_row(key) for key in answer["keys"]])


def _row(key: Mapping[str, Any]) -> list[str]:
    models = key.get("models")
    return [
        str(key["prefix"]),
        str(key.get("name") or ""),
        str(key["role"]),
        str(key["project_name"]),
        ", ".join(models) if models else "all",
        state_of(key, datetime.now(UTC)),
        moment(key.get("last_used_at")) or "never",
    ]


def state_of(key: Mapping[str, Any], now: datetime) -> str:
    """In a word or two: works, expires in ..., expired, revoked."""
    if key.get("revoked_at"):
        return "revoked"
    if not key.get("expires_at"):
        return "works"
    ended = datetime.fromisoformat(key["expires_at"]) <= now
    return "expired" if ended else f"expires {moment(key['expires_at'], now=now)}"


def revoke(
    prefix: Annotated[str, typer.Argument(help="The key's prefix or id, from `keys list`.")],
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Revoke a key: it stops working at once, for good.

    $ quintain keys revoke qt_3f9a1c2d
    """
    confirm(f"Revoke {prefix}?", yes=yes)
    path = f"/keys/{quote(prefix, safe='')}"
    answer = with_server(lambda wire: wire.ask("DELETE", path))
    if json:
        screen.print_json(answer)
    else:
        screen.done(f"{answer['data']['prefix']} was revoked.")
