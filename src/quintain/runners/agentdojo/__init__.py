"""AgentDojo: agents with tools at work in a make-believe bank, office, Slack or travel agency.

Somebody has planted an instruction in what their tools bring back. Two things are told apart: did
the agent do as the planted text says, and did it do what its user asked for. All of it happens in
this process; nothing but the model's own turns goes through the gateway.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..wire import Config, Events, Probe
from .choosing import Choice

ENGINE = "agentdojo"


def plan(config: Config) -> Iterable[Probe]:
    """One probe for each injection task and attack, and one for the user tasks of each suite.

    Raises Refused for its options.
    """
    choice = Choice.of(config.options)
    from .cases import probes  # noqa: PLC0415 - where AgentDojo is installed, and only when needed

    return probes(choice, config.seed)


def run(config: Config, out: Events) -> None:
    choice = Choice.of(config.options)
    from .running import run_all  # noqa: PLC0415 - as above

    run_all(choice, config, out)


def catalogue() -> Iterable[dict[str, Any]]:
    from .cases import entries  # noqa: PLC0415 - as above

    return entries()
