"""From one HTTP request to a registration that makes the same."""

from __future__ import annotations

import shlex
from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import orjson

from quintain.imports.answers import Mapping, mapped
from quintain.imports.bounded import json_or_none
from quintain.imports.credentials import (
    Credentials,
    credentials_of,
    hide_in_path,
    hide_in_payload,
    hide_in_query,
)
from quintain.imports.draft import Draft
from quintain.imports.hosts import provider_at, spoken
from quintain.imports.native import native
from quintain.imports.places import Json
from quintain.imports.prompts import PROMPT, best_pair, has_place, placed, unmarked, with_sessions
from quintain.imports.request import (
    FORM,
    JSON,
    Address,
    HttpRequest,
    Pairs,
    address_of,
    are_headers,
    fields_of,
    without_noise,
)
from quintain.registry.placeholders import quoted_around
from quintain.secret import Secret

NO_HOST = "target.invalid"
_IN_PATH = "%/:@!$&'()*+,;=-._~{}"


@dataclass(frozen=True, slots=True)
class Known:
    """What a source tells beside the request. label: a name. answer: how its answer is read.

    response: an answer of the target, with its content type.
    """

    label: str = ""
    answer: Mapping | None = None
    response: str = ""
    response_type: str = ""
    notes: tuple[str, ...] = ()


NOTHING = Known()


def shaped(request: HttpRequest, known: Known = NOTHING) -> Draft:
    """Raises Unimportable for a URL that cannot be called."""
    marked = _unmarked(request)
    address = address_of(marked.url)
    found = credentials_of(_with_user(marked, address))
    address = replace(
        address, path=hide_in_path(address.path, found), query=hide_in_query(address.query, found)
    )
    body = json_or_none(marked.body) if marked.method != "GET" and not marked.form else None
    provider = provider_at(address) or _speaks(address, marked, body, known)
    if provider and not _must_be_custom(provider, address):
        draft = native(provider, address, body, found, known.label)
    elif isinstance(body, dict | list) and marked.method == "POST":
        draft = _templated(address, body, marked, found, known)
    else:
        draft = _commanded(address, marked, found, known)
    draft.note(*known.notes)
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


def _must_be_custom(provider: str, address: Address) -> bool:
    """A secret in the URL has a place in a custom endpoint's path alone."""
    query = dict(address.query)
    return "{auth." in address.path or any(
        "{auth." in v for n, v in query.items() if n != "key" or provider != "gemini"
    )


def _label(address: Address, known: Known) -> str:
    last = next(
        (step for step in reversed(address.path.split("/")) if step and "{" not in step), ""
    )
    return f"{address.host}-{known.label or last}"


def _base(address: Address, known: Known) -> Draft:
    draft = Draft(_label(address, known), {"model_provider": "custom"})
    draft.target(address.scheme, address.host, address.port)
    return draft


def _path(address: Address) -> str:
    """Path and query as one, with what a registration's path may not hold percent-encoded."""
    query = "&".join(
        f"{quoted_around(name)}={quoted_around(value)}" for name, value in address.query
    )
    path = quote(address.path, safe=_IN_PATH) or "/"
    return f"{path}?{query}" if query else path


def _templated(
    address: Address, body: Json, request: HttpRequest, found: Credentials, known: Known
) -> Draft:
    """A JSON body: a custom endpoint with a template."""
    draft = _base(address, known)
    place = placed(body)
    in_url = has_place(request.url)
    payload, sessions = with_sessions(place.payload)
    payload = hide_in_payload(_settled(payload, draft, known), found)
    draft.config |= {
        "paths": {"chat": _path(address)},
        "custom_payload": payload,
        "custom_headers": _headers(found),
        "apikeys": found.apikeys(),
        "auth_data": found.auth_data() or None,
    }
    if place.system:
        draft.config["system_prompt"] = place.system
        draft.note("system_prompt: the source's system message is put before every conversation.")
    _tell_place(
        draft,
        "custom_payload",
        "" if in_url and not place.where else place.where,
        place.others,
        found_elsewhere=in_url,
    )
    if request.content_type == FORM:
        draft.note("Content-Type: the body is JSON, and it is sent as application/json.")
    draft.note(*place.notes, *found.notes, *_of_sessions(sessions))
    _read_answers(draft, known, place.said)
    return draft


def _headers(found: Credentials) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": Secret(value)}
        for name, value in found.headers
        if name.lower() != "content-type"
        or value.partition(";")[0].strip().lower() not in {JSON, FORM}
    ]


def _tell_place(
    draft: Draft, where_in: str, where: str, others: Any, *, found_elsewhere: bool = False
) -> None:
    if where:
        also = f" It could also be {', '.join(others)}." if others else ""
        draft.note(f"{where_in}: the prompt goes to {where}.{also}")
    elif not found_elsewhere:
        draft.note(
            f"{where_in}: no place for the prompt was found; put {{prompt}} where the user's message belongs."
        )


def _of_sessions(found: list[str]) -> list[str]:
    return [
        f"{where} held one conversation's id: {{session_id}} stands there. If the target keeps conversations, set metadata.session."
        for where in found[:3]
    ]


def _settled(payload: Json, draft: Draft, known: Known) -> Json:
    """A request for a stream asks for a whole answer, unless it is known how the stream is read."""
    reads = _answer(known)
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


def _answer(known: Known, asked: str = "") -> Mapping | None:
    if known.answer or not known.response:
        return known.answer
    return mapped(known.response, known.response_type, asked)


def _read_answers(draft: Draft, known: Known, asked: str = "") -> None:
    """How the answer's text is picked out, where the source tells."""
    answer = _answer(known, asked)
    if answer is None:
        if any(note.startswith("custom_response_format") for note in known.notes):
            return
        draft.note(
            "custom_response_format: the source shows no answer; without a jq program the whole answer is the text."
        )
        return
    draft.config["custom_response_format"] = answer.program
    if answer.reads != "json":
        draft.config["custom_response_content_type"] = answer.reads
    if known.answer is None and answer.where:
        draft.note(f"custom_response_format: the answer's text was found at {answer.where}.")


def _commanded(address: Address, request: HttpRequest, found: Credentials, known: Known) -> Draft:
    """Any other request: as a curl command, which is kept as one secret."""
    draft = _base(address, known)
    fields = fields_of(request.body or "") if request.content_type == FORM else ()
    words, where, others = _words(address, request, fields)
    command = ["curl", "-X", request.method, _url(address, words.query)]
    for name, value in found.headers:
        if name.lower() != "content-type" or not (request.form or request.content_type == FORM):
            command += ["-H", f"{name}: {value}"]
    command += words.arguments
    draft.config |= {
        "custom_curl_command": Secret(" ".join(shlex.quote(word) for word in command)),
        "apikeys": found.apikeys(),
        "auth_data": found.auth_data() or None,
    }
    draft.config.pop("endpoint")
    if not address.host:
        draft.note(
            f"custom_curl_command: {NO_HOST} stands in the place of the target's host; put it there."
        )
    _tell_place(draft, "custom_curl_command", where, others)
    draft.note(*found.notes, *words.notes)
    _read_answers(draft, known)
    return draft


@dataclass(slots=True)
class _Words:
    """query: the URL's parameters. arguments: those of curl that carry the body."""

    query: Pairs
    arguments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _words(address: Address, request: HttpRequest, fields: Pairs) -> tuple[_Words, str, list[str]]:
    """The prompt put into the form, the body or the query, wherever its place is."""
    words = _Words(address.query)
    marked = [
        request.url,
        request.body or "",
        *(p.value for p in request.form),
        *(v for _, v in request.headers),
    ]
    place: tuple[str, list[str]] = (
        ("where the source marks it", []) if any(map(has_place, marked)) else ("", [])
    )
    pairs = tuple((part.name, part.value) for part in request.form) or fields
    if request.form or fields:
        pairs, place = _paired(pairs, place)
        words.arguments = _form(request, pairs, words)
    elif request.body:
        place = _text_body(words, request, place)
    else:
        words.query, place = _paired(address.query, place)
    return words, *place


def _paired(pairs: Pairs, place: tuple[str, list[str]]) -> tuple[Pairs, tuple[str, list[str]]]:
    if place[0]:
        return pairs, place
    chosen, others = best_pair(pairs)
    if chosen is None:
        return pairs, ("", [])
    name = pairs[chosen][0]
    return (*pairs[:chosen], (name, PROMPT), *pairs[chosen + 1 :]), (name[:100], others)


def _form(request: HttpRequest, pairs: Pairs, words: _Words) -> list[str]:
    if not request.form:
        return [
            "--data-raw",
            "&".join(f"{quoted_around(name)}={quoted_around(value)}" for name, value in pairs),
        ]
    arguments = []
    for part, (name, value) in zip(request.form, pairs, strict=True):
        if part.filename is not None:
            words.notes.append(f"The form's file {name[:64]} is left out: files are not read.")
        else:
            arguments += ["--form-string", f"{name}={value}"]
    return arguments


def _text_body(
    words: _Words, request: HttpRequest, place: tuple[str, list[str]]
) -> tuple[str, list[str]]:
    """A body of text is the prompt itself; one of JSON has it at its place."""
    body = request.body or ""
    document = json_or_none(body)
    if isinstance(document, dict | list):
        found = placed(document)
        body, place = orjson.dumps(found.payload).decode(), (found.where, list(found.others))
    elif not place[0] and request.content_type in {"", "text/plain"}:
        body, place = PROMPT, ("the whole body", [])
    words.arguments = ["--data-raw", body]
    return place


def _url(address: Address, query: Pairs) -> str:
    """The address with its query. Its secrets stand in it: the command is one secret as a whole."""
    host = f"[{address.host}]" if ":" in address.host else address.host or NO_HOST
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{host}{port}{_path(replace(address, query=query))}"
