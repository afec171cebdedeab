"""The curl command of a pasted script or page: what stands before it, and what it takes from there.

Nothing is run. Variables and files are known only where the lines before the command spell them
out.
"""

from __future__ import annotations

import re
import shlex

from quintain.registry.shell_stdin import heredoc

MAX_LENGTH = 262_144  # characters that are searched for a command
MAX_BEFORE = 200  # things that may stand before it: comments, variables, files
_COMMAND = re.compile(
    r"(?:(?:\$|%|PS [^>\n]{0,256}>|[A-Za-z]:\\[^>\n]{0,256}>)\s*)?(?:\S*[/\\])?curl(?:\.exe)?\s",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"\s+|#[^\n]*(?:\n|$)|```[^\n]*(?:\n|$)|(?:time|sudo|command)[ \t]+|set [-+]\w+\s"
)
_VARIABLE = re.compile(
    r"""(?:export[ \t]+|\$(?:env:)?)?([A-Za-z_]\w{0,99})[ \t]*=[ \t]*(?:"([^"\n$`\\]*)"|'([^'\n]*)'|([^\s'"$`;&|()]*))[ \t]*;?(?=\s)"""
)
_FILE = re.compile(
    r"cat[ \t]*>[ \t]*([\w./-]{1,200})[ \t]*(?=<<)|cat[ \t]+(?=<<[^\n]*>[ \t]*([\w./-]{1,200})[ \t]*\n)"
)
_PIPED = re.compile(
    r"""(?:echo|printf)[ \t]+(?:-[neE][ \t]+)?('[^']*'|"(?:[^"\\$`]|\\.)*")[ \t]*\|\s*"""
)
_PLAIN = re.compile(r"[^\s'\"\\`$]+")


def command_in(text: str) -> str | None:
    """The command with what is known put in its places, None where the text is of another kind."""
    rest, known = text[:MAX_LENGTH].replace("\r\n", "\n").rstrip().removesuffix("```"), _Known()
    for _ in range(MAX_BEFORE):
        if _COMMAND.match(rest):
            return known.filled(rest)
        rest = known.learn(rest)
    return None


class _Known:
    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.files: dict[str, str] = {}

    def learn(self, text: str) -> str:
        """What is left behind one thing that may stand before a command; "" where nothing may."""
        if found := _NOTHING.match(text):
            return text[found.end() :]
        if found := _VARIABLE.match(text):
            self.variables[found[1]] = found[2] or found[3] or found[4] or ""
            return text[found.end() :]
        if found := _PIPED.match(text):
            self.files["-"] = found[1]
            return text[found.end() :]
        return self._file(text)

    def _file(self, text: str) -> str:
        found = _FILE.match(text)
        try:
            inside = heredoc(text, found.end()) if found else None
        except ValueError:
            return ""
        if found is None or inside is None:
            return ""
        self.files[found[1] or found[2]] = shlex.quote(inside.body)
        return inside.text[inside.at :].partition("\n")[2]

    def filled(self, command: str) -> str:
        for name, value in self.variables.items():
            if _PLAIN.fullmatch(value):
                command = _put(rf"\$(?:env:)?(?:{name}\b|\{{{name}\}})", value, command)
        for name, body in self.files.items():
            command = _put(rf"(?<=[\s=d])(['\"]?)@{re.escape(name)}\1(?=\s|$)", body, command)
        return command


def _put(places: str, text: str, command: str) -> str:
    return re.sub(places, text.replace("\\", r"\\"), command)
