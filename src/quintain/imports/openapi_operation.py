"""One operation of an API's description: what it takes, what it answers, how much it is a chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from quintain.imports.answers import Mapping, mapped
from quintain.imports.likeness import UNJUDGED, Likeness, likeness
from quintain.imports.places import Json
from quintain.imports.prompts import best_pair, placed
from quintain.imports.request import JSON
from quintain.imports.schemas import RemoteReference, Schemas
from quintain.imports.source import items, mapping, text
from quintain.registry.curl import FORM_TYPE, MULTIPART_TYPE


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


def looked_at(schemas: Schemas, bare: Operation) -> Operation:
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
    if isinstance(body, dict) and kind in {FORM_TYPE, MULTIPART_TYPE}:
        best, _ = best_pair([(name, text(value)) for name, value in body.items()])
        return "" if best is None else list(body)[best]
    if body is not None:
        return "the whole body" if isinstance(body, str) else placed(body).where
    pairs = [
        (text(p.get("name")), "")
        for p in parameters_of(schemas, operation)
        if p.get("in") == "query"
    ]
    best, _ = best_pair(pairs)
    return "" if best is None else pairs[best][0]


def parameters_of(schemas: Schemas, operation: Operation) -> list[dict[str, Any]]:
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
    for wanted in (JSON, "+json", FORM_TYPE, MULTIPART_TYPE, "text/plain", "*/*"):
        for kind, media in content.items():
            bare = kind.partition(";")[0].strip().lower()
            if bare == wanted or (wanted == "+json" and bare.endswith("+json")):
                return (JSON if wanted in {"+json", "*/*"} else wanted), _media_example(
                    schemas, mapping(media)
                )
    return _swagger_body(schemas, operation)


def _swagger_body(schemas: Schemas, operation: Operation) -> tuple[str, Json]:
    parameters = parameters_of(schemas, operation)
    for parameter in parameters:
        if parameter.get("in") == "body":
            return JSON, schemas.example(parameter.get("schema"))
    form = {
        text(p.get("name")): schemas.example(p) for p in parameters if p.get("in") == "formData"
    }
    return (FORM_TYPE, form) if form else ("", None)


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
