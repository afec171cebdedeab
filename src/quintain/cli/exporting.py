"""`quintain export`: what to paste into a testing tool to reach a model through the gateway."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from quintain.cli import screen
from quintain.cli.access import find_access
from quintain.cli.exits import Code, Failure, wrong_usage
from quintain.cli.finding import Model, find_model, full_name, identity
from quintain.cli.options import Spelled
from quintain.cli.session import with_server
from quintain.cli.wire import Wire
from quintain.exports.base import Export, Facts
from quintain.exports.quoting import word
from quintain.exports.table import EXPORTS

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TOOLS = ", ".join(EXPORTS)


def export(
    spelled: Spelled,
    tool: Annotated[str, typer.Option("--for", metavar="TOOL", help=f"One of {_TOOLS}.")],
    version: Annotated[
        str | None,
        typer.Option("--version", help="The version, where NAME is the saved name alone."),
    ] = None,
    key_env: Annotated[
        str, typer.Option("--key-env", help="The environment variable that holds the caller's key.")
    ] = "QUINTAIN_API_KEY",
    save: Annotated[
        Path | None, typer.Option("--save", help="Write it to this file, which must not be there.")
    ] = None,
) -> None:
    """Print what to paste to test a model through the gateway.

    stdout holds the command, script or configuration. No key stands in it: the tool takes
    the key from the environment.

    $ quintain export gpt --for openai
    $ quintain export gpt --version v2 --for garak
    $ quintain export gpt --for promptfoo --save promptfooconfig.yaml
    """
    if tool not in EXPORTS:
        raise wrong_usage(f"--for takes one of {_TOOLS}.")
    if not _VARIABLE.fullmatch(key_env):
        raise wrong_usage(f"--key-env: {key_env!r} is not the name of an environment variable.")
    model = with_server(lambda wire: _find(wire, spelled, version))
    facts = _facts(model, key_env)
    chosen = EXPORTS[tool]
    text = chosen.write(facts)
    if save:
        _save(save, text)
    else:
        _print(text)
    _explain(chosen, facts, save)


async def _find(wire: Wire, spelled: str, version: str | None) -> Model:
    """The model, once it is sure that the gateway takes its full name for no other."""
    model = await _named(wire, spelled, version)
    meant = await find_model(wire, full_name(model))
    if meant["model_id"] != model["model_id"]:
        raise Failure(
            f"{full_name(model)} is the saved name of another model, which the gateway would take.",
            hint="Rename one of the two: quintain models edit --help",
        )
    return model


async def _named(wire: Wire, spelled: str, version: str | None) -> Model:
    if version is None:
        return await find_model(wire, spelled)
    listed = await wire.ask("GET", "/models/list-models", params={"q": spelled})
    models: list[Model] = listed["models"]
    found = next((model for model in models if identity(model) == (spelled, version)), None)
    if found is None:
        raise Failure(
            f"There is no model {spelled!r} of version {version!r}.",
            Code.NOT_FOUND,
            hint="`quintain models list` shows what there is.",
        )
    return found


def _facts(model: Model, key_env: str) -> Facts:
    context: dict[str, Any] = model["model_config"].get("context") or {}
    base_url = f"{str(find_access().url).rstrip('/')}/v1"
    return Facts(base_url, full_name(model), key_env, context.get("system_description") or "")


def _save(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise Failure(f"{file} is there already: remove it, or choose another name.") from error
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}.") from error


def _print(text: str) -> None:
    """Whole or not at all: a sign lost to the terminal's encoding would name another model."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError as error:
        raise Failure(
            f"This cannot be printed in {error.encoding}: write it to a file with --save."
        ) from error
    sys.stdout.write(text)
    sys.stdout.flush()


def _explain(chosen: Export, facts: Facts, saved: Path | None) -> None:
    """How to run it and where the key comes from, beside what a pipe reads."""
    if screen.err().is_terminal:
        screen.err().print()
    screen.say(f"Saved as {saved}. Run it:" if saved else _how(chosen))
    _command(chosen.run.format(file=word(str(saved)) if saved else chosen.file))
    screen.say(f"It needs: {chosen.tool}", "dim")
    screen.say(f"The key is taken from {facts.key_env}. An admin makes one for this model alone:")
    made = f"quintain keys create --role caller --model {word(facts.model)} --expires 30d"
    _command(f'export {facts.key_env}="$({made})"')


def _how(chosen: Export) -> str:
    paste = "Paste it into a shell, or save" if chosen.file.endswith(".sh") else "Save"
    return f"{paste} it as {chosen.file} and run:"


def _command(line: str) -> None:
    """Unwrapped, so that it can be copied."""
    screen.err().print(Text(f"  {screen.plain(line)}", "bold"))
