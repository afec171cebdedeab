"""A raw HTTP request: request line, headers, an empty line, the body (RFC 9112)."""

from __future__ import annotations

import re

from quintain.imports.known import Known
from quintain.imports.refusal import Unimportable
from quintain.imports.request import MAX_HEADERS, HttpRequest, address_of
from quintain.imports.shaping import shaped
from quintain.imports.source import Found, Source
from quintain.registry.curl import FormPart

REQUEST_LINE = re.compile(r"([A-Z]{3,16}) +(\S+)(?: +HTTP/[\d.]+)?[ \t]*\r?")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_DISPOSITION = re.compile(r'\b(name|filename)="([^"]*)"')
# The body of a chunked message, as proxies save it.
_CHUNK = re.compile(r"[0-9a-fA-F]{1,8}(?:;[^\r\n]*)?\r?\n")


def read(source: Source) -> Found:
    request, notes = parsed(source.text, source.server)
    return Found([shaped(request, Known(notes=tuple(notes)))])


def parsed(
    text: str, server: str = "", *, https: bool | None = None
) -> tuple[HttpRequest, list[str]]:
    """The request, and what was assumed of its address. Raises Unimportable."""
    head, body = _head_and_body(text.lstrip("\ufeff\r\n\t "))
    lines = head.split("\n")
    first = REQUEST_LINE.fullmatch(lines[0])
    if first is None:
        raise Unimportable("A raw request begins with a line such as POST /chat HTTP/1.1.")
    headers = _headers(lines[1:])
    url, notes = _url(first[2], headers, server, https=https)
    body = _whole(body, headers)
    form = _parts(body, headers)
    return HttpRequest(first[1], url, headers, None if form or not body else body, form), notes


def _head_and_body(text: str) -> tuple[str, str]:
    end = re.search(r"\r?\n[ \t]*\r?\n", text)
    return (text[: end.start()], text[end.end() :]) if end else (text, "")


def _headers(lines: list[str]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.rstrip("\r").partition(":")
        if colon and name.strip():
            found.append((name.strip(), value.strip()))
        if len(found) > MAX_HEADERS:
            raise Unimportable(f"The request has more than {MAX_HEADERS} headers.")
    return tuple(found)


def _url(
    target: str, headers: tuple[tuple[str, str], ...], server: str, *, https: bool | None
) -> tuple[str, list[str]]:
    if "://" in target:
        return target, []
    host = next((value for name, value in headers if name.lower() in {"host", ":authority"}), "")
    if server:
        return f"{server.rstrip('/')}/{target.lstrip('/')}", []
    if not host:
        raise Unimportable(
            "The request has no Host header and no whole URL: name the target's address (server)."
        )
    scheme, note = _scheme(host, headers, https=https)
    return f"{scheme}://{host}/{target.lstrip('/')}", note


def _scheme(
    host: str, headers: tuple[tuple[str, str], ...], *, https: bool | None
) -> tuple[str, list[str]]:
    """The origin that a browser names, else by port and place."""
    if https is not None:
        return ("https" if https else "http"), []
    for name, value in headers:
        if name.lower() in {"origin", "referer"} and value.partition("://")[2].startswith(host):
            return value.partition("://")[0].lower(), []
    address = address_of(f"https://{host}")
    inside = re.fullmatch(r"localhost|127\..*|10\..*|192\.168\..*|\[?::1\]?|[^.]+", address.host)
    plain = address.port in {80, 8000, 8080, 3000, 5000} or (
        inside and address.port not in {443, 8443}
    )
    scheme = "http" if plain else "https"
    return scheme, [f"endpoint.scheme: the request does not tell it; {scheme} is assumed."]


def _whole(body: str, headers: tuple[tuple[str, str], ...]) -> str:
    names = {name.lower(): value.lower() for name, value in headers}
    if "chunked" not in names.get("transfer-encoding", "") or not _CHUNK.match(body):
        return body
    parts, at = [], 0
    while found := _CHUNK.match(body, at):
        size = int(found[0].split(";")[0], 16)
        parts.append(body[found.end() : found.end() + size])
        at = found.end() + size
        at += 2 if body[at : at + 2] == "\r\n" else 1
    return "".join(parts)


def _parts(body: str, headers: tuple[tuple[str, str], ...]) -> tuple[FormPart, ...]:
    """A multipart form's fields (RFC 7578)."""
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    boundary = _BOUNDARY.search(kind)
    if not kind.lower().startswith("multipart/form-data") or boundary is None:
        return ()
    found = []
    for piece in body.split(f"--{boundary[1]}")[1:101]:
        head, value = _head_and_body(piece.lstrip("\r\n"))
        named = dict(_DISPOSITION.findall(head))
        if "name" in named:
            found.append(
                FormPart(
                    named["name"],
                    value.removesuffix("\n").removesuffix("\r"),
                    named.get("filename"),
                )
            )
    return tuple(found)
