"""The URL of a curl command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from yarl import URL

from quintain.registry.placeholders import PLACEHOLDER

MAX_URL = 8192  # characters
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,3}")
_AUTHORITY_ENDS = re.compile(r"[/?#]")


def parted_url(text: str) -> tuple[str, str]:
    """The URL with a scheme, without a fragment; and `user:password` that stood in it, or "".

    Raises ValueError.
    """
    if len(text) > MAX_URL:
        raise ValueError(f"has a URL of more than {MAX_URL} characters")
    if any(char <= " " or char in '\x7f\\<>"' for char in text):
        raise ValueError("has a URL with spaces or other characters that must be percent-encoded")
    scheme, authority, rest = _split(text.partition("#")[0])
    user, at, host = authority.rpartition("@")
    _check_host(scheme, host, user)
    return f"{scheme}://{host}{rest}", unquote(user) if at else ""


def _split(text: str) -> tuple[str, str, str]:
    """Scheme, authority, and path with query. Without a scheme curl takes http."""
    found = _SCHEME.match(text)
    scheme, rest = (found[1].lower(), text[found.end() :]) if found else ("http", text)
    if scheme not in {"http", "https"}:
        raise ValueError(f"has a URL of scheme {scheme[:32]}: only http and https are spoken")
    ends = _AUTHORITY_ENDS.search(rest)
    at = ends.start() if ends else len(rest)
    return scheme, rest[:at], rest[at:]


def _check_host(scheme: str, host: str, user: str) -> None:
    if PLACEHOLDER.search(host) or PLACEHOLDER.search(user):
        raise ValueError(
            "has a placeholder in the host, port or user of its URL: those are fixed, and"
            " placeholders stand in the path and the query"
        )
    try:
        url = URL(f"{scheme}://{host}/")
        known = bool(url.host) and bool(url.port)
    except ValueError:
        known = False
    if not known or re.search(r"[{}%|^`]", host):
        raise ValueError("has a URL without a usable host and port")


def with_query(url: str, parts: Sequence[str]) -> str:
    """The URL with further query text."""
    parts = [part for part in parts if part]
    if not parts:
        return url
    base, mark, query = url.partition("?")
    joined = "".join(
        part if part[0] == "&" or not at else f"&{part}" for at, part in enumerate(parts)
    )
    return f"{base}?{query}&{joined}" if mark and query else f"{base}?{joined}"
