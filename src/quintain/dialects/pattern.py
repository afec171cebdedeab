"""Text with placeholders, each of which is filled through the encoding of its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from quintain.dialects.template import text_of

Encode = Callable[[str], str]


def _as_it_is(text: str) -> str:
    return text


class Pattern:
    """names: the placeholders that occur in it."""

    __slots__ = ("_literals", "_places", "names")

    def __init__(
        self,
        text: str,
        names: frozenset[str],
        encode: Encode,
        literal: Encode = _as_it_is,
        within: Callable[[str], Encode] | None = None,
    ) -> None:
        """encode: what a value goes through. literal: what the text around goes through.

        within: where the encoding is not the same everywhere, told each literal in turn, it gives
        that of the place after it.
        """
        choices = "|".join(map(re.escape, names))
        pieces = re.split(rf"\{{({choices})\}}", text) if names else [text]
        self._literals = [literal(piece) for piece in pieces[0::2]]
        found = pieces[1::2]
        encodes = [within(before) if within else encode for before in pieces[0:-1:2]]
        self._places = list(zip(found, encodes, self._literals[1:], strict=True))
        self.names = frozenset(found)

    def fill(self, values: Mapping[str, Any]) -> str:
        if not self._places:
            return self._literals[0]
        return self._literals[0] + "".join(
            [encode(text_of(values[name])) + after for name, encode, after in self._places]
        )
