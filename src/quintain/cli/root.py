"""The commands under one name."""

from collections.abc import Callable
from typing import Annotated

import typer

from quintain import __version__
from quintain.cli import (
    calls,
    checks,
    comparing,
    datasets,
    demo,
    engines,
    exporting,
    importing,
    keys,
    models,
    registering,
    run_attempts,
    running,
    runs,
    serve,
    suites,
    vault,
)
from quintain.cli.exits import MEANING
from quintain.cli.teaching import help_of, help_text

_EXITS = "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in MEANING.items())
_HELP = f"""Every AI endpoint that a team tests: registered once, reached in one way, kept safe.

The commands talk to a running server: the one that `quintain serve` started for you, or
QUINTAIN_URL with QUINTAIN_API_KEY. What was asked for goes to stdout, every remark to stderr.

  $ quintain demo                     a tour in seconds, nothing to set up
  $ quintain serve                    the server, in its own terminal
  $ quintain models add gpt --provider openai --model gpt-4o
  $ quintain check gpt                how far does a call come?
  $ quintain call gpt "Say hello."    through the gateway
  $ quintain run gpt --suite smoke    what does it resist?

Exit status:

{_EXITS}
"""


def _group(help_text: str) -> typer.Typer:
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )


def _command(group: typer.Typer, name: str, work: Callable[..., None]) -> None:
    group.command(name, help=help_of(work))(work)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"quintain {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[  # its callback does the work
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


def commands() -> typer.Typer:
    """The whole command line, assembled."""
    root = _group(help_text(_HELP))
    root.callback(help=help_text(_HELP))(_root)
    _command(root, "serve", serve.serve)
    _command(root, "demo", demo.demo)
    root.add_typer(_models(), name="models")
    _command(root, "check", checks.check)
    _command(root, "call", calls.call)
    _command(root, "run", running.run)
    root.add_typer(_runs(), name="runs")
    _command(root, "compare", comparing.compare)
    root.add_typer(_suites(), name="suites")
    root.add_typer(_datasets(), name="datasets")
    root.add_typer(_engines(), name="engines")
    _command(root, "import", importing.import_)
    _command(root, "export", exporting.export)
    root.add_typer(_keys(), name="keys")
    root.add_typer(_vault(), name="vault")
    return root


def _models() -> typer.Typer:
    group = _group("Register models, look at them, change them.")
    _command(group, "add", registering.add)
    _command(group, "list", models.list_models)
    _command(group, "show", models.show)
    _command(group, "edit", registering.edit)
    _command(group, "remove", models.remove)
    _command(group, "history", models.history)
    return group


def _runs() -> typer.Typer:
    group = _group("Test runs: what was tested, how it went, every prompt and answer.")
    _command(group, "list", runs.list_runs)
    _command(group, "show", runs.show)
    _command(group, "findings", runs.findings)
    _command(group, "attempts", run_attempts.attempts)
    _command(group, "watch", runs.watch)
    _command(group, "cancel", runs.cancel)
    _command(group, "resume", runs.resume)
    _command(group, "report", runs.report)
    return group


def _suites() -> typer.Typer:
    group = _group("Suites: named sets of tests, those that come along and your own.")
    _command(group, "list", suites.list_suites)
    _command(group, "show", suites.show)
    _command(group, "put", suites.put)
    _command(group, "remove", suites.remove)
    return group


def _datasets() -> typer.Typer:
    group = _group("Data sets: your own prompts, with what is expected of the answers.")
    _command(group, "list", datasets.list_datasets)
    _command(group, "show", datasets.show)
    _command(group, "put", datasets.put)
    _command(group, "remove", datasets.remove)
    return group


def _engines() -> typer.Typer:
    group = _group("Engines: where the attacks of runs come from, installed on this machine.")
    _command(group, "list", engines.list_engines)
    _command(group, "show", engines.show)
    _command(group, "install", engines.install)
    _command(group, "download", engines.download)
    _command(group, "remove", engines.remove)
    return group


def _keys() -> typer.Typer:
    group = _group("Make, list and revoke the keys that callers hold.")
    _command(group, "create", keys.create)
    _command(group, "list", keys.list_keys)
    _command(group, "revoke", keys.revoke)
    return group


def _vault() -> typer.Typer:
    group = _group("The master keys that every stored secret is sealed under.")
    _command(group, "status", vault.status)
    _command(group, "rotate", vault.rotate)
    return group
