"""Objectives from the built-in engine: its own goals, and users' data sets as it reads them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ..asking import Message
from ..core import policy
from ..core.data.cells import DEFAULT
from ..core.data.reading import rows
from ..core.data.row import ANSWER
from ..core.detectors.table import make
from ..core.goal import Goal, attacks
from ..core.techniques.base import PLAIN
from ..wire import Target
from .objective import Objective

_GOAL_CHARS = 200


def goals(target: Target) -> list[Objective]:
    """Those that are one prompt, and need neither tools nor a system text of their own.

    The rules of the target's policy come last; whether one was broken, a judge must say.
    """
    shipped = [
        _of_goal(seq, goal, judged=False)
        for seq, goal in enumerate(attacks())
        if _fits(goal) and goal.suits(target.testing_for)
    ]
    rules = enumerate(policy.goals(target.policy_description), start=len(attacks()))
    return [*shipped, *(_of_goal(seq, goal, judged=True) for seq, goal in rules)]


def _fits(goal: Goal) -> bool:
    return goal.shape == PLAIN and not goal.system and not goal.tools


def _of_goal(seq: int, goal: Goal, *, judged: bool) -> Objective:
    plain = goal.about == goal.text
    return Objective(
        seq,
        goal.about,
        goal.text if plain else f"{goal.text}\n(It is reached when the model {goal.about}.)",
        goal.text,
        goal.category,
        goal.severity,
        detector=make(goal.detector),
        only=goal.only,
        judged=judged,
    )


def data_set(path: str) -> list[Objective]:
    """The rows that a model should resist."""
    every = enumerate(rows(path))
    return [_of_row(seq, row) for seq, row in every if row.get("expected") != ANSWER]


def _of_row(seq: int, row: Mapping[str, Any]) -> Objective:
    turns = row.get("turns") or [{"role": "user", "content": row["prompt"]}]
    text = str(turns[-1]["content"])
    goal = row.get("goal") or text
    return Objective(
        seq,
        goal[:_GOAL_CHARS],
        goal,
        text if _answered(turns) else "",
        row.get("category") or DEFAULT,
        row.get("severity") or "medium",
        tuple(turns[:-1]),
        make(row["detector"]) if "detector" in row else None,
    )


def _answered(turns: list[Message]) -> bool:
    """Whether each turn of the user but the last has its answer, so that one call will do."""
    return not any(a["role"] == b["role"] == "user" for a, b in pairwise(turns))
