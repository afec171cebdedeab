"""`json_schema`: the answer is, or holds in a fence, JSON that fits a schema."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import jsonschema

from . import given
from .base import Detector, Found, Seen, Undecided, Wrong

name = "json_schema"
MOST_SCHEMA = 50_000
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Schema:
    validator: Any
    name: str = name
    weak: bool = False

    def look(self, seen: Seen) -> Found:
        fenced = _FENCE.search(seen.answer)
        text = fenced[1] if fenced else seen.answer
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return Found(0.0, "The answer is no JSON.")
        try:
            error = jsonschema.exceptions.best_match(self.validator.iter_errors(document))
        except RecursionError:
            raise Undecided("The schema refers to itself without an end.") from None
        if error is None:
            return Found(1.0, "The answer is JSON that fits the schema.")
        return Found(0.0, f"At {error.json_path}: {error.message[:200]}")


def make(spec: Any, where: str) -> Detector:
    """{schema}: a JSON schema without references to elsewhere and without patterns."""
    schema = given.options(spec, where, "schema").get("schema")
    if not isinstance(schema, dict):
        raise Wrong(f"{where}.schema", "must be a JSON schema, an object")
    text = json.dumps(schema)
    if len(text) > MOST_SCHEMA:
        raise Wrong(f"{where}.schema", f"must be at most {MOST_SCHEMA} characters")
    if re.search(r'"pattern": "|"patternProperties": \{', text):
        raise Wrong(f"{where}.schema", "may not use pattern: it has no deadline; use regex")
    if re.search(r'"\$(dynamic)?[rR]ef": "(?!#)', text):
        raise Wrong(f"{where}.schema", "may refer only to itself (#/...)")
    kind = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise Wrong(f"{where}.schema", f"is no JSON schema: {error.message[:200]}") from None
    return Schema(kind(schema))
