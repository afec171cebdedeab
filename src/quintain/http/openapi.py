"""The API's description (OpenAPI 3.1): the framework's, with our answers, errors and keys in it."""

from __future__ import annotations

import copy
from typing import Any

from fastapi import FastAPI

from quintain.http.gateway_shapes import GATEWAY
from quintain.http.rules import PUBLIC, RULES
from quintain.http.run_shapes import FILES
from quintain.http.shapes import ANSWERS, COMPONENTS

Schema = dict[str, Any]
_LOCAL = "#/$defs/"
_SHARED = "#/components/schemas/"
_TEXT: dict[str, Schema] = {"text/plain": {"type": "string"}}
_REFUSALS = {
    "400": "Not JSON",
    "401": "The key is missing or not valid",
    "403": "The key has not the right",
    "404": "There is no such thing in the key's project",
    "409": "It is in conflict with what is there",
    "413": "The body is too large",
    "415": "The body is not of a kind that the call takes",
    "422": "Field errors, all of them at once",
    "503": "Shutting down, or the store is away",
}


def describe(app: FastAPI) -> None:
    """Put our description in the place of the framework's; it is made once, when asked for."""
    generate = app.openapi

    def described() -> Schema:
        if app.openapi_schema is None:
            _complete(generate())
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign]


def _complete(document: Schema) -> None:
    document["components"] = {
        "schemas": (schemas := copy.deepcopy(COMPONENTS)),
        "securitySchemes": {
            "apikey": {"type": "apiKey", "in": "header", "name": "apikey"},
            "bearer": {"type": "http", "scheme": "bearer"},
        },
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = method.upper(), path
            _share_definitions(operation, schemas)
            _require_name(operation)
            operation["summary"] = operation.get("description", path).partition("\n")[0].rstrip(".")
            operation["responses"] = _responses(route)
            if RULES.get(route) is not PUBLIC:
                operation["security"] = [{"apikey": []}]
    document["paths"] |= GATEWAY


def _responses(route: tuple[str, str]) -> Schema:
    kinds: Schema = {kind: {"schema": each} for kind, each in FILES.get(route, _TEXT).items()}
    if route in ANSWERS:
        kinds = {"application/json": {"schema": {"$ref": _SHARED + ANSWERS[route]}}}
    refusals = {"503": _REFUSALS["503"]} if RULES.get(route) is PUBLIC else _REFUSALS
    error = {"application/json": {"schema": {"$ref": f"{_SHARED}Error"}}}
    return {"200": {"description": "It worked", "content": kinds}} | {
        status: {"description": what, "content": error} for status, what in refusals.items()
    }


def _require_name(operation: Schema) -> None:
    """Read as optional, so that its absence is told in our words; it is required all the same."""
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "X-Enkrypt-Model":
            parameter |= {"required": True, "schema": {"type": "string", "minLength": 1}}


def _share_definitions(operation: Schema, schemas: Schema) -> None:
    """Move a body's own definitions to where the whole document finds them."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None:
        return
    definitions = schema.pop("$defs", {})
    names = {name: _name(name, _pointing(each, {}), schemas) for name, each in definitions.items()}
    for name, each in definitions.items():
        schemas[names[name]] = _pointing(each, names)
    content["application/json"]["schema"] = _pointing(schema, names)


def _name(name: str, definition: Schema, schemas: Schema) -> str:
    """A name of its own for a definition that differs from the shared one of its name."""
    taken = schemas.get(name)
    return name if taken is None or taken == definition else f"{name}Change"


def _pointing(value: Any, names: dict[str, str]) -> Any:
    """A copy whose references lead to the shared definitions."""
    if isinstance(value, list):
        return [_pointing(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    copied = {key: _pointing(each, names) for key, each in value.items()}
    target = copied.get("$ref")
    if isinstance(target, str) and target.startswith(_LOCAL):
        name = target.removeprefix(_LOCAL)
        copied["$ref"] = _SHARED + names.get(name, name)
    return copied
