"""`all_of`, `any_of`, `not`: detectors made of detectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .base import Detector, Found, Seen, Undecided, Wrong

MOST = 20
Make = Callable[[Any, str], Detector]


@dataclass(frozen=True, slots=True)
class Several:
    """every: all must find something; else one will do."""

    name: str
    parts: tuple[Detector, ...]
    every: bool

    @property
    def weak(self) -> bool:
        return any(part.weak for part in self.parts)

    def look(self, seen: Seen) -> Found:
        found = self._found(seen)
        pick = min if self.every else max
        told = pick(found, key=lambda each: each.score)
        scores: dict[str, float] = {}
        for part, each in zip(self.parts, found, strict=True):
            for name, score in each.by(part.name).items():
                scores[name] = pick(scores.get(name, score), score)
        pairs = zip(self.parts, found, strict=True)
        sure = not self.every and any(each.hit and not part.weak for part, each in pairs)
        return Found(told.score, told.why, scores, sure)

    def _found(self, seen: Seen) -> list[Found]:
        """What each part says. Raises Undecided, unless the others decide."""
        found, doubt = [], None
        for part in self.parts:
            try:
                found.append(part.look(seen))
            except Undecided as undecided:
                doubt = undecided
                found.append(Found(float(self.every), str(undecided)))
        if doubt is not None and self._open(found):
            raise doubt
        return found

    def _open(self, found: list[Found]) -> bool:
        """Whether those that could not decide would."""
        return all(each.hit is self.every for each in found)


@dataclass(frozen=True, slots=True)
class Not:
    part: Detector
    name: str = "not"

    @property
    def weak(self) -> bool:
        return self.part.weak

    def look(self, seen: Seen) -> Found:
        found = self.part.look(seen)
        return Found(1.0 - found.score, found.why, found.by(self.part.name))


def several(name: str, make: Make) -> Make:
    def made(spec: Any, where: str) -> Detector:
        if not isinstance(spec, list) or not 1 <= len(spec) <= MOST:
            raise Wrong(where, f"must be a list of 1 to {MOST} detectors")
        parts = tuple(make(each, f"{where}.{at}") for at, each in enumerate(spec))
        return Several(name, parts, every=name == "all_of")

    return made


def negation(make: Make) -> Make:
    return lambda spec, where: Not(make(spec, where))
