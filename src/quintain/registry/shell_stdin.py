"""What a shell would write to a command's standard input, where the command holds it itself.

Source: the Bash manual, 3.6.6 "Here Documents" and 3.6.7 "Here Strings".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from quintain.registry.shell_reader import variable

HERE_STRING = "<<<"
_HEREDOC = re.compile(r"""<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|(\\?)(\w+))""")
_EXPANDED = re.compile(r"\\([$`\\])|\\\n|\$\{?([A-Za-z_]\w{0,99})|`|\$\(")
# Where curl reads it: as an option's value of its own, or attached to the option.
_READ = re.compile(r"(-d|--(?:data|data-ascii|data-binary|json)=)?@-")
_JOINING = frozenset({"-d", "--data", "--data-ascii"})  # -d takes line breaks out of what it reads


class Heredoc(NamedTuple):
    """text: the command without the body. at: where it goes on."""

    body: str
    text: str
    at: int


def heredoc(text: str, at: int) -> Heredoc | None:
    """The one that begins here, None for none. Raises ValueError where it never ends."""
    found = _HEREDOC.match(text, at)
    if found is None:
        return None
    name = found[2] or found[3] or found[5]
    line = text.find("\n", found.end())
    end = re.compile(rf"^[ \t]*{re.escape(name)}[ \t]*$", re.MULTILINE)
    closed = end.search(text, line + 1) if line >= 0 else None
    if closed is None:
        raise ValueError(f"has a heredoc << that no line with {name[:64]} alone ends")
    body = text[line + 1 : closed.start()]
    if found[1]:
        body = re.sub(r"^\t+", "", body, flags=re.MULTILINE)
    if found[5] and not found[4]:
        body = _EXPANDED.sub(_expanded, body)
    return Heredoc(body, text[:line] + text[closed.end() :], found.end())


def _expanded(found: re.Match[str]) -> str:
    if found[2]:
        raise variable(found[2])
    if found[0][0] != "\\":
        raise ValueError("has a heredoc with a part that a shell would run: put its result there")
    return found[1] or ""


def with_stdin(words: list[str], text: str) -> list[str]:
    """The words with the standard input in the place of each `@-`."""
    given = []
    for before, word in zip(["", *words], words, strict=False):
        found = _READ.fullmatch(word) if before != "--data-raw" else None
        option = (found[1] or before).rstrip("=") if found else ""
        joined = re.sub(r"[\r\n]", "", text) if option in _JOINING else text
        given.append((found[1] or "") + joined if found else word)
    return given
