"""Reading what a detector is given, with every error by its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Wrong

MOST_TEXTS = 100
MOST_TEXT_CHARS = 2_000


def options(given: Any, where: str, *known: str) -> dict[str, Any]:
    """The options of a detector: an object with these names alone; nothing is an empty one."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise Wrong(where, f"must be an object with {', '.join(known) or 'nothing in it'}")
    for name in given:
        if name not in known:
            raise Wrong(f"{where}.{name}", f"is not known here; there are {', '.join(known)}")
    return dict(given)


def texts(given: Any, where: str) -> tuple[str, ...]:
    """A text, or a list of some."""
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_TEXTS:
        raise Wrong(where, f"must be a text or a list of 1 to {MOST_TEXTS} texts")
    for at, each in enumerate(listed):
        if not isinstance(each, str) or not 1 <= len(each) <= MOST_TEXT_CHARS:
            raise Wrong(f"{where}.{at}", f"must be a text of 1 to {MOST_TEXT_CHARS} characters")
    return tuple(listed)


def flag(given: Mapping[str, Any], name: str, where: str, *, default: bool = False) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise Wrong(f"{where}.{name}", "must be true or false")
    return value


def number(given: Mapping[str, Any], name: str, where: str, most: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Wrong(f"{where}.{name}", f"must be a whole number of 0 to {most}")
    return value
