"""An OpenAPI 3 or Swagger 2.0 document: its operation that looks like a chat.

Source: spec.openapis.org (3.0.4, 3.1.1, 2.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin

import orjson

from quintain.imports.answers import Mapping, mapped
from quintain.imports.draft import Draft
from quintain.imports.likeness import ENOUGH, UNJUDGED, Likeness, likeness
from quintain.imports.openapi_auth import Access, accesses, apply
from quintain.imports.places import Json
from quintain.imports.prompts import best_pair, placed
from quintain.imports.refusal import Unimportable
from quintain.imports.request import FORM, JSON, MULTIPART, HttpRequest, Part
from quintain.imports.schemas import RemoteReference, Schemas
from quintain.imports.shaping import Known, shaped
from quintain.imports.source import Found, Source, items, mapping, text

MAX_OPERATIONS = 2000
_METHODS = ("post", "get", "put", "patch")
_NO_SERVER = "https://{server}"  # an address without a host


def is_openapi(document: Json) -> bool:
    holder = mapping(document)
    return isinstance(holder.get("paths"), dict) and ("openapi" in holder or "swagger" in holder)


@dataclass(frozen=True, slots=True)
class Operation:
    """body: an example of what it takes. place, answer: where prompt and answer stand."""

    method: str
    path: str
    item: dict[str, Any]
    detail: dict[str, Any]
    kind: str = ""
    body: Json = None
    place: str = ""
    answer: Mapping | None = None
    judged: Likeness = UNJUDGED
    fault: str = ""

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path[:120]}"


def read(source: Source) -> Found:
    document = mapping(source.document)
    if not is_openapi(document):
        raise Unimportable("An OpenAPI document has openapi (or swagger) and paths.")
    schemas = Schemas(document)
    operations = sorted(_operations(document, schemas), key=lambda each: -each.judged.points)
    if not operations:
        raise Unimportable("The OpenAPI document has no operation that takes a message.")
    best, *others = operations
    if best.fault:
        raise Unimportable(best.fault)
    draft = _draft(document, schemas, best, source.server)
    draft.notes[:0] = _why(best, others)
    return Found([draft])


def _why(best: Operation, others: list[Operation]) -> list[str]:
    much = (
        "Chosen"
        if best.judged.points >= ENOUGH
        else "No operation looks much like a chat; nearest comes"
    )
    notes = [f"{much}: {best.name}, for {best.judged.why}."]
    after = [
        f"{each.name} ({each.judged.points} points to {best.judged.points})" for each in others[:3]
    ]
    return [*notes, f"Runners-up: {', '.join(after)}."] if after else notes


def _operations(document: dict[str, Any], schemas: Schemas) -> Iterator[Operation]:
    count = 0
    for path, item in mapping(document["paths"]).items():
        for method in _METHODS:
            detail = mapping(mapping(item).get(method))
            if detail:
                count += 1
                if count > MAX_OPERATIONS:
                    return
                yield _looked_at(schemas, Operation(method, path, mapping(item), detail))


def _looked_at(schemas: Schemas, bare: Operation) -> Operation:
    kind, body, place, answer, fault = "", None, "", None, ""
    try:
        kind, body = _request_body(schemas, bare)
        place = _place(schemas, bare, kind, body)
        answer = _answer(schemas, bare.detail)
    except RemoteReference as error:
        fault = error.message
    label = " ".join(
        [
            text(bare.detail.get("operationId")),
            text(bare.detail.get("summary")),
            *map(text, items(bare.detail.get("tags"))),
        ]
    )
    judged = likeness(bare.method.upper(), bare.path, label, place, answer.where if answer else "")
    lowered = 20 * bool(bare.detail.get("deprecated")) + 4 * bare.path.count("{")
    return Operation(
        bare.method, bare.path, bare.item, bare.detail, kind, body, place, answer,
        Likeness(judged.points - lowered, judged.reasons), fault,
    )  # fmt: skip


def _place(schemas: Schemas, operation: Operation, kind: str, body: Json) -> str:
    if isinstance(body, dict) and kind in {FORM, MULTIPART}:
        best, _ = best_pair([(name, text(value)) for name, value in body.items()])
        return "" if best is None else list(body)[best]
    if body is not None:
        return "the whole body" if isinstance(body, str) else placed(body).where
    pairs = [
        (text(p.get("name")), "") for p in _parameters(schemas, operation) if p.get("in") == "query"
    ]
    best, _ = best_pair(pairs)
    return "" if best is None else pairs[best][0]


def _parameters(schemas: Schemas, operation: Operation) -> list[dict[str, Any]]:
    """Those of the path and of the operation, whose own wins."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in [
        *items(operation.item.get("parameters")),
        *items(operation.detail.get("parameters")),
    ][:200]:
        parameter = schemas.resolved(each)
        found[text(parameter.get("in")), text(parameter.get("name"))] = parameter
    return list(found.values())


def _request_body(schemas: Schemas, operation: Operation) -> tuple[str, Json]:
    content = mapping(schemas.resolved(operation.detail.get("requestBody")).get("content"))
    for wanted in (JSON, "+json", FORM, MULTIPART, "text/plain", "*/*"):
        for kind, media in content.items():
            bare = kind.partition(";")[0].strip().lower()
            if bare == wanted or (wanted == "+json" and bare.endswith("+json")):
                return (JSON if wanted in {"+json", "*/*"} else wanted), _media_example(
                    schemas, mapping(media)
                )
    return _swagger_body(schemas, operation)


def _swagger_body(schemas: Schemas, operation: Operation) -> tuple[str, Json]:
    parameters = _parameters(schemas, operation)
    for parameter in parameters:
        if parameter.get("in") == "body":
            return JSON, schemas.example(parameter.get("schema"))
    form = {
        text(p.get("name")): schemas.example(p) for p in parameters if p.get("in") == "formData"
    }
    return (FORM, form) if form else ("", None)


def _media_example(schemas: Schemas, media: dict[str, Any], *, whole: bool = False) -> Json:
    if media.get("example") is not None:
        return media["example"]
    for each in mapping(media.get("examples")).values():
        value = schemas.resolved(each).get("value")
        if value is not None:
            return value
    return schemas.example(media.get("schema"), whole=whole)


def _answer(schemas: Schemas, detail: dict[str, Any]) -> Mapping | None:
    """How the answer of a success is read, by its example or its schema."""
    responses = mapping(detail.get("responses"))
    for status in sorted(responses, key=lambda code: (not code.startswith("2"), code)):
        if not (status.startswith("2") or status == "default"):
            continue
        response = schemas.resolved(responses[status])
        content = mapping(response.get("content"))
        content = content or (
            {JSON: {"schema": response["schema"]}} if "schema" in response else {}
        )
        for kind, media in sorted(content.items(), key=lambda pair: "json" not in pair[0]):
            found = _answer_of(schemas, kind, mapping(media))
            if found:
                return found
    return None


def _answer_of(schemas: Schemas, kind: str, media: dict[str, Any]) -> Mapping | None:
    if "json" not in kind and kind != "*/*":
        return Mapping("", "text", "the whole body") if kind.startswith("text/plain") else None
    example = _media_example(schemas, media, whole=True)
    if isinstance(example, str) and not mapping(media.get("schema")):
        return None
    try:
        return mapped(orjson.dumps(example).decode(), "application/json")
    except TypeError:
        return None


def _draft(document: dict[str, Any], schemas: Schemas, best: Operation, server: str) -> Draft:
    notes: list[str] = []
    base = server or _server(document, schemas, best, notes)
    access = next(iter(accesses(document, schemas, best.detail)), Access())
    path, query, headers = _addressed(schemas, best, notes)
    url = f"{base.rstrip('/')}/{path.lstrip('/')}"
    url, headers = apply(access, url + (f"?{query}" if query else ""), headers)
    body, form = _written(best)
    if best.kind and not form:
        headers = [*headers, ("Content-Type", best.kind)]
    request = HttpRequest(best.method.upper(), url, tuple(headers), body, form)
    title = text(best.detail.get("operationId"))
    known = Known(title, best.answer, notes=tuple(notes))
    draft = shaped(request, known)
    if best.answer and best.answer.where and draft.config["model_provider"] == "custom":
        draft.note(
            f"custom_response_format: by the document's answers the text is at {best.answer.where}."
        )
    _finish(draft, access, base)
    return draft


def _finish(draft: Draft, access: Access, base: str) -> None:
    if base.startswith(_NO_SERVER):
        draft.note("The document does not tell the server's address: import again with a server.")
    if access.login:
        draft.config |= {"model_auth_type": "jwt", "model_jwt_config": access.login}
        draft.config.pop("apikeys", None)
        draft.notes[:] = [note for note in draft.notes if not note.startswith("apikeys:")]
        draft.note(
            "model_jwt_config: calls sign in with OAuth's client credentials; give client_id and client_secret."
        )
    draft.note(*access.notes)


def _written(best: Operation) -> tuple[str | None, tuple[Part, ...]]:
    if best.body is None:
        return None, ()
    if best.kind == MULTIPART and isinstance(best.body, dict):
        return None, tuple(Part(name, text(value)) for name, value in best.body.items())
    if best.kind == FORM and isinstance(best.body, dict):
        return "&".join(f"{quote(n)}={quote(text(v), safe='{}')}" for n, v in best.body.items()), ()
    if isinstance(best.body, str) and best.kind != JSON:
        return best.body, ()
    return orjson.dumps(best.body).decode(), ()


def _addressed(
    schemas: Schemas, best: Operation, notes: list[str]
) -> tuple[str, str, list[tuple[str, str]]]:
    """Path, query and headers with the parameters' examples in them."""
    path, query, headers = best.path, [], list[tuple[str, str]]()
    prompt = best.place if best.body is None else ""
    for parameter in _parameters(schemas, best):
        name, where = text(parameter.get("name")), parameter.get("in")
        shown = parameter.get("example") if parameter.get("example") is not None else None
        schema = mapping(parameter.get("schema")) or parameter
        value = text(shown if shown is not None else schemas.example(schema))
        known = shown is not None or any(
            key in schemas.merged(schema)
            for key in ("example", "examples", "default", "enum", "const")
        )
        if where == "path" and known:
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        elif where == "path":
            notes.append(f"paths.chat: put a value in the place of {{{name[:64]}}}.")
        elif where == "query" and (name == prompt or parameter.get("required")):
            query.append(f"{quote(name)}={'{prompt}' if name == prompt else quote(value)}")
        elif (
            where == "header"
            and parameter.get("required")
            and name.lower() not in {"authorization", "content-type", "accept"}
        ):
            headers.append((name, value if known else f"<{name}>"))
            if not known:
                notes.append(
                    f"custom_headers: the document requires the header {name[:64]}; look at its value."
                )
    return path, "&".join(query), headers


def _server(document: dict[str, Any], schemas: Schemas, best: Operation, notes: list[str]) -> str:
    """The first server's URL, its variables filled with their defaults."""
    if "swagger" in document:
        host = text(document.get("host"))
        schemes = [text(each) for each in items(document.get("schemes"))]
        scheme = "https" if "https" in schemes or not schemes else schemes[0]
        base = text(document.get("basePath"))
        return f"{scheme}://{host}{base}" if host else f"{_NO_SERVER}{base}"
    told = (best.detail.get("servers"), best.item.get("servers"), document.get("servers"))
    listed: list[Any] = next(filter(None, map(items, told)), [])
    if len(listed) > 1:
        notes.append(f"The document names {len(listed)} servers; the first one is taken.")
    server = schemas.resolved(listed[0] if listed else {})
    variables = mapping(server.get("variables"))
    url = re.sub(
        r"\{([^{}]*)\}",
        lambda found: text(mapping(variables.get(found[1])).get("default")) or found[0],
        text(server.get("url")),
    )
    return url if "://" in url else urljoin(f"{_NO_SERVER}/", url.lstrip("/")).rstrip("/")
