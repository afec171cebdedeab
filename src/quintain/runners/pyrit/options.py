"""What a suite's step asks of this engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .. import given as read
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
    read.check_names(given, Options.__slots__)
    seeds = read.names(given, "seeds", () if datasets else (CORE,), sources)
    return Options(
        attacks=read.names(given, "attacks", ATTACK_NAMES, ATTACK_NAMES),
        converters=read.names(given, "converters", USUAL, CONVERTERS),
        seeds=seeds,
        objectives_per_attack=read.number(given, "objectives_per_attack", OBJECTIVES, MOST),
        max_turns=read.number(given, "max_turns", TURNS, 50),
        tree_width=read.number(given, "tree_width", 3, 20),
        branching_factor=read.number(given, "branching_factor", 2, 10),
    )
