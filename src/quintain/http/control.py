"""The control plane: FastAPI over the services, with our errors in place of the framework's."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from quintain import __version__
from quintain.errors import Detail, Invalid, QuintainError
from quintain.http.answers import Unexpected, control_error, retry_headers
from quintain.http.bodies import OrjsonResponse
from quintain.http.rules import PUBLIC, RULES, SDK

_ABOUT = """Every AI endpoint that a team tests: registered once, reached in one way, kept safe.

Control-plane calls carry the header `apikey`. The OpenAI-compatible plane (`/v1/...`) takes
`Authorization: Bearer` too; it is described in docs/gateway.md."""


def control_plane(routers: Iterable[APIRouter], sdk: Iterable[APIRouter]) -> FastAPI:
    """sdk: what is served below /sdk as well."""
    app = FastAPI(
        title="quintain", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None
    )
    app.router.redirect_slashes = False
    for router in routers:
        app.include_router(router)
    for router in sdk:
        app.include_router(router, prefix=SDK)
    _errors(app)
    _describe(app)
    return app


def _errors(app: FastAPI) -> None:
    @app.exception_handler(QuintainError)
    async def ours(request: Request, error: QuintainError) -> OrjsonResponse:
        return _told(request, error)

    @app.exception_handler(RequestValidationError)
    async def fields(request: Request, error: RequestValidationError) -> OrjsonResponse:
        details = (
            Detail(".".join(map(str, each["loc"][1:])), each["msg"]) for each in error.errors()
        )
        return _told(request, Invalid(tuple(details)))

    @app.exception_handler(Exception)
    async def unexpected(request: Request, _: Exception) -> OrjsonResponse:
        # The framework raises it on after this answer, so that the front door logs it.
        return _told(request, Unexpected())

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> OrjsonResponse:
        ours = QuintainError(
            f"{error.detail}.", code="not_found" if error.status_code == 404 else "bad_request"
        )
        ours.status = error.status_code  # type: ignore[misc]
        return _told(request, ours)


def _told(request: Request, error: QuintainError) -> OrjsonResponse:
    response = OrjsonResponse(None, status_code=error.status)
    response.body = control_error(error, request.state.request_id)
    response.headers["content-length"] = str(len(response.body))
    for name, value in retry_headers(error):
        response.headers[name.decode()] = value.decode()
    return response


def _describe(app: FastAPI) -> None:
    """OpenAPI's security and error answers, from the table of rules."""
    generate = app.openapi

    def described() -> dict[str, object]:
        if app.openapi_schema is None:
            schema = generate()
            schema.setdefault("components", {})["securitySchemes"] = {
                "apikey": {"type": "apiKey", "in": "header", "name": "apikey"}
            }
            for path, operations in schema["paths"].items():
                for method, operation in operations.items():
                    _secure(operation, RULES.get((method.upper(), path)))
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign]


def _secure(operation: dict[str, object], roles: frozenset[str] | None) -> None:
    if roles is PUBLIC:
        return
    operation["security"] = [{"apikey": []}]
    responses = operation.setdefault("responses", {})
    if isinstance(responses, dict):
        for status, what in _REFUSALS.items():
            responses[status] = {"description": what}


_REFUSALS = {
    "400": "Not JSON",
    "401": "The key is missing or not valid",
    "403": "The key has not the right",
    "404": "No such model",
    "409": "Name and version are taken",
    "413": "The body is too large",
    "415": "The body is not application/json",
    "422": "Field errors, all of them at once",
    "503": "Shutting down, or the store is away",
}
