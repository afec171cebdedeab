"""What the official SDK sends back of what it was shown, so that a get-then-modify loses nothing.

The SDK knows one key a model, rebuilds an endpoint from its URL's first path segment, and has no
place for some modalities. Where it returns such a shortened form of what is stored, it has not
changed it, so the field is left out of the change.
"""

from __future__ import annotations

from typing import Any

from quintain.http.views import sdk_view
from quintain.registry.model import Model

_SHORTENED = ("input_modalities", "output_modalities")


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
    return change | {"model_config": {k: v for k, v in config.items() if k not in same}}


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
