"""`quintain import`: a registration out of what others wrote of an endpoint."""

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.syntax import Syntax

from quintain.cli import screen
from quintain.cli.documents import to_yaml
from quintain.cli.entry import confirm, keys_given
from quintain.cli.exits import Code, Failure, wrong_usage
from quintain.cli.finding import full_name
from quintain.cli.options import Yes
from quintain.cli.session import with_server
from quintain.secret import Secret

if TYPE_CHECKING:
    from quintain.imports.draft import Imported

MAX_BYTES = 33_554_432
_STARTS = ("curl ", "curl.exe ", "POST ", "GET ", "PUT ", "{", "[")


def import_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="A file, - for standard input, or the text itself in quotes."
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="KIND",
            help="curl, http, har, openapi, postman, litellm, garak or promptfoo; told by its "
            "content unless given.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The name to save it under.")] = None,
    server: Annotated[
        str | None,
        typer.Option("--server", help="The target's base URL, where the source names none."),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(
            "--save", metavar="FILE", help="Write it to this file, secrets whole; DIR/ for many."
        ),
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Register it, after a question.")] = False,
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the target's keys from stdin, one a line.")
    ] = False,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", help="Read the target's keys from a file, one a line."),
    ] = None,
    yes: Yes = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Make a registration of a curl command, an API's description and the like.

    Nothing is sent, run or fetched: the source is read here. What is printed has masks in the
    place of secrets; --save writes them whole, into a file that only you can read.

    $ quintain import request.txt
    $ quintain import openapi.yaml --server https://bot.example.com
    $ pbpaste | quintain import - --name helpdesk --add
    $ quintain import litellm.yaml --save models/
    """
    if save and add:
        raise wrong_usage("--save and --add: choose one.")
    if source == "-" and key_stdin:
        raise wrong_usage("SOURCE - and --key-stdin both read standard input: use --key-file.")
    # Its schema takes longer to load than most commands take: only this one pays for it.
    from quintain.imports.kinds import KINDS, imported  # noqa: PLC0415
    from quintain.imports.refusal import Unimportable  # noqa: PLC0415

    if kind and kind not in KINDS:
        raise wrong_usage(f"--from takes one of {', '.join(KINDS)}.")
    try:
        found = imported(_text(source), kind=kind or "", name=name or "", server=server or "")
    except Unimportable as error:
        raise Failure(error.message, Code.REFUSED) from error
    if key_stdin or key_file:
        keys = keys_given(from_stdin=key_stdin, file=key_file, ask=None)
        for model in found.models:
            model["model_config"]["apikeys"] = [Secret(key) for key in keys or []]
    _show(found, json=json)
    if save:
        _save(found, save)
    elif add:
        _add(found, yes=yes)
    elif not json:
        screen.say("Nothing is registered yet: --add registers it, --save FILE writes it.", "dim")


def _text(source: str) -> str:
    """What a file, standard input or the argument itself holds. Raises Failure."""
    if source == "-":
        if sys.stdin.isatty():
            screen.say("Paste it, then press Ctrl-D on a line of its own.", "dim")
        return _decoded(sys.stdin.buffer.read(MAX_BYTES + 1), "Standard input")
    if source.lstrip().startswith(_STARTS):
        screen.say("A command line can be read by others: a file or - keeps secrets safe.", "dim")
        return source
    try:
        with Path(source).open("rb") as file:
            return _decoded(file.read(MAX_BYTES + 1), source)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not a file's name"
        raise wrong_usage(f"{source[:200]} cannot be read: {why}.") from error


def _decoded(raw: bytes, source: str) -> str:
    if len(raw) > MAX_BYTES:
        raise wrong_usage(f"{source} holds more than {MAX_BYTES} bytes.")
    try:
        return raw.decode("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong_usage(f"{source} is not UTF-8 text.") from error


def _show(found: "Imported", *, json: bool) -> None:
    from quintain.imports.draft import masked  # noqa: PLC0415

    models = [masked(model) for model in found.models]
    if json:
        shown = {"kind": found.kind, "models": models, "notes": list(found.notes)}
        screen.print_json(shown | {"secrets": found.secrets})
        return
    _print_yaml("---\n".join(to_yaml(model) for model in models))
    for note in found.notes:
        _say_note(note)


def _print_yaml(text: str) -> None:
    console = screen.out()
    if not console.is_terminal:
        console.print(text, end="")
        return
    theme = Syntax(
        screen.plain(text, keep="\n"),
        "yaml",
        theme="ansi_dark",
        background_color="default",
        word_wrap=True,
        padding=0,
    )
    console.print(theme, soft_wrap=False)


def _say_note(note: str) -> None:
    """A remark of the import, hanging from its sign."""
    console = screen.err()
    first, *rest = screen.lines_of(screen.plain(note), console, indent=2)
    for line in (f"- {first[2:]}", *rest):
        console.print(line, style="dim", markup=False)


def _save(found: "Imported", given: str) -> None:
    from quintain.imports.draft import written_out  # noqa: PLC0415

    path = Path(given)
    if path.is_dir() or given.endswith(os.sep):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        places = [path / f"{model['model_saved_name']}.yaml" for model in found.models]
    elif len(found.models) > 1:
        raise wrong_usage(
            f"{len(found.models)} models came of it: name a directory with --save {path}{os.sep}"
        )
    else:
        places = [path]
    for place, model in zip(places, found.models, strict=True):
        _write(place, written_out(model))
        screen.say(f"Written to {place}. Register it: quintain models add -f {place}", "dim")


def _write(path: Path, body: dict[str, Any]) -> None:
    """A new file that only its owner can read; one that is there is left alone."""
    as_json = path.suffix == ".json"
    text = orjson.dumps(body, option=orjson.OPT_INDENT_2).decode() if as_json else to_yaml(body)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise wrong_usage(f"{path} cannot be written: {error.strerror}.") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _add(found: "Imported", *, yes: bool) -> None:
    from quintain.imports.draft import written_out  # noqa: PLC0415

    for model in found.models:
        _ask_key(found, model)
        confirm(f"Register {full_name(model)}?", yes=yes)
        answer = _registered(written_out(model))
        screen.done(f"{full_name(answer['data'])} was added.")
        screen.say(f"Try it: quintain check {full_name(answer['data'])}", "dim")


def _registered(body: dict[str, Any]) -> Any:
    return with_server(lambda wire: wire.ask("POST", "/models/add-model", body=body))


def _ask_key(found: "Imported", model: dict[str, Any]) -> None:
    """A key that the source only names is asked for, where there is someone to ask."""
    name, config = model["model_saved_name"], model["model_config"]
    prefix = f"{name}: " if len(found.models) > 1 else ""
    if config.get("apikeys") or not any(n.startswith(f"{prefix}apikeys:") for n in found.notes):
        return
    question = f"API key for {name} (hidden, empty for none): "
    keys = keys_given(from_stdin=False, file=None, ask=question)
    if keys:
        config["apikeys"] = [Secret(key) for key in keys]
