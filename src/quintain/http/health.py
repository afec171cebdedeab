"""Model health, saved and unsaved (docs/health.md)."""

from __future__ import annotations

from fastapi import APIRouter, Request

from quintain.dialects import table
from quintain.dialects.jq import Jq
from quintain.errors import Invalid
from quintain.gateway.compiled import Identity, compile_model
from quintain.gateway.directory import Directory
from quintain.gateway.health import Checkup
from quintain.http import bodies, targets
from quintain.http.bodies import Body, Caller, OrjsonResponse, takes
from quintain.registry.model import Actor
from quintain.registry.providers import origin
from quintain.registry.schema import Target


class HealthRoutes:
    def __init__(self, checkup: Checkup, directory: Directory, jq: Jq) -> None:
        self._checkup = checkup
        self._directory = directory
        self._jq = jq

    def router(self, *, sdk: bool) -> APIRouter:
        router = APIRouter(
            tags=["health"], default_response_class=OrjsonResponse, include_in_schema=not sdk
        )

        @router.post("/redteam/v3/model-health", openapi_extra=takes(_NESTED))
        async def unsaved(request: Request, caller: Caller, body: Body) -> OrjsonResponse:
            """Check an endpoint that is not registered; nothing is stored."""
            return await self._unsaved(request, caller, targets.nested(body))

        @router.post("/redteam/model-health", openapi_extra=takes(_FLAT))
        async def unsaved_flat(request: Request, caller: Caller, body: Body) -> OrjsonResponse:
            """The same in the older flat form."""
            return await self._unsaved(request, caller, targets.flat(body))

        @router.post("/redteam/v3/model/model-health")
        @router.post("/redteam/model/model-health", include_in_schema=False)
        @router.post("/rt/model/model-health", include_in_schema=False)
        async def saved(request: Request, caller: Caller, named: bodies.Model) -> OrjsonResponse:
            """Check a saved model, stage by stage."""
            compiled = await self._directory.find(caller.project_id, named.name, named.version)
            health = await self._checkup.examine(compiled, request.state.request_id)
            return OrjsonResponse(health.document())

        @router.get("/redteam/health", include_in_schema=False)
        @router.get("/rt/health", include_in_schema=False)
        async def service() -> OrjsonResponse:
            """The service itself, for clients that ask."""
            return OrjsonResponse({"status": "healthy"})

        return router

    async def _unsaved(self, request: Request, caller: Actor, target: Target) -> OrjsonResponse:
        details = await table.check(target, self._jq)
        if details:
            raise Invalid(tuple(details))
        # Unsaved checks of one endpoint share a gate, so that they keep its rate too.
        gate = ("unsaved", caller.project_id, origin(target.config))
        identity = Identity(target.model_name or "unsaved", "unsaved", gate, revision=0)
        compiled = compile_model(identity, target.model_name, target.config, self._jq)
        health = await self._checkup.examine(compiled, request.state.request_id)
        return OrjsonResponse(health.document())


def _wrapped(name: str, inner: dict[str, object]) -> dict[str, object]:
    definitions = inner.pop("$defs", {})
    return {"type": "object", "required": [name], "properties": {name: inner}, "$defs": definitions}


_NESTED = _wrapped("endpoint_configuration", Target.model_json_schema(by_alias=True))
_FLAT = _wrapped(
    "target_model_configuration",
    {
        "type": "object",
        "properties": {
            "testing_for": {"type": "string"},
            "model_name": {"type": "string"},
            "model_provider": {"type": "string"},
            "model_endpoint_url": {"type": "string"},
            "model_api_key": {"type": "string"},
        },
    },
)
