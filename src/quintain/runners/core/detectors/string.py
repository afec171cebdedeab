"""`string`: the answer holds any, or all, of some texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import given, refusal
from .base import Detector, Found, Seen, Wrong

name = "string"
_BESIDE = 10  # characters on either side that tell an echo
_TELLING = 4


@dataclass(frozen=True, slots=True)
class String:
    """refused: look into refusals too, where a text may merely be quoted."""

    texts: tuple[str, ...]
    every: bool = False
    case: bool = False
    refused: bool = False
    name: str = name
    weak: bool = False

    def look(self, seen: Seen) -> Found:
        if not self.refused and refusal.is_refusal(seen):
            return Found(0.0, "The answer is a refusal.")
        said, asked = self._folded(seen.said), self._folded(seen.asked)
        found = [text for text in self.texts if spoken(self._folded(text), said, asked)]
        there = len(found) == len(self.texts) if self.every else bool(found)
        if there:
            return Found(1.0, f"The answer holds {', '.join(map(repr, found[:3]))}.")
        return Found(0.0, "The answer does not hold what was looked for.")

    def _folded(self, text: str) -> str:
        return " ".join((text if self.case else text.casefold()).split())


def spoken(text: str, said: str, asked: str) -> bool:
    """Whether a text is said by itself, and not only within words repeated from the question."""
    at = said.find(text)
    while at >= 0:
        end = at + len(text)
        left, right = said[max(0, at - _BESIDE) : at], said[end : end + _BESIDE]
        before = len(left.strip()) >= _TELLING and left + text in asked
        after = len(right.strip()) >= _TELLING and text + right in asked
        if not before and not after:
            return True
        at = said.find(text, at + 1)
    return False


def make(spec: Any, where: str) -> Detector:
    """`"text"`, a list of texts of which one will do, or {any|all, case, refused}."""
    if isinstance(spec, str | list):
        return String(given.texts(spec, where))
    options = given.options(spec, where, "any", "all", "case", "refused")
    if ("any" in options) == ("all" in options):
        raise Wrong(where, "must have either any or all, with a list of texts")
    kind = "all" if "all" in options else "any"
    return String(
        given.texts(options[kind], f"{where}.{kind}"),
        every=kind == "all",
        case=given.flag(options, "case", where),
        refused=given.flag(options, "refused", where),
    )
