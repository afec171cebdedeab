"""The address of a target: `scheme://host:port` + base path + path, exactly one slash between."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from yarl import URL

from quintain.dialects.pattern import Pattern
from quintain.errors import BadRequest
from quintain.registry.schema import Endpoint

MAX_FILLED = 16_384  # characters of path and query; common servers take no more than 8,192
_KEEP = "%/:@!$&'()*+,;=-._~"  # RFC 3986, 3.3 pchar, and what is already percent-encoded
_DOTS = frozenset({".", ".."})


def join(endpoint: Endpoint, path: str) -> URL:
    """Where a call goes. Empty paths and single slashes are tolerated; a query string is kept.

    endpoint: with scheme, host and port filled in.
    """
    path, query = _joined(endpoint, path)
    return _built(endpoint, quote(path, safe=_KEEP), quote(query, safe=_KEEP + "?[]"))


def with_model(path: str, model_name: str) -> str:
    """A path with `{model_name}` filled in, encoded so that a slash in it begins no new segment."""
    return path.replace("{model_name}", quote(model_name, safe=""))


def _joined(endpoint: Endpoint, path: str) -> tuple[str, str]:
    path, _, query = path.partition("?")
    parts = [part.strip("/") for part in (endpoint.base_path or "", path)]
    joined = "/" + "/".join(part for part in parts if part)
    if path.endswith("/") and parts[1]:
        joined += "/"
    return joined, query


def _built(endpoint: Endpoint, path: str, query: str) -> URL:
    host = URL.build(scheme="http", host=endpoint.host or "").raw_host
    return URL.build(
        scheme=endpoint.scheme or "https",
        host=f"[{host}]" if ":" in (host or "") else host or "",
        port=endpoint.port,
        path=path,
        query_string=query,
        encoded=True,
    )


class Address:
    """A URL with placeholders in its path or query. What they become is percent-encoded.

    names: the placeholders that occur in it.
    """

    def __init__(self, endpoint: Endpoint, path: str, names: frozenset[str]) -> None:
        path, query = _joined(endpoint, path)
        whole = partial(quote, safe="")
        self._endpoint = endpoint
        self._path = Pattern(path, names, whole, partial(quote, safe=_KEEP))
        self._query = Pattern(query, names, whole, partial(quote, safe=_KEEP + "?[]"))
        self.names = self._path.names | self._query.names
        self._dots = _dot_segments(path)
        self._fixed = None if self.names else self._filled({})

    def fill(self, values: Mapping[str, Any]) -> URL:
        """Raises BadRequest for what no URL can carry."""
        return self._filled(values) if self._fixed is None else self._fixed

    def _filled(self, values: Mapping[str, Any]) -> URL:
        path, query = self._path.fill(values), self._query.fill(values)
        if len(path) + len(query) > MAX_FILLED:
            raise BadRequest(
                f"This model takes the call in its URL, which would be longer than {MAX_FILLED}"
                " characters: send less text.",
                param="messages",
            )
        if _dot_segments(path) > self._dots:
            raise BadRequest(
                'This model takes a part of the call in its URL\'s path, where "." and ".." would'
                " lead elsewhere: send other text.",
                param="messages",
            )
        return _built(self._endpoint, path, query)


def _dot_segments(path: str) -> int:
    return sum(unquote(segment) in _DOTS for segment in path.split("/"))
