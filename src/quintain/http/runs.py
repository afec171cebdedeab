"""`/runs`: started, estimated, listed, cancelled and resumed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from quintain.http.bodies import Body, Caller, OrjsonResponse, strict_router, takes
from quintain.http.run_bodies import ResumeBody, RunBody, read_resume, read_run
from quintain.http.run_results import LARGEST_ID, RunId, Word
from quintain.http.run_views import Looks
from quintain.runs.model import Run
from quintain.runs.records import Records
from quintain.runs.service import Service

State = Literal["queued", "running", "finished", "failed", "cancelled"]
MOST = 200


class RunRoutes:
    def __init__(self, service: Service, records: Records) -> None:
        self._service, self._records, self._looks = service, records, Looks(records)

    def router(self) -> APIRouter:
        router = strict_router("runs")

        @router.get("/runs")
        async def list_runs(
            caller: Caller,
            model: Annotated[Word, Query(description="A model's saved name.")] = None,
            version: Word = None,
            suite: Word = None,
            state: State | None = None,
            before: Annotated[
                int | None, Query(ge=1, le=LARGEST_ID, description="The `next` of the page before.")
            ] = None,
            limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        ) -> OrjsonResponse:
            """Runs of the project, the newest first, without their scores."""
            runs = await self._records.list(
                caller.project_id,
                saved_name=model,
                version=version,
                suite=suite,
                state=state,
                before=before,
                limit=limit,
            )
            looks = await self._looks.at(runs)
            following = runs[-1].id if len(runs) == limit else None
            return OrjsonResponse({"runs": [look.view for look in looks], "next": following})

        @router.post("/runs", openapi_extra=takes(RunBody.model_json_schema()))
        async def start_run(caller: Caller, body: Body) -> OrjsonResponse:
            """Have a suite run on a model; it waits for its turn and goes on by itself."""
            return await self._changed(await self._service.start(caller, read_run(body)))

        @router.post("/runs/estimate", openapi_extra=takes(RunBody.model_json_schema()))
        async def estimate_run(caller: Caller, body: Body) -> OrjsonResponse:
            """What a run would take, and what it would leave out; nothing is sent to the model."""
            found = await self._service.estimate(caller, read_run(body))
            skipped = [{"what": each.what, "reason": each.reason} for each in found.skipped]
            parts = [each.as_dict() for each in found.parts]
            told: dict[str, Any] = {"estimate": found.plan.estimate}
            return OrjsonResponse(told | {"parts": parts, "skipped": skipped})

        @router.get("/runs/{run_id}")
        async def get_run(caller: Caller, run_id: RunId) -> OrjsonResponse:
            """A run as it is now, with its scores so far."""
            run = await self._records.get(caller.project_id, run_id)
            return OrjsonResponse(await self._looks.whole(run))

        @router.post("/runs/{run_id}/cancel")
        async def cancel_run(caller: Caller, run_id: RunId) -> OrjsonResponse:
            """End a run where it is; what it has recorded stays. Of one that is over nothing changes."""
            return await self._changed(await self._service.cancel(caller, run_id))

        @router.post(
            "/runs/{run_id}/resume",
            openapi_extra=takes(ResumeBody.model_json_schema(), needed=False),
        )
        async def resume_run(
            caller: Caller, run_id: RunId, asked: Annotated[ResumeBody, Depends(read_resume)]
        ) -> OrjsonResponse:
            """Have a run that is over go on with what is missing, and try its errors again."""
            retry = asked.retry_errors
            return await self._changed(
                await self._service.resume(caller, run_id, retry_errors=retry)
            )

        return router

    async def _changed(self, run: Run) -> OrjsonResponse:
        return OrjsonResponse({"run": await self._looks.whole(run)})
