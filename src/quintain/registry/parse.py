"""From a caller's JSON to the schema, with every error of the body at once."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from quintain.errors import Detail, Invalid
from quintain.registry.curl import parse_curl
from quintain.registry.curled import PROVIDER
from quintain.registry.schema import AddModel, Target

_Body = TypeVar("_Body", AddModel, Target)
_Schema = TypeVar("_Schema", bound=BaseModel)

# Sent by older clients; accepted so that they keep working, and not stored.
LEGACY = frozenset({"model_type", "conversation_template", "is_compatible_with"})
LEGACY_CONFIG = LEGACY | {"model_version"}


def parse_add(body: Any) -> AddModel:
    """The body of add-model. Raises Invalid with every field error."""
    return parse(AddModel, body)


def parse_target(body: Any) -> Target:
    """The `endpoint_configuration` of a health check. Raises Invalid with every field error."""
    return parse(Target, body)


def parse(schema: type[_Body], body: Any) -> _Body:
    if not isinstance(body, Mapping):
        raise Invalid(
            (Detail("", "the body must be a JSON object"),), "The body must be a JSON object."
        )
    document = without_legacy(body)
    return validated(schema, document, _beyond_types(document))


def validated(
    schema: type[_Schema], document: Mapping[str, Any], further: Sequence[Detail] = ()
) -> _Schema:
    """A body by its schema. Raises Invalid with every field error, and the further ones after them."""
    try:
        parsed = schema.model_validate(document)
    except ValidationError as error:
        details = [_detail(schema, each) for each in error.errors()]
        raise Invalid((*details, *further)) from None
    if further:
        raise Invalid(tuple(further))
    return parsed


def without_legacy(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in body.items() if key not in LEGACY}
    config = kept.get("model_config")
    if isinstance(config, Mapping):
        kept["model_config"] = {k: v for k, v in config.items() if k not in LEGACY_CONFIG}
    return {key: value for key, value in kept.items() if value is not None}


def _beyond_types(body: Mapping[str, Any]) -> list[Detail]:
    """Rules over two fields, read from the raw body so that they join the type errors."""
    found = []
    if body.get("testing_for", "foundationModels") == "foundationModels" and not body.get(
        "model_name"
    ):
        found.append(Detail("model_name", "is required when testing_for is foundationModels"))
    return [*found, *_of_curl(body.get("model_config"))]


def _of_curl(config: Any) -> list[Detail]:
    """A command that cannot be read, told before anything that would follow from it."""
    curl = config.get("custom_curl_command") if isinstance(config, Mapping) else None
    if not isinstance(curl, str) or not curl or config.get("model_provider") != PROVIDER:
        return []
    try:
        parse_curl(curl)
    except ValueError as error:
        return [Detail("model_config.custom_curl_command", str(error))]
    return []


def _detail(schema: type[BaseModel], error: ErrorDetails) -> Detail:
    path = ".".join(str(part) for part in error["loc"])
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        close = get_close_matches(name, _known(schema, error["loc"][:-1]), n=1, cutoff=0.5)
        hint = f": did you mean {close[0]}?" if close else ""
        return Detail(path, f"unknown field {name}{hint}")
    if error["type"] == "missing":
        return Detail(path, "is required")
    return Detail(path, error["msg"].removeprefix("Value error, "))


def _known(schema: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The field names that a body may use at this place."""
    for step in location:
        if isinstance(step, str):
            schema = _model_of(_fields(schema)[step]) or schema
    return list(_fields(schema))


def _fields(schema: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in schema.model_fields.items()}


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The schema class inside `X | None`, `list[X]` or `Annotated[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Annotated, Union, types.UnionType, list}:
        found = (_model_of(inner) for inner in get_args(annotation))
        return next((model for model in found if model), None)
    return None
