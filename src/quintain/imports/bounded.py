"""Documents read within bounds: JSON and YAML of unknown origin, as plain data.

A YAML document of a few hundred bytes can stand for more data than a machine holds (aliases of
aliases), so its nodes are counted as they would be written out, before any data is made of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import orjson
import yaml

from quintain.imports.refusal import Unimportable

Json = Any

MAX_SOURCE = 33_554_432  # characters
MAX_YAML = 2_097_152  # characters; what is larger must be JSON
MAX_DEPTH = 64
MAX_NODES = 1_000_000
MAX_YAML_NODES = 100_000

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = (None, "!", f"{_TAG}str")


class _Loader(yaml.CSafeLoader):
    """YAML's safe part with the scalars of its core schema: no dates, no numbers in base 60."""


_Loader.yaml_implicit_resolvers = {}
_SCALARS = {
    "bool": (r"(?:true|True|TRUE|false|False|FALSE)$", [*"tTfF"]),
    "int": (r"[-+]?(?:0|[1-9][0-9]{0,17})$", [*"-+0123456789"]),
    "float": (r"[-+]?[0-9]{1,32}\.[0-9]{0,32}(?:[eE][-+][0-9]{1,3})?$", [*"-+0123456789"]),
    "null": (r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "merge": (r"<<$", ["<"]),
}
for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), _first)


def looks_like_json(text: str) -> bool:
    return text.lstrip()[:1] in {"{", "["}


def read_document(text: str) -> Json:
    """JSON, else YAML. Keys are texts, numbers finite. Raises Unimportable."""
    if looks_like_json(text):
        try:
            return read_json(text)
        except Unimportable:
            if re.match(r'\s*[{\[]\s*["{\[]', text):
                raise
    return _read_yaml(text)


def read_json(text: str) -> Json:
    """Raises Unimportable with the place of the fault."""
    try:
        data = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise Unimportable(f"The source is not JSON: {error}.") from None
    return _plain(data)


def json_or_none(text: str | None) -> Json:
    """A part of a source that may be JSON; None where it is not, or is too large a thing."""
    if not text or len(text) > MAX_SOURCE:
        return None
    try:
        return read_json(text)
    except Unimportable:
        return None


def _read_yaml(text: str) -> Json:
    if len(text) > MAX_YAML:
        raise Unimportable(f"The source is YAML of more than {MAX_YAML} characters.")
    try:
        _survey(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _count(node)
        return _plain(loader.construct_document(node))
    except yaml.YAMLError as error:
        raise Unimportable(f"The source is not YAML: {_problem(error)}.") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise Unimportable(
            f"The source is YAML with a value that cannot be read: {error}."
        ) from None


def _problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{getattr(error, 'problem', None) or 'it cannot be parsed'}{place}"


def _survey(text: str) -> None:
    """Depth, number of nodes and tags, from the events alone."""
    depth = 0
    for seen, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        if seen > 2 * MAX_YAML_NODES:
            raise _too_many(MAX_YAML_NODES)
        if (
            isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
            and event.tag not in _TEXT_TAGS
        ):
            raise Unimportable("The source is YAML with tags (!...), which are not taken.")


def _count(root: yaml.Node) -> None:
    """The nodes as aliases would write them out. Refuses too many, and one that holds itself."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    while stack:
        node, counted = stack.pop()
        if id(node) in sizes:
            continue
        if counted:
            open_nodes.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in _children(node))
            if sizes[id(node)] > MAX_YAML_NODES:
                raise _too_many(MAX_YAML_NODES)
            continue
        if id(node) in open_nodes:
            raise Unimportable("The source is YAML in which an alias (*) stands inside itself.")
        open_nodes.add(id(node))
        stack.append((node, True))
        stack += [(child, False) for child in _children(node) if id(child) not in sizes]


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value


def _plain(data: Json) -> Json:
    """The same with text keys and finite numbers, measured on the way."""
    seen = 0

    def copied(value: Json, depth: int) -> Json:
        nonlocal seen
        seen += 1
        if seen > MAX_NODES:
            raise _too_many(MAX_NODES)
        if depth > MAX_DEPTH:
            raise _too_deep()
        if isinstance(value, dict):
            return {_key(key): copied(inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, list):
            return [copied(inner, depth + 1) for inner in value]
        return str(value) if isinstance(value, float) and not math.isfinite(value) else value

    return copied(data, 0)


def _key(key: Json) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return str(key).lower()
    return "null" if key is None else str(key)


def _too_deep() -> Unimportable:
    return Unimportable(f"The source is nested more than {MAX_DEPTH} levels deep.")


def _too_many(most: int) -> Unimportable:
    return Unimportable(f"The source holds more than {most} values.")
