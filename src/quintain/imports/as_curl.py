"""A request that no template can hold, as the curl command that makes it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace

import orjson

from quintain.imports.bounded import json_or_none
from quintain.imports.credentials import Credentials
from quintain.imports.draft import Draft
from quintain.imports.known import Known, custom_draft, path_of, read_answers, tell_place
from quintain.imports.prompts import PROMPT, best_pair, has_place, placed, xml_placed
from quintain.imports.request import JSON, Address, HttpRequest, Pairs, fields_of, fields_written
from quintain.registry.curl import FORM_TYPE
from quintain.secret import Secret

NO_HOST = "target.invalid"


def as_curl(address: Address, request: HttpRequest, found: Credentials, known: Known) -> Draft:
    """Any other request: as a curl command, which is kept as one secret."""
    draft = custom_draft(address, known)
    is_json = isinstance(json_or_none(request.body), dict | list)
    is_form = request.content_type == FORM_TYPE and not is_json
    fields = fields_of(request.body or "") if is_form else ()
    words, where, others = _words(address, request, fields)
    command = ["curl", "-X", request.method, _url(address, words.query)]
    for name, value in found.headers:
        if name.lower() != "content-type" or not (
            request.form or request.content_type == FORM_TYPE
        ):
            command += ["-H", f"{name}: {value}"]
    if is_json and request.content_type == FORM_TYPE:  # what curl takes any -d for
        command += ["-H", f"Content-Type: {JSON}"]
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
    tell_place(draft, "custom_curl_command", where, others)
    draft.note(*found.notes, *words.notes)
    read_answers(draft, known)
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
        return ["--data-raw", fields_written(pairs)]
    arguments = []
    for part, (name, value) in zip(request.form, pairs, strict=True):
        if part.filename is not None:
            words.notes.append(f"The form's file {name[:64]} is left out: files are not read.")
        elif part.content_type:
            quoted = value.replace("\\", r"\\").replace('"', r"\"")
            arguments += ["-F", f'{name}="{quoted}";type={part.content_type}']
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
    elif not place[0] and (inside := xml_placed(body)) is not None:
        body, place = inside[0], (inside[1], [])
    elif not place[0] and request.content_type in {"", "text/plain"}:
        body, place = PROMPT, ("the whole body", [])
    words.arguments = ["--data-raw", body]
    return place


def _url(address: Address, query: Pairs) -> str:
    """The address with its query. Its secrets stand in it: the command is one secret as a whole."""
    host = f"[{address.host}]" if ":" in address.host else address.host or NO_HOST
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{host}{port}{path_of(replace(address, query=query))}"
