"""A text as a literal of another language, in printable characters only.

What cannot be printed (a no-break space, a right-to-left mark) is escaped, so that what stands on a
screen is what is meant, and survives being copied from there.
"""

from __future__ import annotations

import shlex

import orjson


def quoted(text: str) -> str:
    r"""A double-quoted string of Python and of YAML alike: both know `\uXXXX` and `\UXXXXXXXX`."""
    return '"' + "".join(_in_quotes(char) for char in text) + '"'


def _in_quotes(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    point = ord(char)
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def json_text(document: object) -> str:
    """JSON over several lines."""
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    return "".join(char if _shown(char) else _in_json(char) for char in text)


def _shown(char: str) -> bool:
    return char.isprintable() or char == "\n"


def _in_json(char: str) -> str:
    """One escape, or a pair of surrogates: JSON counts in UTF-16."""
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def word(text: str) -> str:
    """One word of a shell. bash, zsh and ksh read all of it; other shells, what needs no escape."""
    if all(_shown(char) for char in text):
        return shlex.quote(text)
    return "$'" + "".join(_in_shell(char) for char in text) + "'"


def _in_shell(char: str) -> str:
    if char in "'\\":
        return f"\\{char}"
    if char.isprintable():
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode())


def key_of(variable: str) -> str:
    """The key's variable in a shell; the shell itself says so where it is not set."""
    return f'"${{{variable}:?}}"'
