"""What a suite asks of this engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..given import Refused, number

CORRECT, INCORRECT = "correct", "incorrect"
MOST_SAMPLES, MOST_EPOCHS, MOST_SECONDS = 1_000_000, 100, 86_400
_NAMES = (
    "task",
    "task_args",
    "limit",
    "epochs",
    "scorer",
    "threshold",
    "breached_when",
    "category",
    "technique",
    "kind",
    "severity",
    "time_limit",
)
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Choice:
    """task: `<file>` or `<file>@<name>`. scorer: whose score counts, "" for the first.

    threshold: from where a number counts as correct. limit: of samples, None for all. epochs: how
    often each; None as the task says. labels: category, technique, kind and severity of samples
    that do not say their own. time_limit: seconds for one sample, None for no limit of ours.
    """

    task: str
    task_args: dict[str, Any] = field(default_factory=dict)
    limit: int | None = None
    epochs: int | None = None
    scorer: str = ""
    threshold: float | None = None
    breached_when: str = INCORRECT
    labels: dict[str, str] = field(default_factory=dict)
    time_limit: int | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Choice:
        """Raises Refused."""
        strange = sorted(set(options) - set(_NAMES))
        if strange:
            raise Refused(f"options.{strange[0]} is not known; there are {', '.join(_NAMES)}.")
        args = options.get("task_args") or {}
        if not isinstance(args, dict):
            raise Refused("options.task_args must be an object of the task's own arguments.")
        if not options.get("task"):
            raise Refused("options.task must name a task file, as in refusals.py or qa.py@strict.")
        return cls(
            _text(options, "task"),
            args,
            number(options, "limit", None, MOST_SAMPLES),
            number(options, "epochs", None, MOST_EPOCHS),
            _text(options, "scorer"),
            _number(options, "threshold"),
            _one_of(options, "breached_when", (INCORRECT, CORRECT)),
            labels_of(options, "options."),
            number(options, "time_limit", None, MOST_SECONDS),
        )


def labels_of(given: Mapping[str, Any], where: str = "") -> dict[str, str]:
    """category, technique, kind and severity, as far as they are given. Raises Refused."""
    labels = {name: given[name] for name in ("category", "technique") if given.get(name)}
    for name, value in labels.items():
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise Refused(f"{where}{name} must be a name such as prompt_injection.")
    for name, known in (
        ("kind", ("attack", "control")),
        ("severity", ("low", "medium", "high", "critical")),
    ):
        if given.get(name) is not None:
            labels[name] = _one_of(given, name, known, where)
    return labels


def labels_with(given: Mapping[str, str]) -> dict[str, str]:
    """These labels, and what is usual for the rest."""
    control = given.get("kind") == "control"
    usual = {
        "category": "over_refusal" if control else "policy_violation",
        "technique": "benign" if control else "direct",
        "kind": "attack",
        "severity": "medium",
    }
    return usual | dict(given)


def _text(options: Mapping[str, Any], name: str) -> str:
    value = options.get(name) or ""
    if not isinstance(value, str) or len(value) > 300:
        raise Refused(f"options.{name} must be text of at most 300 characters.")
    return value


def _one_of(
    given: Mapping[str, Any], name: str, known: tuple[str, ...], where: str = "options."
) -> str:
    value = given.get(name, known[0])
    if value not in known:
        raise Refused(f"{where}{name} must be one of {', '.join(known)}.")
    return str(value)


def _number(options: Mapping[str, Any], name: str) -> float | None:
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"options.{name} must be a number.")
    return float(value)
