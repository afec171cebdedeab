"""`quintain check`: whether a model answers, and if not, how far a call comes."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.text import Text

from quintain.cli import screen
from quintain.cli.continuity import examine, print_continuity, session_kind
from quintain.cli.exits import Code
from quintain.cli.finding import Model, find_model, full_name, identity
from quintain.cli.ladder import print_ladder
from quintain.cli.options import Json, Spelled
from quintain.cli.session import with_server
from quintain.cli.wire import CALL_S, Wire, model_headers

PATH = "/redteam/v3/model/model-health"
_REPLY_CELLS = 300


def check(
    spelled: Spelled,
    session: Annotated[
        bool,
        typer.Option(
            "--session/--no-session",
            help="For a chatbot that keeps conversations: three more calls that prove it.",
        ),
    ] = True,
    json: Json = False,
) -> None:
    """Check a model: one real call, told stage by stage. Exit 1 when it is not healthy.

    A chatbot that keeps conversations is told a code and asked for it again.

    $ quintain check gpt
    $ quintain check helpdesk --no-session
    $ quintain check gpt:v2 --json | jq .data.diagnosis
    """
    with_server(lambda wire: _check(wire, spelled, session=session, json=json))


async def _check(wire: Wire, spelled: str, *, session: bool, json: bool) -> None:
    model = await find_model(wire, spelled)
    health = await ask_health(wire, model)
    if not json:
        print_health(model, health)
    held = None
    if session and is_healthy(health) and session_kind(model) != "none":
        held = await examine(wire, model)
        health["data"]["session"] = held.document()
    if json:
        screen.print_json(health)
    elif held is not None:
        print_continuity(held)
    if not is_healthy(health) or (held is not None and not held.sound):
        raise typer.Exit(Code.FAILED)


async def ask_health(wire: Wire, model: Model) -> Any:
    """The server's answer for a saved model. Raises Failure when it cannot be asked."""
    headers = model_headers(*identity(model))
    return await wire.ask("POST", PATH, headers=headers, deadline_s=CALL_S)


def is_healthy(health: Mapping[str, Any]) -> bool:
    return health.get("status") == "healthy"


def print_health(model: Model, health: Mapping[str, Any]) -> None:
    """The model's name, the ladder, and what came of it."""
    console = screen.out()
    provider = str(model["model_config"]["model_provider"])
    what = " · ".join(filter(None, [provider, model.get("model_name")]))
    console.print(
        Text(screen.plain(full_name(model)), "bold") + Text(f"  {screen.plain(what)}", "dim")
    )
    data = health.get("data") or {}
    print_ladder(console, data.get("diagnosis") or [])
    if is_healthy(health):
        console.print(Text("Healthy.", "bold green"))
        _print_reply(str(data.get("response") or ""))
    else:
        _print_reason(health)


def _print_reason(health: Mapping[str, Any]) -> None:
    """Say why in a sentence, unless the ladder just did."""
    console = screen.out()
    stages = (health.get("data") or {}).get("diagnosis") or []
    if any(stage.get("result") == "failed" and stage.get("message") for stage in stages):
        console.print(Text("Not healthy.", "bold red"))
        return
    message = screen.plain(str(health.get("message") or "the check failed"))
    for line in screen.lines_of(f"Not healthy: {message}", console):
        console.print(Text(line, "bold red"))


def _print_reply(reply: str) -> None:
    console = screen.out()
    short = reply if len(reply) <= _REPLY_CELLS else f"{reply[:_REPLY_CELLS]}…"
    for line in screen.lines_of(f"It said: {screen.plain(' '.join(short.split()))}", console):
        console.print(Text(line, "dim"))
