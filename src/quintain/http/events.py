"""`/runs/{id}/events`: a run as it goes on, as Server-Sent Events.

Read from the store again and again, so that a stream is the same at whichever server it is asked
for, goes on after any attempt, and holds one page in memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from quintain.errors import Detail, Invalid, Unavailable
from quintain.http.bodies import Caller, strict_router
from quintain.http.run_results import LARGEST_ID, After, RunId
from quintain.http.run_views import Looks, attempt_event
from quintain.runs.model import OVER
from quintain.runs.records import Records

LOOK_S = 0.5
PROGRESS_S = 1.0
KEEP_ALIVE_S = 15.0
PAGE = 200
_ALIVE = b": still here\n\n"
# `no`: nginx would otherwise hold events back until it has a few kilobytes of them.
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def event_router(records: Records, closing: Callable[[], bool]) -> APIRouter:
    """closing: whether the server stops; its streams end then, and go on at its next start."""
    router = strict_router("runs")

    @router.get("/runs/{run_id}/events", response_class=StreamingResponse)
    async def follow(
        caller: Caller,
        run_id: RunId,
        after: After = 0,
        last: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20)] = None,
    ) -> StreamingResponse:
        """Follow a run: `attempt` for each that ended, `progress` now and then, `end` at the end.

        After a break the stream goes on where it was, by Last-Event-ID or `after`.
        """
        run = await records.get(caller.project_id, run_id)
        following = Following(records, run.id, _place(last, after))
        return StreamingResponse(
            following.stream(closing), media_type="text/event-stream", headers=_HEADERS
        )

    return router


def _place(last: str | None, after: int) -> int:
    """Where to go on; the header comes before the query. Raises Invalid."""
    if not last:
        return after
    if not (last.isascii() and last.isdecimal()) or int(last) > LARGEST_ID:
        raise Invalid((Detail("Last-Event-ID", "must be the id of an event of this run"),))
    return int(last)


@dataclass(slots=True)
class Following:
    """after: the last attempt that was told."""

    records: Records
    run_id: int
    after: int
    _told: dict[str, Any] = field(default_factory=dict)
    _told_at: float = 0.0
    _spoke_at: float = field(default_factory=time.monotonic)

    async def stream(self, closing: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Until the run is over and all of it was told, or the server closes."""
        yield b"retry: 1000\n\n"
        over = False
        while not over and not closing():
            try:
                # The state first: what a run that is over has recorded is all there is.
                over = (await self.records.by_id(self.run_id)).state in OVER
                async for said in self._news(over=over):
                    self._spoke_at = time.monotonic()
                    yield said
            except Unavailable:
                over = False  # the store is away for a moment
            if time.monotonic() - self._spoke_at > KEEP_ALIVE_S:
                self._spoke_at = time.monotonic()
                yield _ALIVE
            if not over:
                await asyncio.sleep(LOOK_S)

    async def _news(self, *, over: bool) -> AsyncIterator[bytes]:
        while page := await self.records.attempts(self.run_id, after=self.after, limit=PAGE):
            yield b"".join(_event("attempt", attempt_event(each), each.id) for each in page)
            self.after = page[-1].id
        if over:
            yield _event("end", await self._progress())
        elif time.monotonic() - self._told_at >= PROGRESS_S:
            self._told_at, before = time.monotonic(), self._told
            self._told = await self._progress()
            if self._told["done"] != before.get("done") or self._told["state"] != before["state"]:
                yield _event("progress", self._told)

    async def _progress(self) -> dict[str, Any]:
        run = await self.records.by_id(self.run_id)
        (look,) = await Looks(self.records).at([run])
        return {"run_id": run.id, "state": run.state, "reason": run.reason, **look.progress}


def _event(kind: str, data: dict[str, Any], number: int | None = None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"
