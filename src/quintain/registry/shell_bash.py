"""A command of a POSIX shell, with Bash's `$'...'`. Source: the Bash manual, 3.1.2 "Quoting"."""

from __future__ import annotations

import re

from quintain.registry.shell_reader import SPACES, Words, variable
from quintain.registry.shell_stdin import HERE_STRING, Heredoc, heredoc, with_stdin


class BashWords(Words):
    """POSIX shells, with Bash's `$'...'`. stdin: the text of a heredoc, None without."""

    _plain = re.compile(r"[\s\\'\"$`|&;<>()#\u00a0\ufeff\u200b]")
    _inside = re.compile(r"[\\\"$`]")
    _single = re.compile("'")

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.stdin: str | None = None
        self._stdin_follows = False

    def given(self) -> list[str]:
        return self.words if self.stdin is None else with_stdin(self.words, self.stdin)

    def close(self) -> None:
        if self._stdin_follows and self.parts is not None:
            self.stdin, self.parts, self._stdin_follows = "".join(self.parts), None, False
        super().close()

    def step(self) -> None:
        char = self.text[self.at]
        if char in SPACES:
            self.close()
            self.at += 1
        elif char in "\\'\"$`":
            self._quoting(char)
        elif char in "|&;<>()" or (char == "#" and self.parts is None):
            self._operator(char)
        else:
            self.at += 1
            self.add(char + self.until(self._plain))

    def _quoting(self, char: str) -> None:
        if char == "\\":
            self._escaped()
        elif char == "'":
            self.at += 1
            self.add(self._single_quoted())
        elif char == '"':
            self._double_quoted()
        elif char == "$" and self.peek() == "'":
            self._ansi()
        elif char == "$" and self.peek() == '"':
            self.at += 1
        else:
            self._expansion()

    def _escaped(self) -> None:
        """A line continuation is nothing. One that a page has flattened stands before a space."""
        joined = _CONTINUED.match(self.text, self.at)
        if joined or self.at + 1 == self.end:
            self.at = joined.end() if joined else self.end
        elif self.parts is None and self.peek() in SPACES:
            self.at += 2
        else:
            self.add(self.peek())
            self.at += 2

    def _single_quoted(self) -> str:
        taken = self.until(self._single)
        if self.at == self.end:
            raise self.unclosed("'")
        self.at += 1
        return taken

    def _double_quoted(self) -> None:
        self.at += 1
        while self.at < self.end:
            self.add(self.until(self._inside))
            char = self.text[self.at : self.at + 1]
            if char == '"':
                self.at += 1
                return
            if char == "\\":
                self._escaped_inside()
            elif char:
                self._expansion()
        raise self.unclosed('"')

    def _escaped_inside(self) -> None:
        following = self.peek()
        if following != "\n":
            self.add(following if following and following in '$`"\\' else "\\" + following)
        self.at += 2

    def _expansion(self) -> None:
        """A lone `$` is itself; what a shell would replace is refused."""
        if (cat := _CAT.match(self.text, self.at)) and (
            found_text := heredoc(self.text, cat.end())
        ):
            self._substituted(found_text)
            return
        found = _EXPANSION.match(self.text, self.at)
        if found is None:
            self.add("$")
            self.at += 1
        elif found["name"]:
            raise variable(found["name"])
        else:
            raise ValueError(
                "has a part that a shell would run (`...` or $(...)): put its result in its place,"
                " or the text in single quotes"
            )

    def _substituted(self, found: Heredoc) -> None:
        """`$(cat <<EOF ...)` is the text itself."""
        closed = _CLOSED.match(found.text, found.at)
        if closed is None:
            raise ValueError(
                "has a $(cat << ...) that a shell would run: put its text in its place"
            )
        self.add(found.body.rstrip("\n"))
        self.text, self.at, self.end = found.text, closed.end(), len(found.text)

    def _ansi(self) -> None:
        """Bash's `$'...'` with the escapes of C."""
        self.at += 2
        found = _ANSI.match(self.text, self.at)
        if found is None:
            raise self.unclosed("$'")
        self.at = found.end()
        self.add(_ANSI_ESCAPE.sub(_unescaped, found[1]))

    def _operator(self, char: str) -> None:
        """What only handles the output is left out; anything else would be a second command."""
        if char == "#":
            self.until(_NEWLINE)
            return
        if found := _INTO_FILE.match(self.text, self.at):
            self.parts = None if "".join(self.parts or []) in {"1", "2"} else self.parts
            self.close()
            self.at = found.end()
            return
        if char == "|" and self.peek() != "|" and not _CURL.search(self.text, self.at):
            self.close()
            self.at = self.end
            return
        if char == "<" and self._reads_stdin():
            return
        if char == "&":
            raise ValueError("has an & outside of quotes: put the URL into quotes")
        raise ValueError(
            f"has a {char} outside of quotes: give one curl command, with each value in quotes"
        )

    def _reads_stdin(self) -> bool:
        """Whether a here string or a heredoc begins here; it is taken then."""
        if self.text.startswith(HERE_STRING, self.at):
            self.close()
            self.at += len(HERE_STRING)
            self._stdin_follows = True
            return True
        found = heredoc(self.text, self.at)
        if found is None:
            return False
        self.close()
        self.stdin, self.text, self.at, self.end = *found, len(found.text)
        return True


_CAT = re.compile(r"\$\(\s*cat\s+(?=<<)")
_CLOSED = re.compile(r"\s*\)")
_CONTINUED = re.compile(r"\\[ \t\u00a0]*\n")
_NEWLINE = re.compile(r"\n")
_INTO_FILE = re.compile(r"&?>{1,2}\|?[ \t]*(?:&\d|[^\s'\"$`|&;<>()]+)")
_CURL = re.compile(r"\bcurl\b")
_EXPANSION = re.compile(r"\$(?:\{?(?P<name>[A-Za-z_]\w{0,99}|[0-9@*#?!-])|[({\[])|`")
_ANSI = re.compile(r"((?:[^'\\]|\\.)*+)'", re.DOTALL)
_ANSI_ESCAPE = re.compile(
    r"\\(?:u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|((?:x[0-9A-Fa-f]{1,2}|[0-7]{1,3})"
    r"(?:\\(?:x[0-9A-Fa-f]{1,2}|[0-7]{1,3}))*)|c(.)|(.))",
    re.DOTALL,
)
_LETTERS = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v",
}  # fmt: skip


def _unescaped(found: re.Match[str]) -> str:
    short, long, raw, control, char = found.groups()
    if short or long:
        return _scalar(int(short or long, 16))
    if raw:  # bytes, which spell UTF-8 together
        numbers = [int(n[1:], 16) if n[0] == "x" else int(n, 8) & 255 for n in raw.split("\\")]
        return bytes(numbers).decode("utf-8", "replace")
    if control:
        return chr(ord(control) & 31)
    return _LETTERS.get(char, char if char in "\\'\"?" else "\\" + char)


def _scalar(number: int) -> str:
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise ValueError("has an escape in $'...' that is no character")
    return chr(number)
