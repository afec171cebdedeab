"""Goals: what an attempt is after, and by what one knows that it was reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..wire import ATTACK, CONTROL
from .techniques.base import DOCUMENT, PLAIN, ROUNDS

SEEDS = Path(__file__).parent / "seeds"
FITS = {
    "foundation": "foundationModels",
    "chatbot": "chatbotsAndCopilots",
    "agent": "agents",
    "url": "URL",
}
BENIGN = "benign"


@dataclass(frozen=True, slots=True)
class Goal:
    """id: stable for ever. seq: its place in its category.

    text: what is asked, in the clear. about: what it is after, in a line. fits: kinds of targets,
    by their short names. only: the techniques it takes, none named for all of its shape. task,
    question, document, earlier, system: see techniques/base.py. tools: the target must declare
    some; one of them stands for `{tool}`. detector: a specification, which `{tool}` and `{canary}`
    are put into.
    """

    id: str
    seq: int
    category: str
    text: str
    about: str
    detector: Any
    severity: str = "medium"
    kind: str = ATTACK
    fits: tuple[str, ...] = tuple(FITS)
    only: tuple[str, ...] = ()
    task: str = ""
    question: str = ""
    document: str = ""
    earlier: tuple[str, ...] = ()
    system: str = ""
    tools: bool = False

    @property
    def shape(self) -> str:
        if self.document:
            return DOCUMENT
        return ROUNDS if self.earlier else PLAIN

    def suits(self, testing_for: str) -> bool:
        return any(FITS[name] == testing_for for name in self.fits)


@cache
def seeds() -> tuple[Goal, ...]:
    """All that are shipped, attacks and controls, by category and place."""
    return tuple(goal for path in sorted(SEEDS.glob("*.yaml")) for goal in _of_file(path))


def attacks() -> tuple[Goal, ...]:
    return tuple(goal for goal in seeds() if goal.kind == ATTACK)


def controls() -> tuple[Goal, ...]:
    return tuple(goal for goal in seeds() if goal.kind == CONTROL)


def _of_file(path: Path) -> list[Goal]:
    document = yaml.safe_load(path.read_text("utf-8"))
    shared = {key: value for key, value in document.items() if key != "goals"}
    return [_goal(shared | given, seq) for seq, given in enumerate(document["goals"])]


def _goal(given: Mapping[str, Any], seq: int) -> Goal:
    names = {each.name for each in fields(Goal)}
    if unknown := set(given) - names:
        raise ValueError(f"{given.get('id')}: unknown fields {sorted(unknown)}")
    listed = {key: tuple(given[key]) for key in ("fits", "only", "earlier") if key in given}
    rest = {"about": given["text"], "detector": "compliance"} | dict(given)
    return Goal(**{**rest, **listed, "seq": seq})
