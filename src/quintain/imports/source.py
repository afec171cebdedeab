"""What each kind of source is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quintain.imports.draft import Draft
from quintain.imports.places import Json
from quintain.imports.refusal import Unimportable


@dataclass(frozen=True, slots=True)
class Source:
    """document: the text as data, None where it is none. server: a base URL for what has none."""

    text: str
    document: Json = None
    server: str = ""


@dataclass(slots=True)
class Found:
    drafts: list[Draft] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def mapping(value: Any) -> dict[str, Any]:
    """An object, or an empty one where the source has something else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """A scalar as text, "" for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""


def chosen(found: Found, label: str, error: Unimportable) -> None:
    """One part of a source that cannot be taken is told; the others go on."""
    found.notes.append(f"{label[:100]} is left out: {error.message}")
