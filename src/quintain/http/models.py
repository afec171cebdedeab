"""`/models/*`: the registry over HTTP, in the contract's words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

import anyio.to_thread
import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response

from quintain.admission.gates import Gates
from quintain.dialects import table
from quintain.dialects.jq import Jq
from quintain.errors import Detail, Invalid
from quintain.gateway.directory import Directory
from quintain.http import bodies
from quintain.http.bodies import Body, Caller, OrjsonResponse, takes
from quintain.http.sdk import as_meant, unshortened
from quintain.http.targets import without_extra
from quintain.http.views import model_view, revision_view, sdk_view
from quintain.registry.merge import added
from quintain.registry.model import Actor, Filters, Model, Page
from quintain.registry.models import Models
from quintain.registry.providers import DEFAULT_RATE_PER_MIN
from quintain.registry.schema import AddModel, Provider, Target, TestingFor

View = Callable[[Model], dict[str, Any]]


class ModelRoutes:
    def __init__(self, models: Models, directory: Directory, jq: Jq, gates: Gates) -> None:
        self._models = models
        self._directory = directory
        self._jq = jq
        self._gates = gates

    async def _check(self, target: Target) -> None:
        details = await table.check(target, self._jq)
        if details:
            raise Invalid(tuple(details))

    def router(self, *, sdk: bool) -> APIRouter:
        """The same routes for everyone and, with `sdk`, in the form that the official SDK reads."""
        router = APIRouter(
            tags=["models"], default_response_class=OrjsonResponse, include_in_schema=not sdk
        )
        view: View = sdk_view if sdk else model_view

        @router.post(
            "/models/add-model", openapi_extra=takes(AddModel.model_json_schema(by_alias=True))
        )
        async def add_model(caller: Caller, body: Body) -> OrjsonResponse:
            """Register a model."""
            request = added(as_meant(body) if sdk else body)
            await self._check(request)
            model = await self._models.add(caller, request)
            return await self._changed("added", model, view)

        @router.get("/models/get-model")
        async def get_model(caller: Caller, named: bodies.Model) -> OrjsonResponse:
            """One model, its secrets masked."""
            return OrjsonResponse(
                view(await self._models.get(caller.project_id, named.name, named.version))
            )

        @router.get("/models/list-models")
        async def list_models(
            caller: Caller,
            testing_for: TestingFor | None = None,
            model_provider: Provider | None = None,
            q: Annotated[
                str | None, Query(max_length=256, description="Part of a saved name or model name.")
            ] = None,
            page: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
            per_page: Annotated[int | None, Query(ge=1, le=100)] = None,
        ) -> Response:
            """All models of the project; page by page where `page` or `per_page` is given."""
            filters = Filters(testing_for=testing_for, model_provider=model_provider, q=_plain(q))
            if page is None and per_page is None:
                return await self._all(caller, filters, view)
            wanted = Page(page or 1, per_page or 20)
            models, total = await self._models.list(caller.project_id, filters, wanted)
            rows = [view(model) for model in models]
            return OrjsonResponse({"models": rows, "pagination": _pagination(wanted, total)})

        @router.patch("/models/modify-model", openapi_extra=takes(_partial(AddModel)))
        async def modify_model(caller: Caller, named: bodies.Model, body: Body) -> OrjsonResponse:
            """Change a model: what the body leaves out stays."""
            change = without_extra(body)
            if sdk:
                stored = await self._models.get(caller.project_id, named.name, named.version)
                change = unshortened(change, stored)
            await self._check(
                await self._models.merged(caller.project_id, named.name, named.version, change)
            )
            model = await self._models.modify(caller, named.name, named.version, change)
            # Now, and not with the next call: those who wait in line go by the new rate, too.
            rate = model.config.rate_per_min or DEFAULT_RATE_PER_MIN
            self._gates.gate(model.id).set_rate(rate, model.revision)
            return await self._changed("updated", model, view)

        @router.delete("/models/delete-model")
        async def delete_model(caller: Caller, named: bodies.Model) -> OrjsonResponse:
            """Remove a model and its secrets; its history stays readable."""
            model = await self._models.delete(caller, named.name, named.version)
            return await self._changed("deleted", model, view)

        @router.get("/models/history")
        async def history(caller: Caller, named: bodies.Model) -> OrjsonResponse:
            """Who changed what and when, the newest last; secrets only as changed."""
            revisions = await self._models.history(caller.project_id, named.name, named.version)
            return OrjsonResponse({"revisions": [revision_view(each) for each in revisions]})

        return router

    async def _all(self, caller: Actor, filters: Filters, view: View) -> Response:
        """Every model, written batch by batch off the loop: a project may have very many."""
        parts = [
            await anyio.to_thread.run_sync(_written, batch, view)
            async for batch in self._models.batches(caller.project_id, filters)
        ]
        return Response(b'{"models":[' + b",".join(parts) + b"]}", media_type="application/json")

    async def _changed(self, what: str, model: Model, view: View) -> OrjsonResponse:
        self._directory.forget()
        return OrjsonResponse(
            {"message": f"Model details {what} successfully", "data": view(model)}
        )


def _written(models: list[Model], view: View) -> bytes:
    return orjson.dumps([view(model) for model in models])[1:-1]


def _pagination(page: Page, total: int) -> dict[str, Any]:
    pages = math.ceil(total / page.per_page)
    return {
        "page": page.page,
        "per_page": page.per_page,
        "total_count": total,
        "total_pages": pages,
        "has_next": page.page < pages,
        "has_previous": page.page > 1,
    }


def _plain(q: str | None) -> str | None:
    if q is not None and "\0" in q:
        raise Invalid((Detail("q", "must not contain NUL"),))
    return q or None


def _partial(schema: type[AddModel]) -> dict[str, Any]:
    """The same body with nothing required."""
    document = schema.model_json_schema(by_alias=True)
    document.pop("required", None)
    document["$defs"]["ModelConfig"].pop("required", None)
    return document
