"""What a suite's step asks of this engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .converters import CONVERTERS, USUAL

ATTACK_NAMES = ("prompt_sending", "skeleton_key", "red_teaming", "crescendo", "tap")
CORE = "core"
OBJECTIVES = 16
TURNS = 5
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Options:
    """objectives_per_attack: a seeded sample of each source.

    seeds: `core`, or data sets that PyRIT brings. max_turns: of red_teaming and crescendo, and how
    deep a tree of tap goes; tree_width branches of it are kept, each of which makes
    branching_factor of the next turn.
    """

    attacks: tuple[str, ...] = ATTACK_NAMES
    converters: tuple[str, ...] = USUAL
    seeds: tuple[str, ...] = (CORE,)
    objectives_per_attack: int = OBJECTIVES
    max_turns: int = TURNS
    tree_width: int = 3
    branching_factor: int = 2


def parse(given: Mapping[str, Any], *, datasets: bool, sources: Collection[str]) -> Options:
    """Read a step's options.

    datasets: the step brings data sets, so that without `seeds` nothing else is taken. sources:
    the names that `seeds` may have. Raises ValueError, with a sentence that names the option.
    """
    known = {*Options.__slots__}
    if strange := sorted(set(given) - known):
        raise ValueError(f"options.{strange[0]} is not known; there are {_listed(known)}.")
    seeds = _names(given, "seeds", () if datasets else (CORE,), sources)
    return Options(
        attacks=_names(given, "attacks", ATTACK_NAMES, ATTACK_NAMES),
        converters=_names(given, "converters", USUAL, CONVERTERS),
        seeds=seeds,
        objectives_per_attack=_number(given, "objectives_per_attack", OBJECTIVES, MOST),
        max_turns=_number(given, "max_turns", TURNS, 50),
        tree_width=_number(given, "tree_width", 3, 20),
        branching_factor=_number(given, "branching_factor", 2, 10),
    )


def _names(
    given: Mapping[str, Any], name: str, usual: tuple[str, ...], known: Collection[str]
) -> tuple[str, ...]:
    """Each once, in the order given. One name may stand without a list."""
    value = given.get(name)
    if value is None:
        return usual
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list | tuple):
        raise ValueError(f"options.{name} must be a list of names.")  # noqa: TRY004  one kind for all
    if strange := [each for each in value if each not in known]:
        raise ValueError(f"options.{name}: {strange[0]!r} is none of {_listed(known)}.")
    return tuple(dict.fromkeys(value))


def _number(given: Mapping[str, Any], name: str, usual: int, most: int) -> int:
    value = given.get(name)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"options.{name} must be a whole number from 1 to {most}.")
    return value


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
