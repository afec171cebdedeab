"""PyRIT's attacks: what each one needs, and how many calls it makes at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .options import Options

JSON_TRIES = 2  # for an answer of the judge or the attacker that cannot be read
Calls = tuple[int, int, int]  # to the target, the judge, the attacker


@dataclass(frozen=True, slots=True)
class Kind:
    """converts: a converter may change what it sends.

    led: a model writes the prompts, so that they differ from target to target. needs: without which it is left out. calls: of one attempt, at most.
    """

    name: str
    technique: str
    title: str
    needs: tuple[str, ...]
    calls: Callable[[Options], Calls]
    led: bool = False
    converts: bool = False


def _one_turn(_: Options) -> Calls:
    return 1, JSON_TRIES, 0


def _red_teaming(options: Options) -> Calls:
    turns = options.max_turns
    return turns, turns * JSON_TRIES, turns * JSON_TRIES


def _crescendo(options: Options) -> Calls:
    """Each answer is looked at for a refusal; as many turns are taken back as there are at all."""
    turns = options.max_turns
    sent = turns + turns
    return sent, (sent + turns) * JSON_TRIES, sent * JSON_TRIES


def _tap(options: Options) -> Calls:
    later = options.tree_width * options.branching_factor * (options.max_turns - 1)
    sent = options.tree_width + later
    return sent, sent * JSON_TRIES, sent * JSON_TRIES


_LED = ("judge", "attacker")
_ALL = (
    Kind(
        "prompt_sending",
        "direct",
        "Prompts",
        (),
        _one_turn,
        converts=True,
    ),
    Kind("skeleton_key", "skeleton_key", "Skeleton key", ("judge",), _one_turn),
    Kind("red_teaming", "red_teaming", "Red teaming", _LED, _red_teaming, led=True),
    Kind("crescendo", "crescendo", "Crescendo", _LED, _crescendo, led=True),
    Kind("tap", "tree_search", "Tree of attacks with pruning", _LED, _tap, led=True),
)
ATTACKS: dict[str, Kind] = {kind.name: kind for kind in _ALL}


def missing(kind: Kind, judge: str, attacker: str) -> str:
    """Why an attack cannot be made, "" where it can."""
    there = {"judge": judge, "attacker": attacker}
    lacking = [f"a{'n' * (need[0] in 'aeiou')} {need}" for need in kind.needs if not there[need]]
    if not lacking:
        return ""
    given = " and ".join(f"--{need} NAME" for need in kind.needs if not there[need])
    return f"needs {' and '.join(lacking)}: give {given}"
