"""The bodies of health checks for models that are not saved: nested, and the older flat form."""

from __future__ import annotations

from typing import Any

from yarl import URL

from quintain.errors import Detail, Invalid
from quintain.registry.parse import parse_target
from quintain.registry.providers import defaults
from quintain.registry.schema import Target

_FLAT_CONFIG = (
    "model_source", "model_provider", "hosting_type", "rate_per_min", "system_prompt", "model_auth_type",
    "model_jwt_config", "auth_data", "input_modalities", "output_modalities", "custom_curl_command",
    "custom_headers", "custom_payload", "custom_response_content_type", "custom_response_format", "metadata",
)  # fmt: skip


def nested(body: dict[str, Any]) -> Target:
    """`{"endpoint_configuration": {...}}`. Raises Invalid."""
    inner = _only(body, "endpoint_configuration")
    known = {"model_saved_name", "model_version"}  # a saved model's, of no use here
    return _parsed({k: v for k, v in inner.items() if k not in known}, "endpoint_configuration")


def flat(body: dict[str, Any]) -> Target:
    """`{"target_model_configuration": {...}}` with one URL and one key. Raises Invalid."""
    given = _only(body, "target_model_configuration")
    # Where the official SDK puts what its class has no field for.
    further = given.get("_extra_fields")
    given = (further if isinstance(further, dict) else {}) | given
    inner = {k: v for k, v in given.items() if v not in (None, "", [], {})}
    known = {
        *_FLAT_CONFIG,
        "testing_for",
        "model_name",
        "certifications",
        "model_endpoint_url",
        "model_api_key",
    }
    unknown = sorted(set(inner) - known - {"_extra_fields", "model_version", "model_type"})
    if unknown:
        raise Invalid(
            tuple(Detail(f"target_model_configuration.{name}", "unknown field") for name in unknown)
        )
    config: dict[str, Any] = {name: inner[name] for name in _FLAT_CONFIG if name in inner}
    if "model_api_key" in inner:
        config["apikeys"] = [inner["model_api_key"]]
    if "model_endpoint_url" in inner:
        config |= _split(inner["model_endpoint_url"], str(config.get("model_provider")))
    top = {
        name: inner[name]
        for name in ("testing_for", "model_name", "certifications")
        if name in inner
    }
    return _parsed(top | {"model_config": config}, "target_model_configuration")


def _only(body: dict[str, Any], name: str) -> dict[str, Any]:
    inner = body.get(name)
    if not isinstance(inner, dict):
        raise Invalid((Detail(name, "is required and must be an object"),))
    extra = sorted(
        key
        for key, value in body.items()
        if key not in {name, "_extra_fields"} and value is not None
    )
    if extra:
        raise Invalid(tuple(Detail(key, "unknown field") for key in extra))
    return inner


def _parsed(body: dict[str, Any], prefix: str) -> Target:
    try:
        return parse_target(without_extra(body))
    except Invalid as error:
        raise Invalid(
            tuple(Detail(f"{prefix}.{each.field}", each.message) for each in error.details)
        ) from None


def without_extra(value: Any) -> Any:
    """Without the empty `_extra_fields` that older clients put everywhere."""
    if isinstance(value, dict):
        return {
            k: without_extra(v) for k, v in value.items() if not (k == "_extra_fields" and not v)
        }
    return value


def _split(text: Any, provider: str) -> dict[str, Any]:
    """One URL into endpoint and paths: the provider's usual path is told from the base before it."""
    try:
        url = URL(str(text))
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host or url.user or url.password:
        raise Invalid(
            (
                Detail(
                    "target_model_configuration.model_endpoint_url",
                    "must be http(s)://host[:port]/path",
                ),
            )
        )
    endpoint = {"scheme": url.scheme, "host": url.host, "port": url.port}
    chat = defaults(provider).paths.get("chat")
    path, query = url.raw_path, f"?{url.raw_query_string}" if url.raw_query_string else ""
    if chat and not query and (path.endswith(chat) or not path.endswith("/completions")):
        return {"endpoint": endpoint | {"base_path": path.removesuffix(chat)}}
    return {
        "endpoint": endpoint | {"base_path": ""},
        "paths": {"chat": path + query, "completions": path + query},
    }
