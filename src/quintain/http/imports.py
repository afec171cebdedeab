"""`POST /models/import`: what others wrote of an endpoint, made ready for review. Stores nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter
from pydantic import Field

from quintain.errors import Detail, Invalid
from quintain.http.bodies import Body, Caller, OrjsonResponse, takes
from quintain.imports.apart import Apart
from quintain.registry.fields import BlankIsNone, Strict
from quintain.registry.parse import validated

# The answer holds the source's secrets whole, for the body to be given back as it is.
_NEVER_KEPT = {"Cache-Control": "no-store"}


class ImportRequest(Strict):
    """The body of `POST /models/import`. source: the text, or the document as JSON."""

    source: str | dict[str, Any] | list[Any]
    kind: Annotated[
        Literal["curl", "http", "har", "openapi", "postman", "litellm", "garak", "promptfoo"]
        | None,
        BlankIsNone,
    ] = None
    name: Annotated[str, Field(max_length=128)] | None = None
    server: Annotated[str, Field(max_length=2048)] | None = None

    @property
    def text(self) -> str:
        return self.source if isinstance(self.source, str) else orjson.dumps(self.source).decode()


def import_router(apart: Apart, *, sdk: bool) -> APIRouter:
    """sdk: served below /sdk as well, and described above it alone."""
    router = APIRouter(
        tags=["models"], default_response_class=OrjsonResponse, include_in_schema=not sdk
    )

    @router.post("/models/import", openapi_extra=takes(ImportRequest.model_json_schema()))
    async def import_models(_: Caller, body: Body) -> OrjsonResponse:
        """Make bodies of add-model of a curl command, an OpenAPI document and the like."""
        request = _request(body)
        found = await apart.answer(
            request.text, request.kind or "", request.name or "", request.server or ""
        )
        return OrjsonResponse(found, headers=_NEVER_KEPT)

    return router


def _request(body: dict[str, Any]) -> ImportRequest:
    source = body.get("source")
    if "source" in body and not isinstance(source, str | dict | list):
        raise Invalid((Detail("source", "must be a text, or the document as JSON"),))
    return validated(ImportRequest, body)
