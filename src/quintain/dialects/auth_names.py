"""The secrets that a registration names as `{auth.NAME}`: `auth_data` must have each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from quintain.errors import Detail
from quintain.registry.curled import PROVIDER
from quintain.registry.schema import Metadata, ModelConfig
from quintain.secret import Secret

_NAMED = re.compile(r"\{auth\.([^{}]+)\}")
_ROOT = "model_config"


def auth_missing(config: ModelConfig) -> list[Detail]:
    """One for each field and name; such a placeholder would go to the target letter by letter."""
    known = config.auth_data.further if config.auth_data else {}
    named = {
        (field, name)
        for field, value in _fields(config)
        for text in _texts(value)
        for name in _NAMED.findall(text)
    }
    return [
        Detail(
            f"{_ROOT}.{field}",
            f"names {{auth.{name[:64]}}}, and auth_data has no {name[:64]}: put the secret there",
        )
        for field, name in sorted(named)
        if name not in known
    ]


def _fields(config: ModelConfig) -> Iterator[tuple[str, Any]]:
    """Where it is filled in: headers for every provider, the rest for custom targets."""
    for number, header in enumerate(config.custom_headers or []):
        yield f"custom_headers.{number}.value", header.value
    session = (config.metadata or Metadata()).session
    if session is not None and session.open is not None:
        yield "metadata.session.open.payload", session.open.payload
    if config.model_provider == PROVIDER:
        yield "custom_payload", config.custom_payload
        yield "custom_curl_command", config.custom_curl_command
        for name, path in (config.paths or {}).items():
            yield f"paths.{name}", path


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Secret):
        yield value.reveal() if value.readable else ""
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
