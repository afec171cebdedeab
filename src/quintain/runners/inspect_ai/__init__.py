"""Inspect: any task file of the operator's, on the model under test.

A task is code, so it never comes with a request: the operator puts its file into a folder, and the
option `task` names it there. Inspect runs it, its model being a way through our gateway, and each
sample that ends becomes an attempt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..given import Refused
from ..wire import LONGEST_PROBE, Config, Events, Probe
from .choosing import Choice
from .files import CATEGORY, ENGINE, TECHNIQUE, found


def plan(config: Config) -> Iterable[Probe]:
    """One probe a task, with as many attempts as samples times epochs.

    A task that cannot be run is skipped. Raises Refused for the options.
    """
    choice = Choice.of(config.options)
    file = found(config.tasks, choice.task)
    try:
        from .planning import probes  # noqa: PLC0415 - where Inspect is installed, when needed

        yield from probes(choice, file, config)
    except Refused as refused:
        yield Probe(_asked(config), CATEGORY, TECHNIQUE, 0, skip=str(refused))


def run(config: Config, out: Events) -> None:
    try:
        choice = Choice.of(config.options)
        file = found(config.tasks, choice.task)
        from .running import run_all  # noqa: PLC0415 - as above

        run_all(choice, file, config, out)
    except Refused as refused:
        out.say("skip", probe=_asked(config), reason=str(refused))


def _asked(config: Config) -> str:
    return f"{ENGINE}:{config.options.get('task') or 'task'}"[:LONGEST_PROBE]


def catalogue() -> Iterable[dict[str, Any]]:
    """Empty: what there is stands in the operator's folder, where `files.listed` looks."""
    return ()
