"""Texts of attempts, which are hostile by trade, brought into a form that each format can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson

REPLACED = "\ufffd"
_LONE = re.compile("[\ud800-\udfff]")
# What XML 1.0 has no place for, in whatever notation: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What a spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def whole(text: str) -> str:
    """Without halves of characters, which no encoding can hold."""
    return _LONE.sub(REPLACED, text)


def for_xml(text: str) -> str:
    return _NOT_XML.sub(REPLACED, text)


def for_cell(text: str) -> str:
    """A cell that no spreadsheet calculates, none cuts off by itself, and no terminal obeys."""
    text = cut(for_xml(text), 32_000)
    return f"'{text}" if text.startswith(_FORMULA) else text


def cut(text: str, most: int) -> str:
    """At most so many characters, and how many there were."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… [{len(text):,} characters in all]"


def dumped(value: Any) -> str:
    """JSON. What has no place in it, such as half a character, is replaced."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(_mended(value)).decode()


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(str(key)): _mended(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(each) for each in value]
    if value is None or isinstance(value, bool | float):
        return value
    return value if isinstance(value, int) and abs(value) < 2**63 else whole(str(value))


def said(message: Any) -> str:
    """What one turn of a conversation says, as text. Other parts are named and not shown."""
    content = message.get("content") if isinstance(message, dict) else message
    if isinstance(content, list):
        return "\n".join(filter(None, map(_part, content)))
    if content is None:
        return ""
    return content if isinstance(content, str) else dumped(content)


def role_of(message: Any) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    return role if isinstance(role, str) and role else "user"


def spoken(prompt: Any) -> str:
    """A conversation as one text: a single question as it is, several turns with their roles."""
    turns = prompt if isinstance(prompt, list) else []
    if len(turns) == 1:
        return said(turns[0])
    return "\n\n".join(f"{role_of(turn)}: {said(turn)}" for turn in turns)


def counted(number: int, one: str, more: str = "") -> str:
    """`1 attempt`, `2,000 attempts`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """`one, two and three`."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    kind = part.get("type") if isinstance(part, dict) else ""
    return f"[{kind or 'part'}]"
