"""A JSON schema as Anthropic's structured outputs take it.

Source: Anthropic's documentation, "Structured outputs": every object must be closed to further
properties. What fits the closed schema fits the caller's too.
"""

from __future__ import annotations

from typing import Any

Json = Any
_DEEPEST = 64
_VALUES = frozenset({"const", "default", "enum", "examples"})  # data, not schemas


def closed(schema: Json, depth: int = 0) -> Json:
    """The schema with its objects closed, where it says nothing of that itself."""
    if depth > _DEEPEST:
        return schema
    if isinstance(schema, list):
        return [closed(each, depth + 1) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        name: value if name in _VALUES else closed(value, depth + 1)
        for name, value in schema.items()
    }
    if found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found
