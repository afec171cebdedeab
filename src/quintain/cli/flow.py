"""Text that arrives in pieces, laid out as if it were known whole."""

import re

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from quintain.cli.screen import plain

_WORD = re.compile(r"\s+|\S+")


class Flow:
    """Writes words as they come, broken at the console's width, each line indented alike."""

    def __init__(self, console: Console, lead: Text, style: str = "") -> None:
        self._console = console
        self._indent = lead.cell_len
        self._column = lead.cell_len
        self._style = style
        self.text = ""
        console.print(lead, end="")

    def feed(self, piece: str) -> None:
        """Write a piece; where it was cut does not matter, save within a word."""
        self.text += piece
        for word in _WORD.findall(plain(" ".join(piece.split("\n")))):
            self._word(word)

    def _word(self, word: str) -> None:
        wide = cell_len(word)
        if self._column + wide > self._console.width and self._column > self._indent:
            self._console.print(Text("\n" + " " * self._indent), end="")
            self._column = self._indent
            word = word.lstrip()
        self._console.print(Text(word, self._style), end="")
        self._console.file.flush()
        self._column += cell_len(word)

    def end(self) -> None:
        self._console.print()
