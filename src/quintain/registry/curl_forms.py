"""What curl makes of `-F` and `--data-urlencode`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from quintain.registry.placeholders import quoted_around

_TYPE = re.compile(r"[!#$&^_.+0-9A-Za-z-]+/[^\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class FormPart:
    name: str
    value: str
    filename: str | None = None
    content_type: str | None = None


def urlencoded(text: str, spelled: str) -> str:
    """`content`, `=content` or `name=content`; the content is encoded, but for placeholders.

    Raises ValueError for `@file` and `name@file`.
    """
    name, equals, content = text.partition("=")
    if equals:
        return f"{name}={quoted_around(content)}" if name else quoted_around(content)
    if "@" in text:
        raise ValueError(
            f"has {spelled} {text[:64]}: files are not read: put the text itself in its place"
        )
    return quoted_around(text)


def form_part(text: str, spelled: str) -> FormPart:
    """`name=value` with `;type=` and `;filename=` after it. Raises ValueError for the rest."""
    name, equals, given = text.partition("=")
    if not equals:
        raise ValueError(f"has {spelled} without a value: write name=value")
    given = given.lstrip(" \t")
    if given[:1] in {"@", "<"}:
        raise ValueError(
            f"has {spelled} {name[:64]}={given[:64]}: files are not read: write the text itself"
            f" with --form-string {name[:64]}="
        )
    if given[:1] == "(":
        raise ValueError(f"has {spelled} with a nested multipart, which is not sent")
    value, *attributes = _pieces(given)
    known = dict(_attribute(each, spelled) for each in attributes)
    return FormPart(name, value, known.get("filename"), known.get("type"))


def _pieces(text: str) -> Iterator[str]:
    """The value and its attributes: separated by semicolons, each maybe in double quotes."""
    at = 0
    while True:
        piece, at = _piece(text, at)
        yield piece
        if at >= len(text):
            return
        at += 1


def _piece(text: str, at: int) -> tuple[str, int]:
    start = _LEADING.match(text, at)
    opened = start.end() if start else at
    if found := _QUOTED.match(text, opened):
        head = text[at:opened].strip()
        return head + _ESCAPED.sub(r"\1", found[1]), found.end()
    end = text.find(";", at)
    end = len(text) if end < 0 else end
    return text[at:end], end


_LEADING = re.compile(r"\s*(?:(?:filename|type|encoder|headers)=)?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"[ \t]*(?=;|$)', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')


def _attribute(text: str, spelled: str) -> tuple[str, str]:
    name, _, value = text.strip().partition("=")
    value = value.strip()
    if name == "type" and _TYPE.fullmatch(value):
        return name, value
    if name == "filename" and not re.search(r"[\x00-\x1f\x7f]", value):
        return name, value
    raise ValueError(
        f"has {spelled} with ;{name[:64]}, which is not sent: ;type= and ;filename= are."
        ' A value with a semicolon stands in double quotes: name="a;b"'
    )
