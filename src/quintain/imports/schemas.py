"""JSON schemas of an API's description: local references followed, examples made, all bounded.

Source: OpenAPI 3.0 and 3.1 (spec.openapis.org), JSON Schema 2020-12.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from quintain.imports.places import Json
from quintain.imports.refusal import Unimportable
from quintain.imports.source import items, mapping, text

MAX_DEPTH = 12
MAX_HOPS = 32
MAX_STEPS = 50_000

_PROMPTS = re.compile(
    r"prompt|message|question|query|input|text|content|utterance|role", re.IGNORECASE
)


class RemoteReference(Unimportable):
    def __init__(self, reference: str) -> None:
        super().__init__(
            f"The document refers to another one ({reference[:100]}), and nothing is fetched: bundle them into one first."
        )


class Schemas:
    """One document's references. A bound on all steps together keeps large documents cheap."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._steps = 0

    def resolved(self, value: Json) -> dict[str, Any]:
        """What a value with `$ref` stands for; {} for what leads nowhere. Raises RemoteReference."""
        for _ in range(MAX_HOPS):
            reference = mapping(value).get("$ref")
            if not isinstance(reference, str):
                return mapping(value)
            beside = {key: inner for key, inner in mapping(value).items() if key != "$ref"}
            value = self._at(reference)
            if beside and isinstance(value, dict) and "$ref" not in value:
                value = value | beside
        return {}

    def _at(self, reference: str) -> Json:
        if not reference.startswith("#"):
            raise RemoteReference(reference)
        found: Json = self._document
        for escaped in unquote(reference[1:]).split("/")[1:]:
            step = escaped.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list):
                found = found[int(step)] if step.isdigit() and int(step) < len(found) else None
            else:
                found = mapping(found).get(step)
        return found

    def example(
        self,
        schema: Json,
        *,
        whole: bool = False,
        name: str = "",
        depth: int = 0,
        above: tuple[int, ...] = (),
    ) -> Json:
        """A value that the schema describes. whole: with every property, not the required ones alone."""
        self._steps += 1
        schema = self.merged(schema)
        if depth > MAX_DEPTH or id(schema) in above or self._steps > MAX_STEPS:
            return None
        for key in ("example", "const", "default"):
            if schema.get(key) is not None:
                return schema[key]
        for key in ("examples", "enum"):
            if items(schema.get(key)):
                return schema[key][0]
        return self._made(schema, whole, name, depth + 1, above)

    def _made(
        self, schema: dict[str, Any], whole: bool, name: str, depth: int, above: tuple[int, ...]
    ) -> Json:
        for key in ("oneOf", "anyOf"):
            options = [
                option for option in items(schema.get(key)) if mapping(option).get("type") != "null"
            ]
            if options:
                return self.example(
                    self._likeliest(options), whole=whole, name=name, depth=depth, above=above
                )
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, whole, depth, above)
        if kind == "array":
            inner = self.example(
                schema.get("items"), whole=whole, name=name, depth=depth, above=above
            )
            wanted = (
                whole or schema.get("minItems") or _PROMPTS.search(name) or isinstance(inner, dict)
            )
            return [inner] if wanted and inner is not None else []
        return {"integer": 0, "number": 0, "boolean": False, "null": None}.get(kind, "string")

    def _likeliest(self, options: list[Json]) -> Json:
        """A text where one is allowed, since it is simplest."""
        return next((o for o in options if _kind(self.merged(o)) == "string"), options[0])

    def _object(
        self, schema: dict[str, Any], whole: bool, depth: int, above: tuple[int, ...]
    ) -> dict[str, Any]:
        properties = mapping(schema.get("properties"))
        required = {text(name) for name in items(schema.get("required"))}
        wanted = [
            n
            for n in properties
            if whole or n in required or (depth <= 3 and _is_prompt(n, properties, required))
        ]
        made = {}
        for name in wanted[:200]:
            value = self.example(
                properties[name], whole=whole, name=name, depth=depth, above=(*above, id(schema))
            )
            if value is not None or name in required:
                made[name] = value
        return made

    def merged(self, schema: Json, depth: int = 0) -> dict[str, Any]:
        """The schema with its `allOf` joined, as deep as is sensible."""
        resolved = self.resolved(schema)
        parts = items(resolved.get("allOf"))
        if not parts or depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return resolved
        joined: dict[str, Any] = {key: value for key, value in resolved.items() if key != "allOf"}
        for part in parts[:50]:
            self._steps += 1
            _join(joined, self.merged(part, depth + 1))
        return joined


def _join(joined: dict[str, Any], part: dict[str, Any]) -> None:
    for key, value in part.items():
        if key == "properties":
            joined[key] = mapping(value) | mapping(joined.get(key))
        elif key == "required":
            joined[key] = [*items(joined.get(key)), *items(value)][:1000]
        else:
            joined.setdefault(key, value)


def _is_prompt(name: str, properties: dict[str, Any], required: set[str]) -> bool:
    """An optional property that likely takes the message, where no required one does."""
    return bool(_PROMPTS.search(name)) and not any(
        _PROMPTS.search(n) for n in required if n in properties
    )


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else "string"
