"""The address of a target: `scheme://host:port` + base path + path, exactly one slash between."""

from __future__ import annotations

from urllib.parse import quote

from yarl import URL

from quintain.registry.schema import Endpoint

_KEEP = "%/:@!$&'()*+,;=-._~"  # RFC 3986, 3.3 pchar, and what is already percent-encoded


def join(endpoint: Endpoint, path: str) -> URL:
    """Where a call goes. Empty paths and single slashes are tolerated; a query string is kept.

    endpoint: with scheme, host and port filled in.
    """
    path, _, query = path.partition("?")
    parts = [part.strip("/") for part in (endpoint.base_path or "", path)]
    joined = "/" + "/".join(part for part in parts if part)
    if path.endswith("/") and parts[1]:
        joined += "/"
    host = URL.build(scheme="http", host=endpoint.host or "").raw_host
    return URL.build(
        scheme=endpoint.scheme or "https",
        host=f"[{host}]" if ":" in (host or "") else host or "",
        port=endpoint.port,
        path=quote(joined, safe=_KEEP),
        query_string=quote(query, safe=_KEEP + "?[]"),
        encoded=True,
    )
