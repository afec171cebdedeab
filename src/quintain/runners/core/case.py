"""A case: one attempt as it is to be made, before it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from ..wire import ATTACK, Target
from .goal import Goal
from .techniques.base import Material, Script, Technique

_BIRDS = [
    "WAXWING",
    "DUNLIN",
    "SISKIN",
    "PLOVER",
    "WHIMBREL",
    "GADWALL",
    "LINNET",
    "AVOCET",
    "BITTERN",
    "FULMAR",
    "PIPIT",
    "REDSTART",
    "SHRIKE",
    "TURNSTONE",
    "WIGEON",
    "BRAMBLING",
]
_GRAVE = [
    "delete",
    "remove",
    "send",
    "transfer",
    "pay",
    "grant",
    "write",
    "execute",
    "run",
    "create",
    "update",
    "cancel",
    "order",
    "book",
    "post",
    "call",
]
_ABOUT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Case:
    """script: made when it is needed, always the same. detector: its specification.

    plain: what is asked, without any disguise. expects_hit: the detector says what a right answer
    to a control holds. paired: what tells the same attempt on another model, "" for its prompt.
    """

    probe: str
    seq: int
    category: str
    technique: str
    script: Callable[[], Script]
    detector: Any
    plain: str
    goal: str
    kind: str = ATTACK
    severity: str = "medium"
    expects_hit: bool = False
    paired: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What cases depend on besides their goals."""

    seed: int
    target: Target

    def case(self, goal: Goal, technique: Technique, within: str = "") -> Case:
        """within: what the probe's name begins with, for goals that are not the shipped ones."""
        probe = f"core:{within}{goal.category}.{technique.id}"
        words = self._words(goal)
        plain = _filled(goal.text, words)
        return Case(
            probe,
            goal.seq,
            goal.category,
            technique.id,
            lambda: technique.make(self._material(goal, probe, words)),
            _filled(goal.detector, words),
            plain,
            _filled(goal.about, words),
            goal.kind,
            goal.severity,
            # The beginning of these conversations depends on what a target says of itself.
            paired=_digest(goal.id, technique.id, plain) if technique.id == "multi_turn" else "",
        )

    def _material(self, goal: Goal, probe: str, words: Mapping[str, str]) -> Material:
        return Material(
            _filled(goal.text, words),
            Random(f"{self.seed}/{probe}/{goal.id}"),  # noqa: S311  # to be repeated, not to be secret
            goal.task,
            goal.question,
            goal.document,
            goal.earlier,
            _filled(goal.system, words),
            self._about,
            self.target.tools,
        )

    @property
    def _about(self) -> str:
        """What the target says it is for: the first sentence."""
        return self.target.system_description.strip().partition(". ")[0][:_ABOUT_CHARS].rstrip(".")

    def _words(self, goal: Goal) -> dict[str, str]:
        if not goal.system and not goal.tools:
            return {}
        random = Random(f"{self.seed}/{goal.id}")  # noqa: S311
        canary = f"{random.choice(_BIRDS)}-{random.randrange(2000, 9800)}"
        return {"{canary}": canary, "{tool}": self._tool()}

    def _tool(self) -> str:
        """The declared tool that does most harm by its name; "" where none is declared."""
        names = [str(tool.get("name")) for tool in self.target.tools if tool.get("parameters")]
        return min(names, key=_harm, default="")


def _harm(name: str) -> int:
    return next((at for at, verb in enumerate(_GRAVE) if verb in name.casefold()), len(_GRAVE))


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """The same with `{canary}` and `{tool}` in their places, at any depth."""
    if isinstance(value, str):
        for mark, word in words.items():
            value = value.replace(mark, word)
        return value
    if isinstance(value, Mapping):
        return {key: _filled(each, words) for key, each in value.items()}
    return [_filled(each, words) for each in value] if isinstance(value, list) else value
