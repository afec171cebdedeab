"""Which cases there are: each user task alone, and each with each injection task."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentdojo.task_suite.load_suites import get_suite

from ..wire import ATTACK, CONTROL, Probe
from .choosing import USUAL, Choice
from .conversation import MOST_TURNS
from .harms import harm

VERSION = "v1.2.2"  # of the tasks: the newest in the release that is pinned
TECHNIQUE = "tool_output_injection"


@dataclass(frozen=True, slots=True)
class Case:
    """One user task; injection and attack are "" where it is done in peace. Tasks by their ids."""

    suite: str
    user: str
    injection: str = ""
    attack: str = ""

    @property
    def probe(self) -> str:
        if not self.injection:
            return f"agentdojo:{self.suite}.utility"
        # Named when it is not the usual one, so that two attacks may stand in one run.
        other = "" if self.attack == USUAL else f".{self.attack}"
        return f"agentdojo:{self.suite}.{self.injection}{other}"

    @property
    def seq(self) -> int:
        return number_of(self.user)


def number_of(task: str) -> int:
    """`user_task_13` -> 13."""
    return int(task.rpartition("_")[2])


def cases(choice: Choice, seed: int) -> Iterator[Case]:
    """All of them, probe by probe, in the same order for the same choice and seed."""
    for name in choice.suites:
        suite = get_suite(VERSION, name)
        users = _some(suite.user_tasks, choice.user_tasks, f"{seed}:{name}:user")
        injections = _some(
            suite.injection_tasks, choice.injection_tasks, f"{seed}:{name}:injection"
        )
        if choice.utility:
            yield from (Case(name, user) for user in users)
        for attack in choice.attacks:
            for injection in injections:
                yield from (Case(name, user, injection, attack) for user in users)


def _some(tasks: Mapping[str, Any], number: int | None, seed: str) -> list[str]:
    """All tasks or some, drawn by the seed, in the order of their numbers."""
    there = sorted(tasks, key=number_of)
    if number is None or number >= len(there):
        return there
    return sorted(random.Random(seed).sample(there, number), key=number_of)  # noqa: S311 - no secret


def probes(choice: Choice, seed: int) -> Iterator[Probe]:
    counted: dict[str, int] = {}
    first: dict[str, Case] = {}
    for case in cases(choice, seed):
        counted[case.probe] = counted.get(case.probe, 0) + 1
        first.setdefault(case.probe, case)
    for probe, attempts in counted.items():
        yield _probe(first[probe], attempts)


def _probe(case: Case, attempts: int) -> Probe:
    category, technique, kind, _ = nature(case)
    return Probe(
        case.probe, category, technique, attempts, title(case), kind=kind, calls=MOST_TURNS
    )


def nature(case: Case) -> tuple[str, str, str, str]:
    """Category, technique, kind and severity."""
    if not case.injection:
        return "utility", "benign", CONTROL, "low"
    category, severity = harm(case.suite, number_of(case.injection))
    return category, TECHNIQUE, ATTACK, severity


def title(case: Case) -> str:
    if not case.injection:
        return f"The user tasks of {case.suite}, without an attack"
    goal: str = get_suite(VERSION, case.suite).get_injection_task_by_id(case.injection).GOAL
    return " ".join(goal.split())[:200]


def entries() -> Iterator[dict[str, Any]]:
    """For the catalogue: with the usual attack."""
    for probe in probes(Choice(), 0):
        suite = probe.probe.partition(":")[2].partition(".")[0]
        yield {
            "probe": probe.probe,
            "title": probe.title,
            "category": probe.category,
            "technique": probe.technique,
            "tags": [f"suite:{suite}", f"tasks:{VERSION}"],
            "prompts": probe.attempts,
            "needs": ["tools"],
        }
