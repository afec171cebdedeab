"""A pasted command as its words, by the rules of the shell that it was written for.

Nothing is run or expanded: what a shell would replace (a variable, a command) is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from quintain.registry.shell_bash import BashWords
from quintain.registry.shell_reader import SPACES
from quintain.registry.shell_windows import CmdWords, PowerShellWords

MAX_LENGTH = 262_144  # characters
_CMD = re.compile(r"\^[ \t]*\n|(?:^|\s)\^\"|[{\[,:]\s*\"\"[^\s,\"]")
_POWERSHELL = re.compile(r"`[ \t]*\n")
_PROMPT = re.compile(
    r"\s*(?:(?:\$|%|PS [^>\n]{0,256}>|[A-Za-z]:\\[^>\n]{0,256}>)\s+|(?:[A-Za-z]:\\[^>\n]{0,256}>))"
)
_COMMENTS = re.compile(r"(?:\s*#[^\n]*\n)+")


def shell_words(text: str) -> list[str]:
    """The words of one command. Raises ValueError with a sentence for what cannot be told."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters")
    if "\0" in text:
        raise ValueError("holds a NUL character")
    text = text.replace("\r\n", "\n").strip(SPACES)
    text = _COMMENTS.sub("", text, count=1) if text.startswith("#") else text
    text = _PROMPT.sub("", text, count=1) if _PROMPT.match(text) else text
    return _reader(text)(text)


def _reader(text: str) -> Callable[[str], list[str]]:
    """Windows' cmd where a caret quotes or joins lines, PowerShell where a backtick does, else a POSIX shell.

    Single quotes mean nothing to cmd, so a command whose first quote is one is none of cmd's.
    """
    first = re.search(r"['\"]", text)
    if _CMD.search(text) and not (first and first[0] == "'"):
        return CmdWords.of
    return PowerShellWords.of if _POWERSHELL.search(text) else BashWords.of
