"""What an answer says to its reader: without reasoning before it, and out of the JSON it comes in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ...asking import readable
from .decoding import plain, whole

MOST_CHARS = 100_000  # of an answer that is read for its form
_TAG = r"(?:think(?:ing)?|thought|reason(?:ing)?)"
_OPEN = re.compile(rf"\s*<{_TAG}>", re.IGNORECASE)
CLOSE = re.compile(rf"</{_TAG}>", re.IGNORECASE)
_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)```\s*", re.DOTALL)
_EMPHASIS = re.compile(r"\*{1,3}(?=\S)([^*\n]{1,200})(?<=\S)\*{1,3}")
_PREFIX = re.compile(r"^[ \t]*(?:#{1,6}|>)[ \t]+", re.MULTILINE)


def answered(text: str) -> str:
    """The answer without the reasoning that it begins with; "" where it ends within that.

    Some servers leave the opening tag out. What has nothing after its reasoning is kept whole.
    """
    closed = CLOSE.search(text)
    if closed is None:
        return "" if _OPEN.match(text) else text
    later = _OPEN.search(text[: closed.start()])
    rest = text[closed.end() :]
    begins = later is None or later.start() == 0
    return rest if begins and readable(rest) else text


def unfinished(text: str) -> bool:
    """Whether an answer ends within its reasoning."""
    return readable(text) and not answered(text)


def worded(text: str) -> str:
    """The words of an answer, at most 100 000 characters, for detectors that go by form."""
    clear = plain(answered(text[:MOST_CHARS])).strip()
    fenced = _FENCED.fullmatch(clear)
    clear = _of_json(fenced[1].strip() if fenced else clear) or whole(clear) or clear
    return _PREFIX.sub("", _EMPHASIS.sub(r"\1", clear)).strip()


def _of_json(text: str) -> str:
    """The texts in a JSON document, a line each; "" for what is none."""
    if not text.startswith(("{", "[")):
        return ""
    try:
        return "\n".join(_texts(json.loads(text)))
    except (ValueError, RecursionError):
        return ""


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict | list):
        for each in document.values() if isinstance(document, dict) else document:
            yield from _texts(each)
