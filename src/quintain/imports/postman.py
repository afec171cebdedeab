"""Postman collections, v2.0 and v2.1: requests in folders, variables, inherited credentials.

Source: schema.postman.com/collection/json/v2.1.0. Scripts of a collection are not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from quintain.imports.choosing import Candidate, choose
from quintain.imports.known import Known
from quintain.imports.places import Json
from quintain.imports.refusal import Unimportable
from quintain.imports.request import HttpRequest, basic, with_query
from quintain.imports.source import Found, Source, items, mapping, text
from quintain.registry.curl import FormPart

MAX_REQUESTS = 2000
MAX_FOLDERS = 32
_VARIABLE = re.compile(r"\{\{\s*([^{}]{1,128}?)\s*\}\}")
_ROUNDS = 5  # variables that stand in variables
MAX_FILLED = 4_194_304  # characters
_PROMPT = re.compile(
    r"prompt|input|message|query|question|user_?(?:input|prompt|message|query)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Item:
    name: str
    request: Json
    auth: dict[str, Any]
    responses: list[Any]


def is_collection(document: Json) -> bool:
    collection = mapping(mapping(document).get("collection")) or mapping(document)
    return isinstance(collection.get("item"), list) and isinstance(collection.get("info"), dict)


def read(source: Source) -> Found:
    document = mapping(source.document)
    collection = mapping(document.get("collection")) or document
    if not is_collection(collection):
        raise Unimportable("A Postman collection has info and item; export it as Collection v2.1.")
    variables = _Variables(
        {
            text(mapping(v).get("key")): text(mapping(v).get("value"))
            for v in items(collection.get("variable"))
        }
    )
    candidates, found = [], Found()
    for count, item in enumerate(
        _walked(items(collection["item"]), mapping(collection.get("auth")), 0)
    ):
        if count >= MAX_REQUESTS:
            found.notes.append(f"Only the first {MAX_REQUESTS} requests were looked at.")
            break
        candidates.append(_candidate(item, variables, source.server))
    return choose(candidates, found, several=True)


def _walked(listed: list[Any], auth: dict[str, Any], depth: int) -> Iterator[_Item]:
    for each in map(mapping, listed):
        own = mapping(each.get("auth")) or auth
        if isinstance(each.get("item"), list):
            if depth < MAX_FOLDERS:
                yield from _walked(each["item"], own, depth + 1)
        elif "request" in each:
            request = each["request"]
            inner = mapping(mapping(request).get("auth")) or own
            yield _Item(text(each.get("name")), request, inner, items(each.get("response")))


def _candidate(item: _Item, variables: _Variables, server: str) -> Candidate:
    unresolved: dict[str, None] = {}

    def filled(value: Any) -> str:
        return variables.filled(text(value), unresolved)

    request = {"url": item.request} if isinstance(item.request, str) else mapping(item.request)
    url = filled(_url(request.get("url")))
    base = re.match(r"\{\{([^{}]+)\}\}(?=[/?]|$)", url)
    if base and server:
        url = f"{server.rstrip('/')}/{url[base.end() :].lstrip('/')}"
        unresolved.pop(base[1].strip(), None)
    headers = [*_headers(request.get("header"), filled)]
    body, form, kind = _body(mapping(request.get("body")), filled)
    if kind and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", kind))
    url, headers = _with_auth(url, headers, item.auth, filled)
    response, response_type = _response(item.responses)
    notes = tuple(
        f"The variable {{{{{name[:64]}}}}} has no value in the collection: put one in its place."
        for name in list(unresolved)[:20]
    )
    method = text(request.get("method")) or ("POST" if body or form else "GET")
    return Candidate(
        HttpRequest(method, url, tuple(headers), body, form),
        Known(item.name, response=response, response_type=response_type, notes=notes),
        item.name,
    )


@dataclass(slots=True)
class _Variables:
    """The collection's variables. left: how many characters they may still come to in all."""

    values: dict[str, str]
    left: int = MAX_FILLED

    def filled(self, value: str, unresolved: dict[str, None]) -> str:
        """A text with its variables in it, and theirs in them. Those without a value stay."""
        for _ in range(_ROUNDS):
            before, value = value, _VARIABLE.sub(self._value, value)
            if value == before:
                break
        named = (name for name in _VARIABLE.findall(value) if not _PROMPT.fullmatch(name))
        unresolved.update(dict.fromkeys(named))
        return value

    def _value(self, found: re.Match[str]) -> str:
        value = self.values.get(found[1]) or found[0]
        self.left -= len(value)
        if self.left < 0:
            raise Unimportable("The collection's variables stand for too much text.")
        return value


def _url(url: Json) -> str:
    if not isinstance(url, dict):
        return text(url)
    steps = [
        text(mapping(step).get("value") if isinstance(step, dict) else step)
        for step in items(url.get("path"))
    ]
    values = {
        text(mapping(v).get("key")): text(mapping(v).get("value"))
        for v in items(url.get("variable"))
    }
    steps = [values.get(step[1:]) or step if step.startswith(":") else step for step in steps]
    host = url.get("host")
    host = ".".join(map(text, host)) if isinstance(host, list) else text(host)
    if not host:
        return text(url.get("raw"))
    path = text(url.get("path")) if isinstance(url.get("path"), str) else "/".join(steps)
    scheme = f"{text(url['protocol'])}://" if text(url.get("protocol")) else ""
    port = f":{text(url['port'])}" if text(url.get("port")) else ""
    query = "&".join(
        f"{_quoted(text(q.get('key')))}={_quoted(text(q.get('value')))}"
        for q in map(mapping, items(url.get("query")))
        if not q.get("disabled")
    )
    return f"{scheme}{host}{port}/{path.lstrip('/')}" + (f"?{query}" if query else "")


def _quoted(value: str) -> str:
    return quote(value, safe="{}%/:@,;$!*'()+")


def _headers(listed: Json, filled: Any) -> Iterator[tuple[str, str]]:
    if isinstance(listed, str):
        lines = (line.partition(":") for line in listed.splitlines())
        yield from ((name.strip(), filled(value.strip())) for name, colon, value in lines if colon)
    for each in map(mapping, items(listed)):
        if not each.get("disabled") and text(each.get("key")):
            yield text(each["key"]), filled(each.get("value"))


def _body(body: dict[str, Any], filled: Any) -> tuple[str | None, tuple[FormPart, ...], str]:
    mode = text(body.get("mode"))
    if body.get("disabled") or not mode:
        return None, (), ""
    fields = [each for each in map(mapping, items(body.get(mode))) if not each.get("disabled")]
    if mode == "urlencoded":
        pairs = ((text(each.get("key")), filled(each.get("value"))) for each in fields)
        return (
            "&".join(f"{quote(name)}={_quoted_value(value)}" for name, value in pairs),
            (),
            "application/x-www-form-urlencoded",
        )
    if mode == "formdata":
        return None, tuple(_part(each, filled) for each in fields), "multipart/form-data"
    if mode == "graphql":
        return None, (), ""
    language = text(mapping(mapping(body.get("options")).get("raw")).get("language"))
    raw = filled(body.get("raw"))
    return (
        raw,
        (),
        "application/json"
        if language == "json" or raw.lstrip()[:1] in {"{", "["}
        else "text/plain",
    )


def _quoted_value(value: str) -> str:
    return quote(value, safe="{}")


def _part(each: dict[str, Any], filled: Any) -> FormPart:
    is_file = each.get("type") == "file"
    return FormPart(
        text(each.get("key")),
        "" if is_file else filled(each.get("value")),
        "file" if is_file else None,
    )


def _with_auth(
    url: str, headers: list[tuple[str, str]], auth: dict[str, Any], filled: Any
) -> tuple[str, list[tuple[str, str]]]:
    kind = text(auth.get("type"))
    values = _values(auth.get(kind))
    header: tuple[str, str] | None = None
    if kind == "bearer":
        header = ("Authorization", f"Bearer {filled(values.get('token')) or '$TOKEN'}")
    elif kind == "oauth2":
        header = (
            "Authorization",
            f"{text(values.get('headerPrefix')) or 'Bearer'} {filled(values.get('accessToken')) or '$TOKEN'}",
        )
    elif kind == "basic":
        pair = filled(values.get("username")), filled(values.get("password"))
        header = ("Authorization", basic(*pair))
    elif kind == "apikey" and text(values.get("in")) == "query":
        name, value = filled(values.get("key")), filled(values.get("value"))
        url = with_query(url, f"{_quoted_value(name)}={_quoted_value(value)}")
    elif kind == "apikey":
        header = (filled(values.get("key")) or "X-API-Key", filled(values.get("value")) or "$KEY")
    given = {name.lower() for name, _ in headers}
    return url, [*headers, header] if header and header[0].lower() not in given else headers


def _values(auth: Json) -> dict[str, Any]:
    """v2.1 has a list of key and value, v2.0 an object."""
    if isinstance(auth, list):
        return {text(mapping(each).get("key")): mapping(each).get("value") for each in auth}
    return mapping(auth)


def _response(responses: list[Any]) -> tuple[str, str]:
    """The first example of a success."""
    for each in map(mapping, responses):
        code = each.get("code")
        if isinstance(each.get("body"), str) and (not isinstance(code, int) or 200 <= code < 300):
            kinds = (
                text(h.get("value"))
                for h in map(mapping, items(each.get("header")))
                if text(h.get("key")).lower() == "content-type"
            )
            return each["body"], next(kinds, "")
    return "", ""
