"""The head of a request, as bytes.

RFC 9112, 3 and 5. Whatever could end a line early is refused here, for all dialects together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from quintain import __version__
from quintain.egress import failures
from quintain.egress.route import KEPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quintain.egress.route import Route

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110, 5.5
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

# They frame the message, or would have the target compress what must pass through unchanged.
_OURS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


def _opening(method: str, target: str, authority: str) -> str:
    if not _TOKEN.fullmatch(method):
        raise failures.bad_header("request method")
    return f"{method} {target} HTTP/1.1\r\nHost: {authority}\r\nAccept-Encoding: identity\r\n"


_kept_opening = lru_cache(maxsize=2048)(_opening)


@lru_cache(maxsize=2048)
def _line_start(name: str) -> tuple[str, bool]:
    """(`name: `, or nothing for a header of ours; whether it is User-Agent)."""
    if not _TOKEN.fullmatch(name):
        raise failures.bad_header(name)
    lower = name.lower()
    return ("" if lower in _OURS else f"{name}: "), lower == "user-agent"


def head_of(route: Route, method: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Write it. Raises OutboundError (`header_refused`) for what HTTP forbids in a header."""
    opening = _kept_opening if len(route.target) <= KEPT else _opening
    parts = [opening(method, route.target, route.authority)]
    named = False
    for name, value in headers.items():
        start, is_agent = _line_start(name)
        # isprintable is the quick way to a yes; what it refuses may still be a tab or a letter.
        if not value.isprintable() and _FORBIDDEN.search(value):
            raise failures.bad_header(name)
        if start:
            named = named or is_agent
            parts.append(f"{start}{value}\r\n")
    if not named:
        parts.append(f"User-Agent: quintain/{__version__}\r\n")
    if body is not None or method in _WITH_BODY:
        parts.append(f"Content-Length: {len(body or b'')}\r\n")
    parts.append("\r\n")
    return _encode("".join(parts), headers)


def _encode(text: str, headers: Mapping[str, str]) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        broken = next(name for name, value in headers.items() if not _encodes(value))
        raise failures.bad_header(broken) from None


def _encodes(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
