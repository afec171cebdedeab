"""`quintain models list | show | remove | history`: look at what is registered."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.syntax import Syntax

from quintain.cli import screen
from quintain.cli.documents import to_yaml
from quintain.cli.drafts import editable
from quintain.cli.entry import confirm
from quintain.cli.exits import Code, Failure
from quintain.cli.finding import find_model, full_name, identity, splits
from quintain.cli.options import Json, Spelled, Yes
from quintain.cli.session import with_server
from quintain.cli.tables import Column, moment, print_table
from quintain.cli.wire import Wire, model_headers

COLUMNS = (
    Column("NAME", style="bold"),
    Column("VERSION"),
    Column("PROVIDER", 1),
    Column("MODEL", 3),
    Column("TESTING", 5),
    Column("HOSTING", 6),
    Column("PER MIN", 2, right=True),
    Column("UPDATED", 4, style="dim"),
)


def list_models(
    testing_for: Annotated[
        str | None, typer.Option("--testing-for", help="Only models registered for this purpose.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="Only models of this provider.")
    ] = None,
    q: Annotated[
        str | None, typer.Option("--query", "-q", help="Only names that contain this.")
    ] = None,
    json: Json = False,
) -> None:
    """List the models of the key's project.

    $ quintain models list
    $ quintain models list -q gpt --provider openai
    $ quintain models list --json | jq -r '.models[].model_saved_name'
    """
    filters = {"testing_for": testing_for, "model_provider": provider, "q": q}
    params = {name: value for name, value in filters.items() if value}
    answer = with_server(lambda wire: wire.ask("GET", "/models/list-models", params=params))
    if json:
        screen.print_json(answer)
    elif answer["models"]:
        print_models(answer["models"])
    else:
        screen.say("No model matches." if params else _NONE_YET)


_NONE_YET = "No models yet. Add the first one: quintain models add --help"


def print_models(models: list[dict[str, Any]]) -> None:
    print_table(screen.out(), COLUMNS, [_row(model) for model in models])


def _row(model: Mapping[str, Any]) -> list[str]:
    config = model["model_config"]
    return [
        str(model["model_saved_name"]),
        str(model["model_version"]),
        str(config["model_provider"]),
        str(model.get("model_name") or ""),
        str(model.get("testing_for") or ""),
        str(config.get("hosting_type") or ""),
        str(config.get("rate_per_min") or ""),
        moment(model.get("updated_at")),
    ]


def show(spelled: Spelled, json: Json = False) -> None:
    """Show one model as YAML, its secrets masked.

    The text can be changed and given to `models edit -f`; a mask keeps its secret.

    $ quintain models show gpt
    $ quintain models show gpt:v2 --json
    """
    model = with_server(lambda wire: find_model(wire, spelled))
    if json:
        screen.print_json(model)
        return
    console = screen.out()
    text = to_yaml(editable(model))
    if not console.is_terminal:
        console.print(text, end="")
        return
    safe = screen.plain(text, keep="\n")
    theme = Syntax(
        safe, "yaml", theme="ansi_dark", background_color="default", word_wrap=True, padding=0
    )
    console.print(theme, soft_wrap=False)
    screen.say(f"Updated {moment(model.get('updated_at'))}, id {model.get('model_id')}.", "dim")


def remove(spelled: Spelled, yes: Yes = False, json: Json = False) -> None:
    """Remove a model. Its name is free at once; its history stays readable.

    $ quintain models remove gpt:v1
    $ quintain models remove gpt:v1 --yes
    """
    model = with_server(lambda wire: find_model(wire, spelled))
    confirm(f"Remove {full_name(model)}?", yes=yes)
    headers = model_headers(*identity(model))
    answer = with_server(lambda wire: wire.ask("DELETE", "/models/delete-model", headers=headers))
    if json:
        screen.print_json(answer)
    else:
        screen.done(f"{full_name(answer['data'])} was removed.")


def history(spelled: Spelled, json: Json = False) -> None:
    """Show who changed a model, when, and what; also of one that was removed.

    $ quintain models history gpt
    $ quintain models history gpt:v1 --json
    """
    answer = with_server(lambda wire: _history(wire, spelled))
    if json:
        screen.print_json(answer)
        return
    columns = (
        Column("#", right=True),
        Column("WHEN", 2, style="dim"),
        Column("WHO", 1),
        Column("ACTION"),
        Column("WHAT CHANGED"),
    )
    print_table(screen.out(), columns, [_revision(item) for item in answer["revisions"]])


async def _history(wire: Wire, spelled: str) -> Any:
    try:
        name, version = identity(await find_model(wire, spelled))
    except Failure as failure:
        if failure.exit_code is not Code.NOT_FOUND:
            raise
        # A removed model is in no list any more, but its history is still kept under its name.
        name, version = next(iter(splits(spelled)), (spelled, "v1"))
    return await wire.ask("GET", "/models/history", headers=model_headers(name, version))


def _revision(item: Mapping[str, Any]) -> list[str]:
    changes = "\n".join(_change(change) for change in item.get("changes") or [])
    when, who = moment(item.get("at")), str(item.get("who") or "")
    return [str(item["revision"]), when, who, str(item["action"]), changes]


def _change(change: Mapping[str, Any]) -> str:
    if "change" in change:
        return f"{change['field']} {change['change']}"
    return f"{change['field']}: {_value(change.get('from'))} → {_value(change.get('to'))}"


def _value(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
