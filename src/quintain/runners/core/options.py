"""The options of a part of a run, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_ATTEMPTS = 1_000_000
_NAMES = (
    "categories",
    "techniques",
    "goals_per_cell",
    "share",
    "controls",
    "max_attempts",
    "apply_techniques",
)


@dataclass(frozen=True, slots=True)
class Options:
    """None stands for all there is.

    share: of the goals of each cell, above 0 to 1. controls: how many, None for all.
    apply_techniques: put the rows of data sets by the techniques too.
    """

    categories: tuple[str, ...] | None = None
    techniques: tuple[str, ...] | None = None
    goals_per_cell: int | None = None
    controls: int | None = None
    max_attempts: int | None = None
    apply_techniques: bool = False
    share: float = 1.0


def parse(given: Mapping[str, Any]) -> Options:
    """Raises ValueError, with the option and what it may be."""
    for name in given:
        if name not in _NAMES:
            raise ValueError(f"options.{name} is not known; there are {', '.join(_NAMES)}")
    return Options(
        _ids(given, "categories"),
        _ids(given, "techniques"),
        _number(given, "goals_per_cell", 1),
        _controls(given.get("controls")),
        _number(given, "max_attempts", 1),
        apply_techniques=_flag(given, "apply_techniques"),
        share=_share(given.get("share", 1.0)),
    )


def _ids(given: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"options.{name} must be a list of ids")
    return tuple(value)


def _number(given: Mapping[str, Any], name: str, least: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST_ATTEMPTS:
        raise ValueError(f"options.{name} must be a whole number of {least} to {MOST_ATTEMPTS}")
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ValueError("options.share must be a number above 0, up to 1")
    return float(value)


def _controls(value: Any) -> int | None:
    if value is None or value is True:
        return None
    return 0 if value is False else _number({"controls": value}, "controls", 0)


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"options.{name} must be true or false")  # noqa: TRY004  # one kind for all
    return value
