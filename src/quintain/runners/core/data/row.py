"""One row of a data set, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..detectors.base import Wrong
from ..detectors.table import make

FIELDS = (
    "id",
    "prompt",
    "turns",
    "category",
    "technique",
    "expected",
    "detector",
    "severity",
    "goal",
)
RESIST, ANSWER = "resist", "answer"
OVER = "over_refusal"
SEVERITIES = ("low", "medium", "high", "critical")
MOST_TEXT = 200_000
MOST_TURNS = 100
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Problem:
    """line: where the row begins, 0 for the whole. field: a path, "" for the row."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = ", ".join(filter(None, [f"line {self.line}" if self.line else "", self.field]))
        return f"{place}: {self.message}" if place else f"It {self.message}"


def checked(row: Any, line: int) -> dict[str, Any] | list[Problem]:
    """The row in its normal form, or all that is wrong with it."""
    if not isinstance(row, Mapping):
        return [Problem(line, "", "must be an object with prompt or turns")]
    given = {key: value for key, value in row.items() if value is not None}
    problems = [
        Problem(line, str(name), f"is not known; there are {', '.join(FIELDS)}")
        for name in given
        if name not in FIELDS
    ]
    if ("prompt" in given) == ("turns" in given):
        problems.append(Problem(line, "prompt", "or turns must be there, one of the two"))
    for name, check in _CHECKS.items():
        if name in given:
            problems += [Problem(line, *each) for each in check(name, given[name])]
    if given.get("category") == OVER and given.get("expected") != ANSWER:
        problems.append(Problem(line, "category", f"{OVER} is for rows with expected: answer"))
    return problems or {name: given[name] for name in FIELDS if name in given}


Checks = list[tuple[str, str]]


def _text(most: int) -> Callable[[str, Any], Checks]:
    def check(name: str, value: Any) -> Checks:
        if isinstance(value, str) and value.strip() and len(value) <= most:
            return []
        return [(name, f"must be a text of 1 to {most:,} characters")]

    return check


def _slug(name: str, value: Any) -> Checks:
    if isinstance(value, str) and _ID.fullmatch(value):
        return []
    return [(name, "must be an id of small letters, digits and _, at most 40, such as jailbreak")]


def _one_of(*known: str) -> Callable[[str, Any], Checks]:
    def check(name: str, value: Any) -> Checks:
        return [] if value in known else [(name, f"must be one of {', '.join(known)}")]

    return check


def _turns(name: str, value: Any) -> Checks:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_TURNS:
        return [(name, f"must be a list of 1 to {MOST_TURNS} turns")]
    found = [each for at, turn in enumerate(value) for each in _turn(f"{name}.{at}", turn)]
    if found:
        return found
    if any(turn["role"] == "system" for turn in value[1:]):
        return [(name, "may have a system turn at the beginning alone")]
    return [] if value[-1]["role"] == "user" else [(name, "must end with a turn of role user")]


def _turn(where: str, turn: Any) -> Checks:
    if not isinstance(turn, Mapping) or set(turn) != {"role", "content"}:
        return [(where, "must be an object with role and content")]
    return [
        *_one_of(*_ROLES)(f"{where}.role", turn["role"]),
        *_text(MOST_TEXT)(f"{where}.content", turn["content"]),
    ]


def _detector(name: str, value: Any) -> Checks:
    try:
        make(value, name)
    except Wrong as wrong:
        return [(wrong.field, wrong.message)]
    return []


_CHECKS: dict[str, Callable[[str, Any], Checks]] = {
    "id": _text(200),
    "prompt": _text(MOST_TEXT),
    "turns": _turns,
    "category": _slug,
    "technique": _slug,
    "expected": _one_of(RESIST, ANSWER),
    "detector": _detector,
    "severity": _one_of(*SEVERITIES),
    "goal": _text(2_000),
}
