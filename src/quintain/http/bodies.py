"""What the control plane's routes share: the caller, the body, what else a call may say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response

from quintain.errors import BadRequest, Detail, Invalid
from quintain.registry.model import Actor

# Deeper than any registration, and shallow enough that everything down to the store can follow.
DEEPEST = 100


class OrjsonResponse(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


# Dependencies are coroutines: the framework would run functions in its thread pool.
async def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


async def _body(request: Request) -> dict[str, Any]:
    return read_object(request.state.body)


def read_object(text: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises BadRequest where it is none."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error}.", code="invalid_json") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.", code="invalid_json")
    if _deeper_than(DEEPEST, body):
        raise BadRequest(
            f"The body is nested more than {DEEPEST} levels deep.", code="too_deeply_nested"
        )
    return body


def _deeper_than(levels: int, value: Any) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [inner for each in layer for inner in _inside(each)]
        if not layer:
            return False
    return True


def _inside(value: dict[str, Any] | list[Any]) -> Iterator[dict[str, Any] | list[Any]]:
    inner = value.values() if isinstance(value, dict) else value
    return (each for each in inner if isinstance(each, dict | list))


@dataclass(frozen=True, slots=True)
class Named:
    """The model that the two headers name."""

    name: str
    version: str


async def _named(
    model: Annotated[
        str | None, Header(alias="X-Enkrypt-Model", description="The model's saved name.")
    ] = None,
    version: Annotated[
        str | None,
        Header(alias="X-Enkrypt-Model-Version", description="Its version; `v1` unless given."),
    ] = None,
) -> Named:
    name = utf8(model or "").strip()
    if not name:
        raise Invalid(
            (Detail("X-Enkrypt-Model", "this header is required: the saved name of a model"),)
        )
    return Named(name, utf8(version or "").strip() or "v1")


async def _known_query(request: Request) -> None:
    """A filter that is misspelt would not filter."""
    known = [each.alias for each in request.scope["route"].dependant.query_params]
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        takes = f"this call takes {', '.join(known)}" if known else "this call takes none"
        raise Invalid(tuple(Detail(name, f"unknown parameter; {takes}") for name in unknown))


def utf8(text: str) -> str:
    """Header text as the caller meant it: the framework reads bytes as Latin-1."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


async def begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """An answer in pieces, the first of which is there: what fails by then has a status of its own."""
    first = await anext(chunks, b"")
    return _with(first, chunks)


async def _with(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


Caller = Annotated[Actor, Depends(_actor)]
Body = Annotated[dict[str, Any], Depends(_body)]
Model = Annotated[Named, Depends(_named)]


def strict_router(tag: str) -> APIRouter:
    """Of routes that refuse query parameters which they do not take."""
    return APIRouter(
        tags=[tag], dependencies=[Depends(_known_query)], default_response_class=OrjsonResponse
    )


def takes(schema: dict[str, Any], *, needed: bool = True) -> dict[str, Any]:
    """OpenAPI's description of a JSON body that a route reads by itself."""
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": needed, "content": content}}
