r"""Text as both databases can hold it.

Prompts of attacks and answers of models hold anything. A NUL stays what it is inside JSON, where it
is written as an escape; in a plain column, where PostgreSQL refuses it, it becomes U+2400, its
picture. Half of a surrogate pair is no character, and no UTF-8 can hold it: it becomes its own
escape, spelt out, such as `\ud83d`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

DEEPEST = 64
_LARGEST_INTEGER = 2**63 - 1
_OPTIONS = orjson.OPT_NON_STR_KEYS


def written(value: Any) -> str:
    """JSON of anything: what JSON has no form for is written as its text."""
    try:
        return orjson.dumps(value, option=_OPTIONS).decode()
    except TypeError:  # surrogates, too many levels, integers beyond 64 bits, foreign types
        return orjson.dumps(_plain(value, DEEPEST), option=_OPTIONS).decode()


def sound(text: str) -> str:
    """Text that UTF-8 can hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def in_column(value: Any, longest: int) -> str:
    """Text for a plain column, cut to `longest` characters."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return sound(text[:longest]).replace("\0", "\u2400")[:longest]


def _plain(value: Any, deeper: int) -> Any:
    if isinstance(value, str):
        return sound(value)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_INTEGER else str(value)
    if isinstance(value, Mapping) and deeper:
        return {sound(str(key)): _plain(each, deeper - 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and deeper:
        return [_plain(each, deeper - 1) for each in value]
    return "(nested too deeply)" if isinstance(value, Mapping | list | tuple) else sound(str(value))
