"""What a secret is bound to: the origin that it was given for.

The binding is part of the associated data that seals the secret, so a changed host in the store
makes it unreadable instead of sending it there. A modification that would move a stored secret
to another origin is refused (merge.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from yarl import URL

from quintain.registry.providers import origin
from quintain.registry.schema import ModelConfig
from quintain.registry.secrets import CURL, TOKEN
from quintain.secret import Secret

# What decides where calls go, with the region that some hosts are named after; the rest does not.
_ROUTE = ("model_provider", "endpoint")


@dataclass(frozen=True, slots=True)
class Bindings:
    """target: where calls go. declared: the same, but for what a curl command says.

    token: where the token of a JWT registration is fetched, "" without one.
    """

    target: str
    declared: str
    token: str

    @classmethod
    def of(cls, config: dict[str, Any]) -> Bindings:
        """Of a valid config document; its curl command counts where it is readable."""
        route = {field: config[field] for field in _ROUTE if field in config}
        if region := (config.get("metadata") or {}).get("aws_region"):
            route["metadata"] = {"aws_region": region}
        target = _declared_origin(orjson.dumps(route))
        declared = target or _without_host(config.get("endpoint") or {})
        curl = config.get("custom_curl_command")
        if isinstance(curl, Secret) and curl.readable:
            target = origin(ModelConfig.model_validate({**route, "custom_curl_command": curl}))
        token = (config.get("model_jwt_config") or {}).get("jwt_url") or ""
        return cls(target, declared, _origin_of(token))

    def of_secret(self, path: str) -> str:
        """The origin that the secret at `path` is bound to.

        A token is bought with the token endpoint's secrets and then sent to the target: those
        secrets are bound to both. A curl command is bound to what is declared beside it, since
        the rest it says itself.
        """
        if path.startswith(TOKEN):
            return f"{self.token} {self.target}"
        return self.declared if path == CURL else self.target


@lru_cache(1024)
def _declared_origin(route: bytes) -> str:
    """Kept, since the models of a list mostly go to the same few places."""
    return origin(ModelConfig.model_validate(orjson.loads(route)))


def _without_host(endpoint: dict[str, Any]) -> str:
    """What is declared of an origin whose host a curl command says: such scheme and port win over its own."""
    scheme, port = endpoint.get("scheme"), endpoint.get("port")
    return f"{scheme or ''}://:{port or ''}" if scheme or port else ""


def _origin_of(url: str) -> str:
    try:
        parsed = URL(url)
        return f"{parsed.scheme}://{(parsed.host or '').lower()}:{parsed.port}" if url else ""
    except ValueError:
        return url  # no origin can be told: any change of the text counts
