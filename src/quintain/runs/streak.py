"""Attempts as they come, and whether the target is still there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quintain.runners.wire import ERROR

MOST_ERRORS = 30  # in a row


class Streak:
    """Errors in a row, over all parts of a run."""

    def __init__(self) -> None:
        self._errors = 0
        self._last = ""

    def add(self, attempts: Iterable[dict[str, Any]]) -> None:
        for attempt in attempts:
            error = attempt.get("error")
            if attempt.get("verdict") != ERROR:
                self._errors = 0
            elif isinstance(error, dict):  # else it was answered, and nobody could decide
                self._errors += 1
                self._last = str(error.get("message") or error.get("code") or "")

    @property
    def hopeless(self) -> str:
        """Why nothing more will come of it, in a sentence; "" while it may."""
        if self._errors < MOST_ERRORS:
            return ""
        return (
            f"It was stopped, since {self._errors} attempts in a row got no answer. The last error:"
            f" {self._last or 'none was told.'}"
        )
