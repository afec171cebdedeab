"""Commands of Windows: cmd.exe with the C runtime's arguments, and PowerShell.

Sources: Microsoft's "Parsing C command-line arguments" and about_Quoting_Rules; the cmd form is what
browsers make with "Copy as cURL (cmd)".
"""

from __future__ import annotations

import re

from quintain.registry.shell_reader import SPACES, Words, variable


class CmdWords(Words):
    """Windows' cmd.exe, then the C runtime: browsers' "Copy as cURL (cmd)"."""

    _variable = re.compile(r"%(?![0-9A-F]{2}[^A-Z_])([A-Z_][A-Z0-9_]{2,99})%")

    def __init__(self, text: str) -> None:
        if found := self._variable.search(text):
            raise variable(f"%{found[1]}%")
        super().__init__(_without_carets(text))
        self._quoted = False

    def step(self) -> None:
        char = self.text[self.at]
        if char == "\\" and (run := _SLASHES.match(self.text, self.at)):
            self._slashes(run)
        elif char == '"':
            self._quote()
        elif char in SPACES and not self._quoted:
            self.close()
            self.at += 1
        else:
            self.at += 1
            self.add(char + self.until(_CMD_INSIDE if self._quoted else _CMD_PLAIN))

    def _slashes(self, run: re.Match[str]) -> None:
        """Before a quote each pair is one backslash, and an odd one takes the quote's meaning."""
        count, quote = len(run[1]), bool(run[2])
        self.add("\\" * (count // 2 if quote else count))
        self.at = run.end() - (1 if quote and count % 2 == 0 else 0)
        if quote and count % 2:
            self.add('"')

    def _quote(self) -> None:
        if self._quoted and self.peek() == '"':
            self.add('"')
            self.at += 2
            return
        self._quoted = not self._quoted
        self.add("")
        self.at += 1

    def close(self) -> None:
        if self._quoted:
            raise self.unclosed('"')
        super().close()


_SLASHES = re.compile(r'(\\+)("?)')
_CMD_INSIDE = re.compile(r'[\\"]')
_CMD_PLAIN = re.compile(r'[\\"\s]')
_CARETS = re.compile(r'\^[ \t]*\n(\n?)|\^(.)|"|[&|<>]', re.DOTALL)


def _without_carets(text: str) -> str:
    """What cmd.exe hands on: a caret takes the next character's meaning, outside of quotes."""
    quoted = False

    def handed_on(found: re.Match[str]) -> str:
        nonlocal quoted
        taken = found[0]
        if taken == '"':
            quoted = not quoted
        elif taken[0] == "^" and not quoted:
            return found[1] if found[2] is None else found[2]
        elif not quoted:
            raise ValueError(f"has a {taken} outside of quotes: give one curl command")
        return taken

    return _CARETS.sub(handed_on, text)


class PowerShellWords(Words):
    """PowerShell: the backtick escapes, a doubled quote is one."""

    _plain = re.compile(r"[\s'\"`$|;&\u00a0\ufeff]")
    _inside = re.compile(r'[`"$]')
    _single = re.compile("'")

    def step(self) -> None:
        char = self.text[self.at]
        if char in SPACES:
            self.close()
            self.at += 1
        elif char == "`":
            self._escaped()
        elif char == "'":
            self._single_quoted()
        elif char == '"':
            self._double_quoted()
        elif char == "$":
            self._dollar()
        elif char in "|;&":
            raise ValueError(f"has a {char} outside of quotes: give one curl command")
        else:
            self.at += 1
            self.add(char + self.until(self._plain))

    def _escaped(self) -> None:
        joined = _BACKTICK.match(self.text, self.at)
        if joined is None:
            self.add(_POWERSHELL_LETTERS.get(self.peek(), self.peek()))
        self.at = joined.end() if joined else self.at + 2

    def _single_quoted(self) -> None:
        self.at += 1
        while True:
            self.add(self.until(self._single))
            if self.at == self.end:
                raise self.unclosed("'")
            if self.peek() != "'":
                break
            self.add("'")
            self.at += 2
        self.at += 1

    def _double_quoted(self) -> None:
        self.at += 1
        while self.at < self.end:
            self.add(self.until(self._inside))
            char = self.text[self.at : self.at + 1]
            if char == "`":
                self._escaped()
            elif char == "$":
                self._dollar()
            elif char and self.peek() == '"':
                self.add('"')
                self.at += 2
            elif char:
                self.at += 1
                return
        raise self.unclosed('"')

    def _dollar(self) -> None:
        found = _DOLLAR.match(self.text, self.at)
        if found:
            raise variable(found[1] or "$(...)")
        self.add("$")
        self.at += 1

    def close(self) -> None:
        r"""Windows PowerShell 5 needs `\"` for a quote in an argument: then every quote is so."""
        text = "".join(self.parts or [])
        if '\\"' in text and not _BARE_QUOTE.search(text):
            self.parts = [text.replace('\\"', '"')]
        super().close()


_BACKTICK = re.compile(r"`[ \t]*\n")
_DOLLAR = re.compile(r"\$(?:\{?((?:env:)?\w{1,99})|\()")
_BARE_QUOTE = re.compile(r'(?<!\\)"')
_POWERSHELL_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b"}
