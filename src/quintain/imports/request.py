"""One HTTP request as a source tells it, and what of its headers is worth keeping."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from quintain.imports.refusal import Unimportable
from quintain.registry.curl import FormPart
from quintain.registry.fields import HOP_HEADERS
from quintain.registry.placeholders import quoted_around

Pairs = tuple[tuple[str, str], ...]

MAX_HEADERS = 100
MAX_URL = 8192
MAX_FIELDS = 1000

JSON = "application/json"

# What a browser, a tool or the transport adds to every request.
_NOISE = HOP_HEADERS | {
    "accept", "accept-charset", "accept-encoding", "accept-language", "baggage", "cache-control", "dnt",
    "if-modified-since", "if-none-match", "keep-alive", "origin", "postman-token", "pragma",
    "priority", "proxy-authorization", "proxy-connection", "referer", "sentry-trace", "traceparent",
    "tracestate", "user-agent",
    "x-client-data", "x-stainless-arch", "x-stainless-lang", "x-stainless-os",
    "x-stainless-package-version", "x-stainless-retry-count", "x-stainless-runtime",
    "x-stainless-runtime-version", "x-stainless-timeout", "x-stainless-read-timeout",
}  # fmt: skip
_TOKEN = re.compile(r":?[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")  # HTTP/2 has names such as :path
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """form: a multipart body's fields; its text is not kept, and no source carries a file's content."""

    method: str
    url: str
    headers: Pairs = ()
    body: str | None = None
    form: tuple[FormPart, ...] = ()

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def content_type(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()


def are_headers(headers: Pairs) -> Pairs:
    """Those that can be sent: a token as the name, no control characters in the value."""
    return tuple(
        (name, value)
        for name, value in headers
        if _TOKEN.fullmatch(name.strip()) and not _CONTROL.search(value)
    )


def without_noise(headers: Iterable[tuple[str, str]]) -> Pairs:
    """The headers that mean something to the target, a name once (the last one stands)."""
    kept: dict[str, tuple[str, str]] = {}
    for given, value in headers:
        name, low = given.strip(), given.strip().lower()
        if name and low not in _NOISE and not low.startswith((":", "sec-")):
            kept[low] = (name, value.strip())
    if len(kept) > MAX_HEADERS:
        raise Unimportable(f"The request has more than {MAX_HEADERS} headers.")
    return tuple(kept.values())


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart. path: as it travels, without its query. userinfo: `user:password`."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: Pairs
    userinfo: str = ""

    @property
    def place(self) -> str:
        """Host and path, for names and notes: never the query, which may hold a key."""
        return f"{self.host}{self.path}"

    def at(self, path: str) -> Address:
        return replace(self, path=path)


def address_of(url: str) -> Address:
    """Raises Unimportable for what is no http address, which is quoted without its query."""
    url = url.strip()
    if len(url) > MAX_URL:
        raise Unimportable(f"A URL in the source has more than {MAX_URL} characters.")
    if not _SCHEME.match(url):
        url = f"https://{url.lstrip('/')}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unimportable("A URL in the source is not an address.") from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise Unimportable(
            f"The source has a URL with {parts.scheme}://; quintain calls http and https."
        )
    try:
        query = tuple(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise Unimportable(f"A URL in the source has more than {MAX_FIELDS} parameters.") from None
    if re.search(r"[{}$<>]", host):  # a variable without a value
        host = ""
    userinfo = unquote_plus(parts.netloc.rpartition("@")[0])
    return Address(parts.scheme.lower(), host, port, parts.path, query, userinfo)


def with_query(url: str, query: str) -> str:
    """The URL with further parameters, written as they travel."""
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def basic(user: str, password: str) -> str:
    """The header's value of Basic authentication (RFC 7617), a stand-in for what is only named."""
    pair = f"{user}:{password}"
    return f"Basic {'$BASIC' if '{{' in pair else b64encode(pair.encode()).decode()}"


def fields_written(fields: Pairs) -> str:
    """A form or a query, its placeholders as they are."""
    return "&".join(f"{quoted_around(name)}={quoted_around(value)}" for name, value in fields)


def fields_of(body: str) -> Pairs:
    """An urlencoded body's fields."""
    try:
        return tuple(parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise Unimportable(f"A form in the source has more than {MAX_FIELDS} fields.") from None
