"""For those who run the server: is it alive, can it serve, what does it count; and its API's pages."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import anyio.to_thread
from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from quintain.errors import NotFound, ShuttingDown
from quintain.http.bodies import OrjsonResponse
from quintain.registry.models import Models
from quintain.telemetry.metrics import Metrics

# Shipped, not fetched: the page works where there is no internet, and loads nobody else's code.
_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


def ops_router(
    models: Models, metrics: Metrics, waiting: Callable[[], int], closing: Callable[[], bool]
) -> APIRouter:
    router = APIRouter(tags=["operations"], default_response_class=OrjsonResponse)
    metrics.waiting.set_function(waiting)

    @router.get("/healthz")
    async def alive() -> OrjsonResponse:
        """The process answers."""
        return OrjsonResponse({"status": "ok"})

    @router.get("/readyz")
    async def ready() -> OrjsonResponse:
        """The store answers and the server is not stopping; 503 otherwise."""
        if closing():
            raise ShuttingDown
        await models.version()
        return OrjsonResponse({"status": "ready"})

    @router.get("/metrics")
    async def show_metrics() -> Response:
        """Counters in Prometheus' text format; no secret and no name among the labels."""
        page = await anyio.to_thread.run_sync(generate_latest, metrics.registry)
        return Response(page, media_type=CONTENT_TYPE_LATEST)

    return router


def docs_router(openapi_url: str) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=openapi_url,
            title="quintain: API",
            swagger_js_url="/docs/swagger-ui-bundle.js",
            swagger_css_url="/docs/swagger-ui.css",
            swagger_favicon_url="data:,",
        )

    @router.get("/docs/{name}")
    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise NotFound(f"There is nothing at /docs/{name}.")
        path = files("fastapi_swagger").joinpath("resources", name)
        content = await anyio.to_thread.run_sync(path.read_bytes)
        return Response(
            content, media_type=_ASSETS[name], headers={"cache-control": "max-age=86400"}
        )

    return router
