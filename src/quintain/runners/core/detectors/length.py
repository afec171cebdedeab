"""`length`: the answer is longer than it should be allowed to get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import given
from .base import Detector, Found, Seen, Wrong

name = "length"


@dataclass(frozen=True, slots=True)
class Length:
    over: int
    name: str = name
    weak: bool = False

    def look(self, seen: Seen) -> Found:
        size = len(seen.answer)
        return Found(float(size > self.over), f"The answer has {size} characters.")


def make(spec: Any, where: str) -> Detector:
    """{over}: characters."""
    over = given.number(given.options(spec, where, "over"), "over", where, 10_000_000)
    if over is None:
        raise Wrong(f"{where}.over", "is missing: more characters than these are found")
    return Length(over)
