"""Where Gemini's calls go: the model stands in the path, and a stream has a path of its own.

Source: ai.google.dev/api/generate-content. Vertex AI has the same methods below
`/v1/projects/PROJECT/locations/LOCATION/publishers/google`.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from yarl import URL

from quintain.dialects.base import Ask
from quintain.dialects.urls import join, with_model
from quintain.registry.schema import Endpoint, ModelConfig

_WHOLE, _STREAM = ":generateContent", ":streamGenerateContent"
_COLLECTIONS = ("models/", "tunedModels/")
_VERSION = "/v1beta"
_HAS_VERSION = re.compile(r"(^|/)v\d\w*(/|$)")


class Addresses:
    """streams: the path names the method, so that of a stream is known too."""

    def __init__(self, model_name: str, config: ModelConfig) -> None:
        endpoint, paths = config.endpoint or Endpoint(), config.paths or {}
        if _HAS_VERSION.search(endpoint.base_path or ""):
            paths = {kind: _unversioned(path) for kind, path in paths.items() if path is not None}
        named = {kind: _named(path, model_name) for kind, path in paths.items() if path is not None}
        self._whole = {kind: join(endpoint, path) for kind, path in named.items()}
        self._stream = {kind: _streaming(join(endpoint, path)) for kind, path in named.items()}
        self.streams = _WHOLE in named["chat"]

    def of(self, ask: Ask) -> URL:
        known = self._stream if ask.stream else self._whole
        kind = "vision" if ask.images and "vision" in known else ask.kind
        return known.get(kind) or known["chat"]


def _unversioned(path: str) -> str:
    """Without the version that the provider's own path brings, where the base path has one."""
    return path.removeprefix(_VERSION) if path.startswith(f"{_VERSION}/") else path


def _named(path: str, model_name: str) -> str:
    """The path with the model's name in it, which may say itself what collection it is of."""
    path = path.replace(_STREAM, _WHOLE)
    if model_name.startswith(_COLLECTIONS):
        path = path.replace("models/{model_name}", "{model_name}")
        return path.replace("{model_name}", quote(model_name, safe="/"))
    return with_model(path, model_name)


def _streaming(whole: URL) -> URL:
    """As server-sent events: without `alt=sse` a stream is one JSON array."""
    if _WHOLE not in whole.raw_path:
        return whole
    url = URL(str(whole).replace(_WHOLE, _STREAM, 1), encoded=True)
    return url if url.query.get("alt") else url.extend_query(alt="sse")
