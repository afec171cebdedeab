"""`/runs/{id}/...`: what a run found, as pages, findings, comparisons and reports."""

from __future__ import annotations

from typing import Annotated, Literal

import anyio.to_thread
import orjson
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response, StreamingResponse

from quintain.http.bodies import Caller, OrjsonResponse, begun, strict_router
from quintain.http.run_views import attempt_view
from quintain.runs.model import Attempt, Run
from quintain.runs.records import AttemptFilters, Records
from quintain.runs.reports.table import REPORTS, stream
from quintain.runs.scores import compare, findings

LARGEST_ID = 2**63 - 1
RunId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
After = Annotated[int, Query(ge=0, le=LARGEST_ID, description="An attempt's id.")]
Suffix = Annotated[str, Path(json_schema_extra={"enum": list(REPORTS)})]
Word = Annotated[str | None, Query(min_length=1, max_length=200)]
# The page is one file: it loads nothing, runs nothing, sends nothing anywhere.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; sandbox"
)
_ON_SCREEN = frozenset({"html"})


class ResultRoutes:
    def __init__(self, records: Records) -> None:
        self._records = records

    def router(self) -> APIRouter:
        router = strict_router("runs")

        @router.get("/runs/{run_id}/attempts")
        async def list_attempts(
            caller: Caller,
            run_id: RunId,
            verdict: Literal["resisted", "breached", "error"] | None = None,
            kind: Literal["attack", "control"] | None = None,
            category: Word = None,
            technique: Word = None,
            engine: Word = None,
            probe: Word = None,
            after: After = 0,
            limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        ) -> Response:
            """Attempts in the order in which they were recorded, page by page.

            A page may be shorter than `limit`; `next` is null when there is no more, and else what
            to give as `after`.
            """
            run = await self._records.get(caller.project_id, run_id)
            filters = AttemptFilters(verdict, kind, category, technique, engine, probe)
            page = await self._records.attempts(run.id, filters, after=after, limit=limit)
            following = await self._following(run, filters, page)
            content = await anyio.to_thread.run_sync(_written, page, following)
            return Response(content, media_type="application/json")

        @router.get("/runs/{run_id}/attempts/{attempt_id}")
        async def get_attempt(caller: Caller, run_id: RunId, attempt_id: RunId) -> OrjsonResponse:
            """One attempt: prompt, answer, verdict and all that led to it."""
            run = await self._records.get(caller.project_id, run_id)
            return OrjsonResponse(attempt_view(await self._records.attempt(run.id, attempt_id)))

        @router.get("/runs/{run_id}/findings")
        async def get_findings(caller: Caller, run_id: RunId) -> OrjsonResponse:
            """What broke, worst first: one finding a weakness, with examples."""
            run = await self._records.get(caller.project_id, run_id)
            found = await findings(self._records, run, await self._records.tallies(run.id))
            return OrjsonResponse({"findings": [each.as_dict() for each in found]})

        @router.get("/runs/{run_id}/compare")
        async def compare_runs(
            caller: Caller,
            run_id: RunId,
            to: Annotated[int, Query(ge=1, le=LARGEST_ID, description="The earlier run.")],
        ) -> OrjsonResponse:
            """What became worse, better, or cannot be told apart since the run `to`."""
            after = await self._records.get(caller.project_id, run_id)
            before = await self._records.get(caller.project_id, to)
            pairs = await self._records.pairs(before.id, after.id)
            tallies = [await self._records.tallies(run.id) for run in (before, after)]
            return OrjsonResponse(compare(before, after, pairs, *tallies).as_dict())

        @router.get("/runs/{run_id}/report.{suffix}", response_class=Response)
        async def get_report(caller: Caller, run_id: RunId, suffix: Suffix) -> Response:
            """The run as a file: html, json, xml (JUnit), sarif, csv, jsonl or avid.json."""
            run = await self._records.get(caller.project_id, run_id)
            return await self._report(run, suffix)

        return router

    async def _following(
        self, run: Run, filters: AttemptFilters, page: list[Attempt]
    ) -> int | None:
        if not page:
            return None
        last = page[-1].id
        more = await self._records.attempts(run.id, filters, after=last, limit=1, whole=False)
        return last if more else None

    async def _report(self, run: Run, suffix: str) -> Response:
        return StreamingResponse(
            await begun(stream(self._records, run, suffix)),
            media_type=REPORTS[suffix].media_type,
            headers=_headers(run, suffix),
        )


def _written(page: list[Attempt], following: int | None) -> bytes:
    return orjson.dumps({"attempts": [attempt_view(each) for each in page], "next": following})


def _headers(run: Run, suffix: str) -> dict[str, str]:
    how = "inline" if suffix in _ON_SCREEN else "attachment"
    return {
        "content-disposition": f'{how}; filename="quintain-run-{run.id}.{suffix}"',
        "content-security-policy": _PAGE_POLICY,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
