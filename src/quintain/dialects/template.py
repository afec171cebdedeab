"""A custom endpoint's payload with placeholders, filled in as data.

Placeholders stand inside string values only and are found once, when the template is compiled.
What they are filled with is never looked at again: a prompt with quotes, braces or `{session_id}`
in it stays the text of the one string it was put into. A string that is JSON text itself is a
template of its own, and is written as JSON again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from quintain.registry.placeholders import OF_EACH

Json = Any
Fill = Callable[[Mapping[str, Json]], Json]

MAX_DEPTH = 128
_EACH = re.compile(r"\{(message|history)\.(?:role|text)\}")


def text_of(value: Json) -> str:
    """What a value is inside a text: lists and objects as JSON, None as nothing."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def read_json(text: str, bare: frozenset[str]) -> Json:
    """JSON text, in which placeholders of the names in `bare` may stand without their quotes.

    Raises ValueError where it is none.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        choices = "|".join(map(re.escape, bare)) or r"(?!)"
        quoted = re.sub(rf"([:\[,]\s*)(\{{(?:{choices})\}})(?=\s*[,\]}}])", r'\1"\2"', text)
        if quoted == text:
            raise
        return orjson.loads(quoted)


# Written into a longer JSON text as they are, these stay one value whatever they hold.
_BARE = frozenset({"messages"})


class _Compiler:
    """Turns each part of a payload into a function of the values, or None where nothing varies."""

    def __init__(self, names: frozenset[str]) -> None:
        choices = "|".join(map(re.escape, names))
        self._placeholder = re.compile(rf"\{{({choices})\}}" if names else r"(?!)()")
        self._repeats = bool(names & OF_EACH)
        self._inside = ""  # of an item that is repeated: what for
        self.used: set[str] = set()

    def part(self, node: Json, depth: int = 0) -> Fill | None:
        if depth > MAX_DEPTH:
            raise ValueError(f"is nested more than {MAX_DEPTH} levels deep")
        if isinstance(node, str):
            return self._string(node, depth)
        if isinstance(node, dict):
            return self._container(dict, node, node.items(), depth)
        if isinstance(node, list):
            return self._list(node, depth)
        return None

    def _list(self, node: list[Json], depth: int) -> Fill | None:
        lists = [self._repeated(item) for item in node]
        if not any(lists):
            return self._container(list, node, enumerate(node), depth)
        fills = [
            self._each(item, of, depth) if of else self._once(item, depth)
            for item, of in zip(node, lists, strict=True)
        ]
        return lambda values: [part for fill in fills for part in fill(values)]

    def _repeated(self, item: Json) -> str:
        """What an item of a list stands for each of, "" where it stands once.

        A list within a list is looked into in its turn.
        """
        if self._inside or not self._repeats or isinstance(item, list):
            return ""
        found = {name for text in _strings(item) for name in _EACH.findall(text)}
        if len(found) > 1:
            raise ValueError("has {message...} and {history...} in one item of a list")
        return found.pop() if found else ""

    def _each(self, item: Json, of: str, depth: int) -> Fill:
        self._inside = of
        fill = self.part(item, depth + 1)
        self._inside = ""
        assert fill is not None  # noqa: S101  # it was found to have a place
        return lambda values: [fill({**values, **message}) for message in values[of]]

    def _once(self, item: Json, depth: int) -> Fill:
        fill = self.part(item, depth + 1)
        return (lambda _: [item]) if fill is None else (lambda values: [fill(values)])

    def _string(self, text: str, depth: int) -> Fill | None:
        pieces = self._placeholder.split(text)  # literal, name, literal, name, ..., literal
        names = pieces[1::2]
        if not names:
            return None
        self.used.update(names)
        if (nested := self._nested(text, depth)) is not None:
            return nested
        self._refuse_outside(names)
        if len(names) == 1 and not pieces[0] and not pieces[2]:
            alone = names[0]
            return lambda values: values[alone]
        literals = pieces[0::2]
        return lambda values: (
            literals[0]
            + "".join(
                [
                    text_of(values[name]) + after
                    for name, after in zip(names, literals[1:], strict=True)
                ]
            )
        )

    def _refuse_outside(self, names: list[str]) -> None:
        stray = [
            name for name in names if name in OF_EACH and name.partition(".")[0] != self._inside
        ]
        if stray:
            raise ValueError(
                f"has {{{stray[0]}}} outside of a list: it stands in an item of a JSON list, which is"
                " repeated for each message"
            )

    def _nested(self, text: str, depth: int) -> Fill | None:
        """A string that is JSON text with a place in it. None for any other."""
        if text.lstrip()[:1] not in {"{", "[", '"'}:
            return None
        try:
            inner = read_json(text, _BARE)
        except orjson.JSONDecodeError:
            return None
        fill = self.part(inner, depth + 1)
        return None if fill is None else lambda values: orjson.dumps(fill(values)).decode()

    def _container(self, copy: Any, node: Json, items: Any, depth: int) -> Fill | None:
        fills = [(at, fill) for at, item in items if (fill := self.part(item, depth + 1))]
        if not fills:
            return None

        def filled(values: Mapping[str, Json]) -> Json:
            result = copy(node)
            for at, fill in fills:
                result[at] = fill(values)
            return result

        return filled


def _strings(node: Json) -> Iterator[str]:
    """Every string value within, to any depth."""
    left = [node]
    while left:
        part = left.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            left += part.values()
        elif isinstance(part, list):
            left += part


class Template:
    """names: the placeholders that occur in the payload."""

    __slots__ = ("_fill", "_payload", "names")

    def __init__(self, payload: Json, fill: Fill | None, names: frozenset[str]) -> None:
        self._payload, self._fill, self.names = payload, fill, names

    @classmethod
    def compile(cls, payload: Json, names: frozenset[str]) -> Template:
        """Find the placeholders `{name}` of the given names; other braces stay as they are.

        An item of a list that names one of `OF_EACH` is repeated: `message` and `history` are then
        lists of the values for each time.

        Raises ValueError for a payload nested more than 128 levels deep.
        """
        # Only a payload that repeats anything is looked through for what it repeats.
        repeats = any(_EACH.search(text) for text in _strings(payload))
        compiler = _Compiler(names if repeats else names - OF_EACH)
        fill = compiler.part(payload)
        return cls(payload, fill, frozenset(compiler.used))

    def render(self, values: Mapping[str, Json]) -> Json:
        """Give the payload with all placeholders filled in.

        A placeholder alone in its string becomes the value itself (`{messages}` the array); inside
        a longer one it becomes text, lists and objects as JSON, None as nothing. What does not
        vary is shared between renderings: do not change it. Raises KeyError for a missing value.
        """
        return self._payload if self._fill is None else self._fill(values)
