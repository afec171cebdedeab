"""What an engine says, line by line, made out: attempts, and what else is to be known."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from quintain.runs.model import Skipped

Event = dict[str, Any]


@dataclass(slots=True)
class Heard:
    """What came at once. strange: lines that are no events, such as an attempt cut in two.

    judge_checks: calls by which the engine checked its judge.
    """

    attempts: list[Event] = field(default_factory=list)
    probes: list[Event] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    done: bool = False
    strange: int = 0
    judge_checks: int = 0


def heard(lines: Iterable[bytes]) -> Heard:
    found = Heard()
    for line in lines:
        event = _event(line)
        if event is None:
            found.strange += 1
        else:
            _sort_in(found, event)
    return found


def _sort_in(found: Heard, event: Event) -> None:
    kind = event.pop("event", None)
    if kind == "attempt":
        found.attempts.append(event)
    elif kind == "probe":
        found.probes.append(event)
    elif kind == "skip":
        found.skipped.append(Skipped(str(event.get("probe", "")), str(event.get("reason", ""))))
    elif kind == "note":
        found.notes.append(str(event.get("text", "")))
    elif kind == "judge":
        found.judge_checks = whole(event, "calls")
    elif kind == "done":
        found.done = True


def whole(event: Event, name: str) -> int:
    """A count in an event; 0 for what is none."""
    number: Any = event.get(name)
    return max(0, number) if isinstance(number, int) else 0


def _event(line: bytes) -> Event | None:
    try:
        event = orjson.loads(line)
    except ValueError:
        event = _lenient(line)  # such as halves of surrogate pairs, which answers may hold
    return event if isinstance(event, dict) else None


def _lenient(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
