"""Options that a step is given, checked. Each refusal names the option."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

Given = Mapping[str, Any]
_Usual = TypeVar("_Usual", int, int | None)


class Refused(ValueError):
    """What cannot be done, with a sentence that says which option and what may stand there."""


def check_names(given: Given, known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise Refused(f"options.{name} is not known{_instead(name, known)}")


def words(given: Given, name: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, in the order given. One may stand without a list."""
    value = given.get(name)
    if value is None:
        return usual
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise Refused(f"options.{name} must be a list of names.")
    return tuple(dict.fromkeys(value))


def names(
    given: Given, name: str, usual: tuple[str, ...], known: Collection[str]
) -> tuple[str, ...]:
    """Words that are all known."""
    found = words(given, name, usual)
    for each in found:
        if each not in known:
            raise Refused(f"options.{name}: {each!r} is not known{_instead(each, known)}")
    return found


def number(given: Given, name: str, usual: _Usual, most: int) -> int | _Usual:
    """A whole number from 1 on."""
    value = given.get(name)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise Refused(f"options.{name} must be a whole number from 1 to {most}.")
    return value


def share(given: Given, name: str, most: float) -> float | None:
    """A number from 0 on, None where it is not given."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Refused(f"options.{name} must be a number from 0 to {most:g}.")
    return value


def flag(given: Given, name: str) -> bool:
    """False where it is not given."""
    value = given.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refused(f"options.{name} must be true or false.")
    return bool(value)


def _instead(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return (
        f"{f': did you mean {close[0]}?' if close else '.'} There are {', '.join(sorted(known))}."
    )
