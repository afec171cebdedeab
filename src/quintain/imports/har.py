"""HAR 1.2: what a browser recorded. The chat's request is found, and its answer shows the jq.

Source: the HTTP Archive format 1.2 (W3C Web Performance, historical draft).
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from quintain.imports.answers import mapped
from quintain.imports.choosing import Candidate, choose
from quintain.imports.known import Known
from quintain.imports.places import Json
from quintain.imports.refusal import Unimportable
from quintain.imports.request import HttpRequest, Pairs, address_of
from quintain.imports.source import Found, Source, items, mapping, text
from quintain.registry.curl import FormPart

MAX_ENTRIES = 20_000
_STATIC = (
    "text/html",
    "text/css",
    "image/",
    "font/",
    "video/",
    "audio/",
    "application/javascript",
    "text/javascript",
    "application/font",
    "application/wasm",
)


def is_har(document: Json) -> bool:
    return isinstance(mapping(mapping(document).get("log")).get("entries"), list)


def read(source: Source) -> Found:
    if not is_har(source.document):
        raise Unimportable("A HAR file has log.entries.")
    entries = items(source.document["log"]["entries"])[:MAX_ENTRIES]
    found, kept = Found(), dict[tuple[str, str], Candidate]()
    for entry in map(mapping, entries):
        _keep(kept, entry)
        if entry.get("_webSocketMessages"):
            found.notes.append("A WebSocket was recorded; quintain speaks HTTP.")
    found.notes = list(dict.fromkeys(found.notes))
    if not kept:
        raise Unimportable(
            "The HAR file holds no request that could be a chat's: record while you send a message."
        )
    return choose(list(kept.values()), found, several=False)


def _keep(kept: dict[tuple[str, str], Candidate], entry: dict[str, Any]) -> None:
    """One request an address: the last one whose answer shows a text."""
    request, response = mapping(entry.get("request")), mapping(entry.get("response"))
    method = text(request.get("method")).upper()
    content = mapping(response.get("content"))
    kind = text(content.get("mimeType")).lower()
    if method in {"", "OPTIONS", "HEAD", "CONNECT"} or kind.startswith(_STATIC):
        return
    try:
        place = address_of(text(request.get("url"))).place
    except Unimportable:
        return
    candidate = _candidate(method, request, _text(content), kind, response.get("status"))
    before = kept.get((method, place))
    if before is None or candidate.known.response or not before.known.response:
        kept[method, place] = candidate


def _candidate(
    method: str, request: dict[str, Any], answer: str, kind: str, status: Json
) -> Candidate:
    post = mapping(request.get("postData"))
    mime = text(post.get("mimeType"))
    form = _form(post) if mime.startswith("multipart/") else ()
    body = None if form else text(post.get("text")) or None
    headers = _headers(request, mime)
    fine = isinstance(status, int) and 200 <= status < 300 and mapped(answer, kind) is not None
    known = Known(response=answer if fine else "", response_type=kind)
    return Candidate(HttpRequest(method, text(request.get("url")), headers, body, form), known, "")


def _headers(request: dict[str, Any], mime: str) -> Pairs:
    """Those that were recorded, and what some browsers tell beside them alone."""
    found = {name: value for name, value in _pairs(request.get("headers")) if name}
    cookies = "; ".join(f"{name}={value}" for name, value in _pairs(request.get("cookies")))
    known = {name.lower() for name in found}
    beside = {"Content-Type": mime, "Cookie": cookies}
    found |= {n: value for n, value in beside.items() if value and n.lower() not in known}
    return tuple(found.items())


def _pairs(listed: Json) -> list[tuple[str, str]]:
    return [(text(p.get("name")), text(p.get("value"))) for p in map(mapping, items(listed))]


def _form(post: dict[str, Any]) -> tuple[FormPart, ...]:
    return tuple(
        FormPart(text(p.get("name")), text(p.get("value")), text(p.get("fileName")) or None)
        for p in map(mapping, items(post.get("params")))
    )


def _text(content: dict[str, Any]) -> str:
    body = text(content.get("text"))
    if content.get("encoding") != "base64":
        return body
    try:
        return base64.b64decode(body, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
