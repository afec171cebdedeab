"""`/sdk/redteam/*`: the platform's tasks, as its official SDK asks for them, made of runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse

from quintain.errors import Detail, Invalid, NotFound
from quintain.http import bodies
from quintain.http.bodies import Body, Caller, OrjsonResponse
from quintain.registry.model import Actor
from quintain.runners.wire import ATTACK
from quintain.runs.model import OVER, Attempt, Run
from quintain.runs.records import AttemptFilters, DataSets, Records
from quintain.runs.redteam import told
from quintain.runs.redteam.asked import Asked, read_task
from quintain.runs.redteam.words import STATUS
from quintain.runs.reports.flow import pages
from quintain.runs.service import RunRequest, Service

LISTED = 200
_STATES = {word.lower(): state for state, word in STATUS.items()}


class RedteamRoutes:
    """Beside the runs themselves: the same records in the SDK's words."""

    def __init__(self, service: Service, records: Records, datasets: DataSets) -> None:
        self._service, self._records, self._datasets = service, records, datasets

    def router(self) -> APIRouter:
        router = APIRouter(default_response_class=OrjsonResponse, include_in_schema=False)
        self._begin(router)
        self._tell(router)
        self._results(router)
        return router

    def _begin(self, router: APIRouter) -> None:
        @router.post("/redteam/v2/model/add-task")
        @router.post("/redteam/v2/model/add-custom-task")
        @router.post("/redteam/v3/model/add-custom-task")
        async def add_task(
            caller: Caller,
            named: bodies.Model,
            body: Body,
            policy: Annotated[str, Header(alias="X-Enkrypt-Policy", max_length=400)] = "",
        ) -> OrjsonResponse:
            """Start a run of what the task asks for."""
            asked = read_task(body, bodies.utf8(policy).strip())
            request = RunRequest(
                model=f"{named.name}:{named.version}",
                suite=asked.suite.document,
                labels=asked.labels,
                context=asked.context,
                left_out=asked.left_out,
                datasets=await self._own(caller, asked, body),
            )
            run = await self._service.start(caller, request)
            message = "Redteam task submitted successfully"
            return OrjsonResponse({"task_id": told.task_id(run), "message": message, "data": {}})

        @router.post("/redteam/cancel-task")
        async def cancel_task(caller: Caller, run: _Wanted) -> OrjsonResponse:
            """End a task where it is."""
            found = await self._find(caller, run)
            await self._service.cancel(caller, found.id)
            return OrjsonResponse({"message": "Redteam task is being cancelled"})

    def _tell(self, router: APIRouter) -> None:
        @router.get("/redteam/task-status")
        async def status(caller: Caller, run: _Wanted) -> OrjsonResponse:
            """Where a task stands, in a word."""
            return OrjsonResponse({"status": STATUS[(await self._find(caller, run)).state]})

        @router.get("/redteam/get-task")
        async def get_task(caller: Caller, run: _Wanted) -> OrjsonResponse:
            """One task."""
            return OrjsonResponse({"data": told.task(await self._find(caller, run))})

        @router.get("/redteam/list-tasks")
        async def list_tasks(
            caller: Caller, status: Annotated[str | None, Query(max_length=32)] = None
        ) -> OrjsonResponse:
            """The newest tasks, all runs of the project among them."""
            state = None if status is None else _state(status)
            runs = await self._records.list(caller.project_id, state=state, limit=LISTED)
            return OrjsonResponse({"tasks": [told.task(run) for run in runs]})

    def _results(self, router: APIRouter) -> None:
        @router.get("/redteam/v3/results/summary")
        @router.get("/redteam/v3/results/summary/{test_type}")
        async def summary(
            caller: Caller, run: _Wanted, test_type: str | None = None
        ) -> OrjsonResponse:
            """How many attacks worked, by test, category and method."""
            found = await self._find(caller, run)
            if found.state not in OVER:
                return OrjsonResponse({"summary": {}, "task_status": STATUS[found.state]})
            tallies = await self._records.tallies(found.id)
            return OrjsonResponse({"summary": told.summary(found, tallies, test_type)})

        @router.get("/redteam/v3/results/details")
        @router.get("/redteam/v3/results/details/{test_type}")
        async def details(caller: Caller, run: _Wanted, test_type: str | None = None) -> Response:
            """Every attack that was judged, one by one."""
            found = await self._find(caller, run)
            if found.state not in OVER:
                return OrjsonResponse({"details": [], "task_status": STATUS[found.state]})
            if test_type is not None:
                told.check(found, await self._records.tallies(found.id), test_type)
            chunks = await bodies.begun(self._details(found, test_type))
            return StreamingResponse(chunks, media_type="application/json")

    async def _own(self, caller: Actor, asked: Asked, body: dict[str, Any]) -> tuple[str, ...]:
        """The project's data set of the name that the task gives, where there is one."""
        if not asked.dataset:
            return ()
        names = [each.name for each in await self._datasets.list(caller.project_id)]
        if asked.dataset in names:
            return (asked.dataset,)
        if asked.context:
            return ()  # the task describes what it is about, and is judged by that
        older = body.get("dataset_name") == asked.dataset
        field = "dataset_name" if older else "dataset_configuration.dataset_name"
        sentence = "names no data set of this project: `quintain datasets put FILE` makes one"
        raise Invalid((Detail(field, sentence),))

    async def _find(self, caller: Actor, named: _Named) -> Run:
        """By id, or the newest of this name. Raises NotFound or Invalid."""
        if named.task_id:
            number = int(named.task_id) if named.task_id.isdecimal() else 0
            return await self._records.get(caller.project_id, min(number, 2**63 - 1))
        async for run in self._newest(caller):
            if told.test_name(run) == named.test_name:
                return run
        raise NotFound("There is no task of this name.", code="run_not_found")

    async def _newest(self, caller: Actor) -> AsyncIterator[Run]:
        before = None
        while runs := await self._records.list(caller.project_id, before=before, limit=LISTED):
            for run in runs:
                yield run
            before = runs[-1].id

    async def _details(self, run: Run, test_type: str | None) -> AsyncIterator[bytes]:
        """As they are read, since there may be very many."""

        def written(page: list[Attempt]) -> str:
            found = [each for attempt in page for each in told.details(run, attempt, test_type)]
            return orjson.dumps(found)[1:-1].decode()

        begin = '{"details":['
        async for piece in pages(self._records, run, written, AttemptFilters(kind=ATTACK)):
            if piece:
                yield (begin + piece).encode()
                begin = ","
        yield b"]}" if begin == "," else f"{begin}]}}".encode()


class _Named:
    """Which task: by its id, or by its name."""

    def __init__(self, task_id: str, test_name: str) -> None:
        self.task_id, self.test_name = task_id, test_name


async def _named(
    task_id: Annotated[str, Header(alias="X-Enkrypt-Task-ID", max_length=400)] = "",
    test_name: Annotated[str, Header(alias="X-Enkrypt-Test-Name", max_length=400)] = "",
) -> _Named:
    name = bodies.utf8(test_name).strip()
    if not task_id.strip() and not name:
        raise Invalid(
            (Detail("X-Enkrypt-Task-ID", "this header or X-Enkrypt-Test-Name is required"),)
        )
    return _Named(task_id.strip(), name)


_Wanted = Annotated[_Named, Depends(_named)]


def _state(word: str) -> str:
    state = _STATES.get(word.lower())
    if state is None:
        raise Invalid((Detail("status", f"must be one of {', '.join(STATUS.values())}"),))
    return state
