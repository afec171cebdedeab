"""What the readers of a pasted command share: one way through its text, word by word."""

from __future__ import annotations

import re

SPACES = " \t\n\r\u00a0\ufeff\u200b"


class Words:
    """Goes through the text once. parts: the word at hand, None between words."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.end = text, 0, len(text)
        self.parts: list[str] | None = None
        self.words: list[str] = []

    @classmethod
    def of(cls, text: str) -> list[str]:
        reader = cls(text)
        while reader.at < reader.end:
            reader.step()
        reader.close()
        return reader.given()

    def step(self) -> None:
        raise NotImplementedError

    def given(self) -> list[str]:
        """The words, once all are read."""
        return self.words

    def add(self, part: str) -> None:
        if self.parts is None:
            self.parts = []
        self.parts.append(part)

    def close(self) -> None:
        if self.parts is not None:
            self.words.append("".join(self.parts))
            self.parts = None

    def peek(self, ahead: int = 1) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def until(self, stop: re.Pattern[str]) -> str:
        """The text up to the next match, which is where the reader stands then."""
        found = stop.search(self.text, self.at)
        end = found.start() if found else self.end
        taken, self.at = self.text[self.at : end], end
        return taken

    def unclosed(self, quote: str) -> ValueError:
        return ValueError(f"has a quote {quote} that is never closed")


def variable(name: str) -> ValueError:
    return ValueError(
        f"uses the shell variable {name}, which is not known here: put its value in its place"
        " ({auth.NAME} takes it from auth_data), or the text in single quotes"
    )
