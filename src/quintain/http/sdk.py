"""What the official SDK sends back of what it was shown, so that a get-then-modify loses nothing.

The SDK knows one key a model, rebuilds an endpoint from its URL's first path segment, and has no
place for some modalities. Where it returns such a shortened form of what is stored, it has not
changed it, so the field is left out of the change. So are the paths that it fills in by itself.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from quintain.http.views import sdk_view
from quintain.registry.model import Model

_SHORTENED = ("input_modalities", "output_modalities")
# What the SDK's PathsConfig puts where a path is not given.
_FILLED_IN = {
    "completions": "/chat/completions",
    "chat": "chat/completions",
    "vision": "images",
    "embeddings": "embeddings",
}


def as_meant(body: dict[str, Any]) -> dict[str, Any]:
    """A registration without the paths that nobody gave: the provider's own are the better ones."""
    return _without_filled_paths(body, ("chat",))


def unshortened(change: dict[str, Any], stored: Model) -> dict[str, Any]:
    """The change without what the SDK only shortened."""
    config = change.get("model_config")
    if not isinstance(config, dict):
        return change
    seen = sdk_view(stored)["model_config"]
    same = {field for field in _SHORTENED if config.get(field) == seen.get(field)}
    if config.get("apikeys") == seen.get("apikeys", [])[:1]:
        same.add("apikeys")
    if config.get("endpoint") == _rebuilt(seen.get("endpoint", {})):
        same.add("endpoint")
    kept = change | {"model_config": {k: v for k, v in config.items() if k not in same}}
    return _without_filled_paths(kept, seen.get("paths", {}))


def _without_filled_paths(body: dict[str, Any], known: Container[str]) -> dict[str, Any]:
    """known: paths that are meant even where they are what the SDK would fill in."""
    config = body.get("model_config")
    paths = config.get("paths") if isinstance(config, dict) else None
    if not isinstance(config, dict) or not isinstance(paths, dict):
        return body
    meant = {k: v for k, v in paths.items() if k in known or v != _FILLED_IN.get(k)}
    return body | {"model_config": config | {"paths": meant}}


def _rebuilt(endpoint: dict[str, Any]) -> dict[str, Any]:
    """An endpoint as the SDK makes it anew from the URL it made of ours."""
    scheme, port = endpoint.get("scheme", "https"), endpoint.get("port")
    first = endpoint.get("base_path", "").strip("/").split("/")[0]
    standard = 443 if scheme == "https" else 80
    return {
        "scheme": scheme,
        "host": endpoint.get("host", "").lower(),
        "port": standard if port in {None, 80, 443} else port,
        "base_path": f"/{first}",
    }
