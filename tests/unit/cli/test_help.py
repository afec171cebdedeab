import inspect

import pytest

from quintain.cli import (
    calls,
    checks,
    comparing,
    datasets,
    demo,
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
from quintain.cli.root import commands

_WORK = {
    "serve": serve.serve,
    "demo": demo.demo,
    "models add": registering.add,
    "models list": models.list_models,
    "models show": models.show,
    "models edit": registering.edit,
    "models remove": models.remove,
    "models history": models.history,
    "check": checks.check,
    "import": importing.import_,
    "export": exporting.export,
    "call": calls.call,
    "run": running.run,
    "runs list": runs.list_runs,
    "runs show": runs.show,
    "runs attempts": run_attempts.attempts,
    "runs watch": runs.watch,
    "runs cancel": runs.cancel,
    "runs resume": runs.resume,
    "runs report": runs.report,
    "compare": comparing.compare,
    "suites list": suites.list_suites,
    "suites show": suites.show,
    "suites put": suites.put,
    "suites remove": suites.remove,
    "datasets list": datasets.list_datasets,
    "datasets show": datasets.show,
    "datasets put": datasets.put,
    "datasets remove": datasets.remove,
    "keys create": keys.create,
    "keys list": keys.list_keys,
    "keys revoke": keys.revoke,
    "vault status": vault.status,
    "vault rotate": vault.rotate,
}
COMMANDS = [name.split() for name in _WORK]


def examples_of(command):
    text = inspect.getdoc(_WORK[" ".join(command)])
    return [line for line in text.splitlines() if line.startswith("$ ")]


@pytest.fixture
def help_of(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def run(*command):
        with pytest.raises(SystemExit) as ended:
            commands()([*command, "--help"], prog_name="quintain")
        assert ended.value.code == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_teaches_with_an_example(help_of, command):
    text = help_of(*command)
    assert f"$ quintain {' '.join(command)}" in text or f"| quintain {' '.join(command)}" in text


def test_no_example_is_broken_by_a_terminal_of_80_columns(help_of):
    for command in COMMANDS:
        shown = help_of(*command)
        for example in examples_of(command):
            assert f"   {example} " in shown


def test_the_root_lists_every_exit_status(help_of):
    text = help_of()
    for code, meaning in MEANING.items():
        assert f"{code.value}  {meaning}" in text


def test_no_option_takes_a_key_from_the_command_line(help_of):
    text = help_of("models", "add") + help_of("models", "edit")
    for option in ("--key ", "--apikey", "--api-key", "--token", "--secret"):
        assert option not in text
