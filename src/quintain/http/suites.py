"""`/suites`: the shipped ones, and the project's own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from quintain.errors import Detail, Invalid, NotFound
from quintain.http.bodies import Body, Caller, OrjsonResponse, strict_router, takes
from quintain.http.run_views import moment
from quintain.runs.records import SuiteRecord, Suites
from quintain.runs.suite import Suite, parse_suite, shipped

View = dict[str, Any]


def suite_router(suites: Suites) -> APIRouter:
    router = strict_router("suites")

    @router.get("/suites")
    async def list_suites(caller: Caller) -> OrjsonResponse:
        """Suites by name; an own one takes the place of a shipped one of its name."""
        views = {name: _of_shipped(suite) for name, suite in shipped().items()}
        views |= {each.name: _of_own(each) for each in await suites.list(caller.project_id)}
        return OrjsonResponse({"suites": [views[name] for name in sorted(views)]})

    @router.get("/suites/{name}")
    async def get_suite(caller: Caller, name: str) -> OrjsonResponse:
        """One suite, with its document."""
        try:
            own = await suites.get(caller.project_id, name)
        except NotFound:
            if name not in shipped():
                raise
            suite = shipped()[name]
            return OrjsonResponse(_of_shipped(suite) | {"document": suite.document})
        return OrjsonResponse(_of_own(own) | {"document": own.document})

    @router.put("/suites/{name}", openapi_extra=takes(Suite.model_json_schema()))
    async def put_suite(caller: Caller, name: str, body: Body) -> OrjsonResponse:
        """Keep a suite, in place of the one of its name; runs that were made with that keep it."""
        suite = parse_suite({"name": name} | body)
        if suite.name != name:
            raise Invalid((Detail("name", f"must be the one in the path, {name}, or left out"),))
        return OrjsonResponse({"suite": _of_own(await suites.put(caller, suite))})

    @router.delete("/suites/{name}")
    async def delete_suite(caller: Caller, name: str) -> OrjsonResponse:
        """Remove an own suite; those that are shipped stay."""
        return OrjsonResponse({"suite": _of_own(await suites.delete(caller.project_id, name))})

    return router


def _of_own(own: SuiteRecord) -> View:
    return {
        "name": own.name,
        "title": own.title,
        "engines": list(own.engines),
        "digest": own.digest,
        "shipped": False,
        "created_by": own.created_by,
        "created_at": moment(own.created_at),
    }


def _of_shipped(suite: Suite) -> View:
    return {
        "name": suite.name,
        "title": suite.title,
        "engines": list(dict.fromkeys(step.engine for step in suite.steps)),
        "digest": suite.digest,
        "shipped": True,
        "created_by": None,
        "created_at": None,
    }
