"""An OpenAPI 3 or Swagger 2.0 document: its operation that looks like a chat.

Source: spec.openapis.org (3.0.4, 3.1.1, 2.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urljoin

import orjson

from quintain.imports.draft import Draft
from quintain.imports.known import Known
from quintain.imports.likeness import ENOUGH
from quintain.imports.openapi_auth import Access, accesses, apply
from quintain.imports.openapi_operation import Operation, looked_at, parameters_of
from quintain.imports.places import Json
from quintain.imports.refusal import Unimportable
from quintain.imports.request import JSON, HttpRequest
from quintain.imports.schemas import Schemas
from quintain.imports.shaping import shaped
from quintain.imports.source import Found, Source, items, mapping, text
from quintain.registry.curl import FORM_TYPE, MULTIPART_TYPE, FormPart

MAX_OPERATIONS = 2000
_METHODS = ("post", "get", "put", "patch")
_NO_SERVER = "https://{server}"  # an address without a host


def is_openapi(document: Json) -> bool:
    holder = mapping(document)
    return isinstance(holder.get("paths"), dict) and ("openapi" in holder or "swagger" in holder)


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
                yield looked_at(schemas, Operation(method, path, mapping(item), detail))


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


def _written(best: Operation) -> tuple[str | None, tuple[FormPart, ...]]:
    if best.body is None:
        return None, ()
    if best.kind == MULTIPART_TYPE and isinstance(best.body, dict):
        return None, tuple(FormPart(name, text(value)) for name, value in best.body.items())
    if best.kind == FORM_TYPE and isinstance(best.body, dict):
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
    for parameter in parameters_of(schemas, best):
        name, where = text(parameter.get("name")), parameter.get("in")
        value, known = _exemplified(schemas, parameter)
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


def _exemplified(schemas: Schemas, parameter: dict[str, Any]) -> tuple[str, bool]:
    """A parameter's value, and whether the document tells it, so that it is none of our making."""
    shown = parameter.get("example")
    if shown is not None:
        return text(shown), True
    schema = mapping(parameter.get("schema")) or parameter
    told = ("example", "examples", "default", "enum", "const")
    return text(schemas.example(schema)), any(key in schemas.merged(schema) for key in told)


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
