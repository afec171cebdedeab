"""Detectors by name, and how a specification becomes one."""

from __future__ import annotations

from typing import Any

from . import (
    canary,
    combine,
    compliance,
    disclosure,
    instructions,
    json_schema,
    language,
    length,
    refusal,
    regex,
    string,
    tool_use,
)
from .base import Detector, Wrong

DEEPEST = 5


def make(spec: Any, where: str = "detector") -> Detector:
    """A name (`refusal`) or one name with its options (`{string: [a, b]}`). Raises Wrong."""
    named = {spec: None} if isinstance(spec, str) else spec
    if not isinstance(named, dict) or len(named) != 1:
        raise Wrong(where, "must be a detector's name, or an object with one name and its options")
    ((name, options),) = named.items()
    if name not in KINDS:
        raise Wrong(where, f"{name!r} is no detector; there are {', '.join(KINDS)}")
    if where.count(".") > 2 * DEEPEST:
        raise Wrong(where, f"is nested deeper than {DEEPEST} times")
    return KINDS[name](options, f"{where}.{name}")


KINDS: dict[str, combine.Make] = {
    "string": string.make,
    "regex": regex.make,
    "canary": canary.make,
    "disclosure": disclosure.make,
    "instructions": instructions.make,
    "json_schema": json_schema.make,
    "language": language.make,
    "length": length.make,
    "tool_use": tool_use.make,
    "refusal": refusal.make,
    "compliance": compliance.make,
    "all_of": combine.several("all_of", make),
    "any_of": combine.several("any_of", make),
    "not": combine.negation(make),
}
