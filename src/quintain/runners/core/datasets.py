"""Data sets of users, as the host keeps them: rows in one normal form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .data.reading import FORMATS, Bad, normal

__all__ = ["FORMATS", "Bad", "Row", "read"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row; docs/datasets.md says what the fields mean. Either prompt or turns is there."""

    id: str
    prompt: str | None = None
    turns: list[dict[str, str]] | None = None
    category: str | None = None
    technique: str | None = None
    expected: str | None = None
    detector: Any = None
    severity: str | None = None
    goal: str | None = None


def read(text: str, kind: str) -> list[Row]:
    """The rows of a data set. kind: jsonl, csv or yaml.

    Raises Bad, a ValueError, whose `problems` name line and field of all that is wrong.
    """
    return [Row(**row) for row in normal(text.encode(), kind)]
