"""What a suite's step asks of this engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import given as read

MODES = ("active", "all")
PROMPTS_PER_PROBE, GENERATIONS, GOALS = 16, 1, 5
MOST, MOST_TURNS, MOST_TOKENS = 100_000, 50, 1_000_000
_PASSED_ON = {"temperature": 2.0, "top_p": 1.0}  # the most that OpenAI's format allows
_NAMES = (
    "include",
    "exclude",
    "mode",
    "prompts_per_probe",
    "generations",
    "goals_per_probe",
    "max_turns",
    "max_tokens",
    *_PASSED_ON,
    "hub",
)


@dataclass(frozen=True, slots=True)
class Options:
    """include: words that choose probes, none for all. mode: one of MODES.

    generations: how often each prompt is asked. goals: conversations of a probe that leads them;
    max_turns: of each, None for garak's own number. passed_on: goes with each call to the target.
    hub: garak may fetch from elsewhere.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    mode: str = "active"
    prompts_per_probe: int = PROMPTS_PER_PROBE
    generations: int = GENERATIONS
    goals: int = GOALS
    max_turns: int | None = None
    passed_on: Mapping[str, Any] = field(default_factory=dict)
    hub: bool = False


def parse(given: Mapping[str, Any]) -> Options:
    """Raises ValueError, with a sentence that names the option."""
    read.check_names(given, _NAMES)
    prompts = read.number(given, "prompts_per_probe", PROMPTS_PER_PROBE, MOST)
    return Options(
        include=read.words(given, "include", ()),
        exclude=read.words(given, "exclude", ()),
        mode=_mode(given),
        prompts_per_probe=prompts,
        generations=read.number(given, "generations", GENERATIONS, MOST),
        goals=_goals(given, prompts),
        max_turns=read.number(given, "max_turns", None, MOST_TURNS),
        passed_on=_passed_on(given),
        hub=read.flag(given, "hub"),
    )


def _mode(given: Mapping[str, Any]) -> str:
    found = read.names(given, "mode", MODES[:1], MODES)
    if len(found) != 1:
        raise ValueError(f"options.mode must be one of {', '.join(MODES)}.")
    return found[0]


def _goals(given: Mapping[str, Any], prompts: int) -> int:
    """No more than prompts, where these are asked to be few."""
    wanted = read.number(given, "goals_per_probe", GOALS, MOST)
    return wanted if given.get("prompts_per_probe") is None else min(wanted, prompts)


def _passed_on(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: read.share(given, name, most) for name, most in _PASSED_ON.items()}
    found["max_tokens"] = read.number(given, "max_tokens", None, MOST_TOKENS)
    return {name: value for name, value in found.items() if value is not None}
