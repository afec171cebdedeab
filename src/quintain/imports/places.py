"""Ways through a JSON document: where its texts stand, and how a place is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = Any
Path = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z_]\w*")


def texts(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text of a document, in order."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from texts(inner, (*path, at))


def lists(value: Json, path: Path = ()) -> Iterator[tuple[Path, list[Json]]]:
    """Every list of a document, outer ones first."""
    if isinstance(value, list):
        yield path, value
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, each in inner:
        if isinstance(each, dict | list):
            yield from lists(each, (*path, key))


def at(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]
    return value


def put(value: Json, path: Path, new: Json) -> Json:
    """A copy with something else in one place."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


def rewritten(value: Json, change: Callable[[Path, str], str], path: Path = ()) -> Json:
    """A copy with every text as `change` gives it."""
    if isinstance(value, str):
        return change(path, value)
    if isinstance(value, dict):
        return {key: rewritten(inner, change, (*path, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [rewritten(inner, change, (*path, n)) for n, inner in enumerate(value)]
    return value


def name_of(path: Path) -> str:
    """The nearest field's name, "" for none."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def written(path: Path) -> str:
    """For people: `messages[0].content`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")[:200] or "the whole body"


def as_jq(path: Path) -> str:
    """For jq: `.messages[0].content`, with the quotes that jq needs."""
    parts = [f"[{step}]" if isinstance(step, int) else _field(step) for step in path]
    text = "".join(parts)
    return text if text.startswith(".") else f".{text}"


def _field(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return f".{name}"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'
