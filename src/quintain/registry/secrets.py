"""Takes a registration apart into public JSON and its secrets, and puts it together again.

A *document* is the JSON form of a `ModelConfig` with `Secret` objects in the secret places. In
public JSON a null stands in each place that has a secret; nothing else is ever null there, since
absent fields are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel

from quintain.registry.schema import AuthData, ModelConfig
from quintain.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = "model_config"
TOKEN = f"{ROOT}.model_jwt_config"
CURL = f"{ROOT}.custom_curl_command"
_TOKEN_SECRETS = ("jwt_body", "client_secret")

# The full path, and where in the document the value stands: holder[key].
Place = tuple[str, Any, Any]


def document(config: ModelConfig) -> dict[str, Any]:
    """The registration as it was given: a new dict without what is unset or null in the schema."""
    return _plain_model(config)


def split(config: ModelConfig) -> tuple[dict[str, Any], dict[str, Secret]]:
    """Public JSON, and the secrets by their full dotted path."""
    public = document(config)
    found: dict[str, Secret] = {}
    for path, holder, key in places(public):
        found[path] = holder[key]
        holder[key] = None
    return public, found


def join(public: dict[str, Any], secrets: Mapping[str, Secret]) -> ModelConfig:
    """Undo `split`; uses `public` up. A secret that is not there is unreadable."""
    for path, holder, key in places(public):
        holder[key] = secrets.get(path) or Secret.unreadable()
    return ModelConfig.model_validate(public)


def places(config: Any) -> Iterator[Place]:
    """Every secret place that a config document has; it need not be valid."""
    if not isinstance(config, dict):
        return
    yield from _items(f"{ROOT}.apikeys", config.get("apikeys"))
    yield from _headers(f"{ROOT}.custom_headers", config.get("custom_headers"))
    yield from _further_auth(config.get("auth_data"))
    yield from _of_token(config.get("model_jwt_config"))
    if "custom_curl_command" in config:
        yield CURL, config, "custom_curl_command"


def _items(path: str, values: Any) -> Iterator[Place]:
    if isinstance(values, list):
        for index in range(len(values)):
            yield f"{path}.{index}", values, index


def _headers(path: str, headers: Any) -> Iterator[Place]:
    for item, holder, index in _items(path, headers):
        if isinstance(holder[index], dict) and "value" in holder[index]:
            yield f"{item}.value", holder[index], "value"


def _further_auth(auth: Any) -> Iterator[Place]:
    if isinstance(auth, dict):
        for name in auth:
            if isinstance(name, str) and name not in AuthData.model_fields:
                # JSON's escapes: PostgreSQL stores no NUL.
                yield f"{ROOT}.auth_data.{orjson.dumps(name).decode()[1:-1]}", auth, name


def _of_token(token: Any) -> Iterator[Place]:
    if isinstance(token, dict):
        yield from _headers(f"{TOKEN}.jwt_headers", token.get("jwt_headers"))
        for name in _TOKEN_SECRETS:
            if name in token:
                yield f"{TOKEN}.{name}", token, name


def _plain_model(model: BaseModel) -> dict[str, Any]:
    declared, given = type(model).model_fields, model.model_fields_set
    return {
        name: _plain(value)
        for name, value in model
        # A null is absence where the schema names the field, and data where it does not.
        if name in given and (value is not None or name not in declared)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain_model(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
