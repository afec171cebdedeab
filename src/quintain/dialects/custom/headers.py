"""A custom target's headers with placeholders in their values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from quintain.dialects.pattern import Pattern
from quintain.errors import BadRequest
from quintain.registry.fields import header_value
from quintain.registry.schema import Header

MAX_FILLED = 16_384  # characters; common servers take no more than 8,192
_NONE: Mapping[str, str] = MappingProxyType({})


class Headers:
    """Those that change from call to call. Where a name is given twice, its values form a list.

    names: the placeholders that occur in them.
    """

    def __init__(self, headers: list[Header], names: frozenset[str]) -> None:
        patterns = [
            (header.key, Pattern(header.value.reveal(), names, partial(_sendable, header.key)))
            for header in headers
            if header.value.readable
        ]
        self.names = frozenset(name for _, pattern in patterns for name in pattern.names)
        varying = {key.lower() for key, pattern in patterns if pattern.names}
        self._patterns: dict[str, tuple[str, list[Pattern]]] = {}
        for key, pattern in patterns:
            if key.lower() in varying:
                self._patterns.setdefault(key.lower(), (key, []))[1].append(pattern)

    def fill(self, values: Mapping[str, Any]) -> Mapping[str, str]:
        """Raises BadRequest for what no header can carry."""
        if not self._patterns:
            return _NONE
        filled = {
            key: ", ".join(pattern.fill(values) for pattern in patterns)
            for key, patterns in self._patterns.values()
        }
        for key, value in filled.items():
            if len(value) > MAX_FILLED:
                raise _refused(key, f"and would be longer than {MAX_FILLED} characters")
        return filled


def _sendable(key: str, text: str) -> str:
    try:
        return header_value(text)
    except ValueError:
        raise _refused(key, "and has line breaks or other control characters") from None


def _refused(key: str, why: str) -> BadRequest:
    return BadRequest(
        f"This model takes a part of the call in its header {key}, {why}: send text that fits"
        " into one line of a header.",
        param="messages",
    )
