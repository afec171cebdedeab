"""From one HTTP request to a registration that makes the same."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

from quintain.imports.as_curl import as_curl
from quintain.imports.bounded import json_or_none
from quintain.imports.credentials import (
    Credentials,
    credentials_of,
    hide_in_path,
    hide_in_payload,
    hide_in_query,
)
from quintain.imports.draft import Draft
from quintain.imports.hosts import provider_at, spoken, spoken_at
from quintain.imports.known import (
    NOTHING,
    Known,
    answer_of,
    custom_draft,
    path_of,
    read_answers,
    tell_place,
)
from quintain.imports.native import native
from quintain.imports.places import Json
from quintain.imports.products import product_at
from quintain.imports.prompts import has_place, placed, session_in_path, unmarked, with_sessions
from quintain.imports.request import (
    JSON,
    Address,
    HttpRequest,
    Pairs,
    address_of,
    are_headers,
    without_noise,
)
from quintain.imports.unfilled import unfilled
from quintain.registry.curl import FORM_TYPE
from quintain.secret import Secret


def shaped(request: HttpRequest, known: Known = NOTHING) -> Draft:
    """Raises Unimportable for a URL that cannot be called."""
    marked = _unmarked(request)
    address = address_of(marked.url)
    found = credentials_of(_with_user(marked, address))
    address = replace(
        address, path=hide_in_path(address.path, found), query=hide_in_query(address.query, found)
    )
    body = json_or_none(marked.body) if marked.method != "GET" and not marked.form else None
    known = _with_product(address, body, known)
    address, sessions = _with_session(address)
    provider = provider_at(address) or _speaks(address, marked, body, known)
    if provider and spoken_at(provider, address) and not _must_be_custom(provider, address):
        draft = native(provider, address, body, found, known.label)
    elif isinstance(body, dict | list) and marked.method == "POST":
        draft = _templated(address, body, marked, found, known)
    else:
        draft = as_curl(address, marked, found, known)
    draft.note(*known.notes, *_of_sessions(sessions), *unfilled(draft.config))
    if len(are_headers(request.headers)) < len(request.headers):
        draft.note("custom_headers: a line of the source that is no header is left out.")
    return draft


def _unmarked(request: HttpRequest) -> HttpRequest:
    return replace(
        request,
        method=request.method.strip().upper()[:32] or "POST",
        url=unmarked(request.url),
        headers=tuple(
            (name, unmarked(value)) for name, value in without_noise(are_headers(request.headers))
        ),
        body=None if request.body is None else unmarked(request.body),
        form=tuple(replace(part, value=unmarked(part.value)) for part in request.form),
    )


def _with_user(request: HttpRequest, address: Address) -> Pairs:
    if not address.userinfo or request.header("authorization"):
        return request.headers
    basic = b64encode(address.userinfo.encode()).decode()
    return (*request.headers, ("Authorization", f"Basic {basic}"))


def _speaks(address: Address, request: HttpRequest, body: Json, known: Known) -> str:
    """The dialect by the request's shape, unless an answer is known to be another."""
    provider = spoken(address, request, body)
    if provider == "openai_compatible" and known.response:
        answer = json_or_none(known.response)
        if answer is not None and not (isinstance(answer, dict) and "choices" in answer):
            return ""
    if provider == "openai_compatible" and known.answer and "choices" not in known.answer.program:
        return ""
    return provider


def _with_session(address: Address) -> tuple[Address, list[str]]:
    path, stood = session_in_path(address.path)
    query, named = with_sessions(dict(address.query))
    where = [*(["The path"] if stood else []), *(f"The URL's {name}" for name in named)]
    return replace(
        address, path=path, query=tuple(query.items()) if named else address.query
    ), where


def _with_product(address: Address, body: Json, known: Known) -> Known:
    """A source without an answer may be a request to a product whose answers are known."""
    product = product_at(address, body)
    if known.answer or known.response or product is None:
        return known
    return replace(known, answer=product.answer, notes=(*known.notes, product.note))


def _must_be_custom(provider: str, address: Address) -> bool:
    """A secret in the URL has a place in a custom endpoint's path alone."""
    query = dict(address.query)
    return "{auth." in address.path or any(
        "{auth." in v for n, v in query.items() if n != "key" or provider != "gemini"
    )


def _templated(
    address: Address, body: Json, request: HttpRequest, found: Credentials, known: Known
) -> Draft:
    """A JSON body: a custom endpoint with a template."""
    draft = custom_draft(address, known)
    place = placed(body)
    in_url = has_place(request.url)
    payload, sessions = with_sessions(place.payload)
    payload = hide_in_payload(_settled(payload, draft, known), found)
    draft.config |= {
        "paths": {"chat": path_of(address)},
        "custom_payload": payload,
        "custom_headers": _headers(found),
        "apikeys": found.apikeys(),
        "auth_data": found.auth_data() or None,
    }
    draft.system(place.system)
    tell_place(
        draft,
        "custom_payload",
        "" if in_url and not place.where else place.where,
        place.others,
        found_elsewhere=in_url,
    )
    if request.content_type == FORM_TYPE:
        draft.note("Content-Type: the body is JSON, and it is sent as application/json.")
    draft.note(*place.notes, *found.notes, *_of_sessions(sessions))
    read_answers(draft, known, place.said)
    return draft


def _headers(found: Credentials) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": Secret(value)}
        for name, value in found.headers
        if name.lower() != "content-type"
        or value.partition(";")[0].strip().lower() not in {JSON, FORM_TYPE}
    ]


def _of_sessions(found: list[str]) -> list[str]:
    return [
        f"{where} held one conversation's id: {{session_id}} stands there. If the target keeps conversations, set metadata.session."
        for where in found[:3]
    ]


def _settled(payload: Json, draft: Draft, known: Known) -> Json:
    """A request for a stream asks for a whole answer, unless it is known how the stream is read."""
    reads = answer_of(known)
    if isinstance(payload, dict) and payload.get("response_mode") == "streaming":  # Dify's word
        return payload | {"response_mode": "blocking"}
    if (
        isinstance(payload, dict)
        and payload.get("stream") is True
        and not (reads and reads.reads == "sse")
    ):
        draft.note(
            "stream: the source asked for a stream; whole answers are asked for, since its events are not known."
        )
        return payload | {"stream": False}
    return payload
