"""The control plane: FastAPI over the services, with our errors in place of the framework's."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from quintain import __version__
from quintain.errors import Detail, Invalid, NotFound, QuintainError
from quintain.http.answers import Unexpected, control_error, retry_headers
from quintain.http.bodies import OrjsonResponse
from quintain.http.openapi import describe
from quintain.http.rules import SDK, MethodNotAllowed

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
    describe(app)
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
        return _told(request, _ours(request, error))


def _ours(request: Request, error: HTTPException) -> QuintainError:
    """A path below a rule's prefix that has no route, or no route for this method."""
    path = request.scope["path"]
    if error.status_code == 404:
        return NotFound(f"There is nothing at {path}.")
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return MethodNotAllowed(f"{path} takes {allowed}, not {request.method}.")
    ours = QuintainError(f"{error.detail}.", code="bad_request")
    ours.status = error.status_code  # type: ignore[misc]
    return ours


def _told(request: Request, error: QuintainError) -> OrjsonResponse:
    response = OrjsonResponse(None, status_code=error.status)
    response.body = control_error(error, request.state.request_id)
    response.headers["content-length"] = str(len(response.body))
    for name, value in retry_headers(error):
        response.headers[name.decode()] = value.decode()
    return response
