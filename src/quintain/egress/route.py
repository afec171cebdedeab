"""What of a URL goes where: the connection, the request line, the sentences about failures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from aiohttp.client_reqrep import ConnectionKey

from quintain.egress import failures

if TYPE_CHECKING:
    from yarl import URL

_VISIBLE = re.compile(r"[\x21-\x7e]+")
KEPT = 512  # characters of path and query; a longer one holds a prompt and comes once


@dataclass(frozen=True, slots=True)
class Route:
    """host: as it is looked up and named in TLS (IDNA-encoded, without brackets).

    target: path and query, of the request line. authority: the Host header.
    where: host and port for people; the only part of a URL that a failure may show.
    key: what connections that can serve one another's calls have in common, for aiohttp's pool.
    """

    host: str
    port: int
    tls: bool
    target: str
    authority: str
    where: str
    key: ConnectionKey


def route_of(url: URL) -> Route:
    """Take a URL apart. Raises OutboundError if it is not http(s), or holds credentials."""
    return _kept(url) if len(url.raw_path_qs) <= KEPT else _taken_apart(url)


def _taken_apart(url: URL) -> Route:
    host, port = url.raw_host, url.port
    if url.scheme not in {"http", "https"} or not host or not port:
        raise failures.bad_url("it must be http:// or https:// with a host")
    if url.raw_user or url.raw_password:
        raise failures.bad_url(
            "it holds a user name or a password, which are never sent from there; "
            "give them as an Authorization header"
        )
    authority = url.host_port_subcomponent or host
    target = url.raw_path_qs
    if not all(map(_VISIBLE.fullmatch, (host, authority, target))):
        raise failures.bad_url("it holds characters that must be percent-encoded")
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    tls = url.scheme == "https"
    key = ConnectionKey(host, port, tls, True, None, None, None)
    return Route(host, port, tls, target, authority, where, key)


# A few hundred models, each with one or two URLs, called for ever.
_kept = lru_cache(maxsize=2048)(_taken_apart)
