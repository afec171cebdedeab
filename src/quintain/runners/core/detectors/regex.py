"""`regex`: the answer matches a regular expression, looked for with a deadline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from . import given, refusal, watched
from .base import Detector, Found, Seen, Undecided, Wrong

name = "regex"
MOST_PATTERN = 1_000
_BESIDE = 12


@dataclass(frozen=True, slots=True)
class Regex:
    pattern: str
    case: bool = False
    refused: bool = False
    weak: bool = False
    name: str = name

    def look(self, seen: Seen) -> Found:
        if not self.refused and refusal.is_refusal(seen):
            return Found(0.0, "The answer is a refusal.")
        meant = seen.meant
        try:
            spans = watched.spans(self.pattern, self._flags, meant)
        except TimeoutError:
            raise Undecided(
                f"The expression took longer than {watched.LONGEST_S} s; write a simpler one."
            ) from None
        for first, last in spans:
            if not _echoed(meant, first, last, seen.asked):
                return Found(1.0, f"The answer holds {meant[first:last][:80]!r}.")
        return Found(0.0, "The answer does not match.")

    @property
    def _flags(self) -> int:
        return re.MULTILINE | (0 if self.case else re.IGNORECASE)


def _echoed(said: str, first: int, last: int, asked: str) -> bool:
    """Whether the match, with what stands beside it, is repeated from the question."""
    around = said[max(0, first - _BESIDE) : last + _BESIDE].strip()
    return len(around) > last - first and around in asked


def make(spec: Any, where: str) -> Detector:
    """A pattern, or {pattern, case, refused, weak}."""
    options = {"pattern": spec} if isinstance(spec, str) else spec
    options = given.options(options, where, "pattern", "case", "refused", "weak")
    pattern = options.get("pattern")
    if not isinstance(pattern, str) or not 1 <= len(pattern) <= MOST_PATTERN:
        raise Wrong(f"{where}.pattern", f"must be a text of 1 to {MOST_PATTERN} characters")
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise Wrong(f"{where}.pattern", f"is no regular expression: {error}") from None
    return Regex(
        pattern,
        case=given.flag(options, "case", where),
        refused=given.flag(options, "refused", where),
        weak=given.flag(options, "weak", where),
    )
