"""A string that does not show itself.

`repr`, `str`, f-strings, logs and pickles of a `Secret` give its mask; only `reveal()` gives the
text. So a secret that slips into an error or a log line is masked by construction.
"""

from __future__ import annotations

from typing import NoReturn

SHORT_MASK = "xxxxx"
UNREADABLE_MASK = "needs re-entry"


def mask(text: str) -> str:
    """First 3 and last 4 characters of a text longer than 16, else `xxxxx`."""
    return f"{text[:3]}...{text[-4:]}" if len(text) > 16 else SHORT_MASK


class Secret:
    """A secret text. An *unreadable* one is known to exist but could not be opened."""

    __slots__ = ("_text",)

    def __init__(self, text: str | None) -> None:
        self._text = text

    @classmethod
    def unreadable(cls) -> Secret:
        return cls(None)

    @property
    def readable(self) -> bool:
        return self._text is not None

    def reveal(self) -> str:
        """The text itself. Raises ValueError for an unreadable secret."""
        if self._text is None:
            raise ValueError("this secret could not be opened and needs to be entered again")
        return self._text

    def mask(self) -> str:
        return UNREADABLE_MASK if self._text is None else mask(self._text)

    def __repr__(self) -> str:
        return f"Secret({self.mask()!r})"

    def __str__(self) -> str:
        return self.mask()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")
