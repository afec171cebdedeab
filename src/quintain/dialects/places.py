"""Where the calls of a model go that speaks a provider's own format: one path, one for images."""

from __future__ import annotations

from yarl import URL

from quintain.dialects.base import Ask
from quintain.dialects.urls import join
from quintain.errors import Detail
from quintain.registry.providers import effective
from quintain.registry.schema import Endpoint, ModelConfig, Target


class Places:
    """config: with the provider's defaults filled in."""

    def __init__(self, config: ModelConfig) -> None:
        endpoint, paths = config.endpoint or Endpoint(), config.paths or {}
        chat = paths.get("chat")
        if chat is None:
            chat = paths.get("completions") or ""
        self._chat = joined(endpoint, chat)
        self._vision = joined(endpoint, paths.get("vision") or chat)

    def of(self, ask: Ask) -> URL:
        return self._vision if ask.images else self._chat


def joined(endpoint: Endpoint, path: str) -> URL:
    """As `urls.join`, where the base path may end with what the path begins with.

    So a provider's `/v1` may stand in the endpoint, as SDKs show it, or be left to the path.
    """
    given = [part for part in (endpoint.base_path or "").split("/") if part]
    plain, mark, query = path.partition("?")
    wanted = [part for part in plain.split("/") if part]
    longest = min(len(given), len(wanted))
    shared = next((n for n in range(longest, 0, -1) if given[-n:] == wanted[:n]), 0)
    kept = "/".join(given[: len(given) - shared])
    return join(endpoint.model_copy(update={"base_path": kept}), plain + mark + query)


def host_missing(config: ModelConfig) -> list[Detail]:
    """What a registration lacks whose provider brings no address."""
    endpoint = effective(config).endpoint
    if endpoint is not None and endpoint.host:
        return []
    return [Detail("model_config.endpoint.host", "is required for this provider")]


def name_missing(target: Target) -> list[Detail]:
    """What a registration lacks whose model's name stands in the path of every call."""
    path = (effective(target.config).paths or {}).get("chat") or ""
    if target.model_name or "{model_name}" not in path:
        return []
    return [Detail("model_name", "is required: it stands in the path of every call")]
