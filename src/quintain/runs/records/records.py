"""Runs and their attempts in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quintain.runs.model import Attempt, Costs, NewRun, Run, Skipped, Tally
from quintain.runs.records import attempts, outcomes, recording, runs, sums
from quintain.runs.records.attempts import EVERY, AttemptFilters
from quintain.runs.records.incoming import row_of
from quintain.runs.records.sums import Pair, Totals

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from quintain.registry.model import Actor
    from quintain.storage.engine import Store

# Named here, since inside the class `list` is a method.
Runs = list[Run]
Attempts = list[Attempt]
Ids = list[int]
Tallies = list[Tally]
Pairs = list[Pair]


class Records:
    """Every method raises Unavailable if the store is away.

    Where the run that is asked for, or is to be changed, is not there: NotFound (`run_not_found`).
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, actor: Actor, new: NewRun) -> Run:
        """A run of the actor's project, queued."""
        return await self._store.write(lambda c: runs.insert_run(c, actor, new))

    async def get(self, project_id: int, run_id: int) -> Run:
        """Raises NotFound also for a run of another project."""
        return await self._store.read(lambda c: runs.find(c, run_id, project_id))

    async def by_id(self, run_id: int) -> Run:
        """Of whatever project."""
        return await self._store.read(lambda c: runs.find(c, run_id))

    async def list(
        self,
        project_id: int,
        *,
        saved_name: str | None = None,
        version: str | None = None,
        suite: str | None = None,
        state: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Runs:
        """Newest first. before: only runs of a smaller id. limit: at most 200."""
        equal = {"saved_name": saved_name, "version": version, "suite_name": suite, "state": state}
        return await self._store.read(lambda c: runs.listed(c, project_id, equal, before, limit))

    async def unfinished(self) -> Runs:
        """Queued and running ones of all projects, oldest first."""
        return await self._store.read(runs.unfinished)

    async def begin(self, run_id: int) -> Run:
        """It runs now; `started_at` is of its first turn."""
        return await self._store.write(lambda c: runs.begin(c, run_id))

    async def want_cancel(self, run_id: int) -> Run:
        """That it is to be cancelled; of a run that is over nothing changes."""
        return await self._store.write(lambda c: runs.want_cancel(c, run_id))

    async def end(self, run_id: int, state: str, reason: str) -> Run:
        """state: finished, failed or cancelled. Of a run that is over nothing changes."""
        return await self._store.write(lambda c: runs.end(c, run_id, state, reason))

    async def requeue(self, run_id: int, *, retry_errors: bool) -> Run:
        """A run that is over is to go on; every part of it is looked through again.

        retry_errors: its errors are deleted, so that they are missing and tried again.
        Raises Conflict (`run_not_over`).
        """
        return await self._store.write(lambda c: _requeue(c, run_id, retry_errors=retry_errors))

    async def planned(self, run_id: int, label: str, number: int) -> None:
        """How many attempts the part of this label announced."""
        await self._found_out(run_id, outcomes.planned(label, number))

    async def engine(self, run_id: int, name: str, version: str) -> None:
        await self._found_out(run_id, outcomes.engine(name, version))

    async def skip(self, run_id: int, skipped: Iterable[Skipped]) -> None:
        await self._found_out(run_id, outcomes.skipped(tuple(skipped)))

    async def note(self, run_id: int, text: str) -> None:
        await self._found_out(run_id, outcomes.note(text))

    async def judge_checks(self, run_id: int, label: str, calls: int) -> None:
        """With how many calls the part of this label checked its judge."""
        await self._found_out(run_id, outcomes.judge_checks(label, calls))

    async def finished(self, run_id: int, label: str) -> None:
        """That the part of this label came to its end."""
        await self._found_out(run_id, outcomes.finished(label))

    async def record(self, run_id: int, engine: str, events: Sequence[Mapping[str, Any]]) -> Ids:
        """Record attempts, in one commit, and give the ids of those that were not there before.

        events: of runners/wire.py: Attempt.as_event(). A detail above 4 MiB is cut, marked.
        """
        # Away from the loop, since a batch may hold megabytes.
        rows = await asyncio.to_thread(lambda: [row_of(run_id, engine, each) for each in events])
        return await self._store.write(lambda c: recording.insert_attempts(c, run_id, rows))

    async def done(self, run_id: int, engine: str) -> dict[str, Any]:
        """By probe, the ranges `[first, last]` of sequence numbers that are recorded."""
        return await self._store.read(lambda c: attempts.done(c, run_id, engine))

    async def attempts(
        self,
        run_id: int,
        filters: AttemptFilters = EVERY,
        *,
        after: int = 0,
        limit: int = 100,
        whole: bool = True,
    ) -> Attempts:
        """In the order of their ids, beginning after `after`.

        limit: at most 1000. A page holds 32 MiB of details, or one attempt, so a short page is not
        the last one: an empty one is. whole: with details; else `detail` is empty.
        """
        return await self._store.read(
            lambda c: attempts.page(c, run_id, filters, after=after, limit=limit, whole=whole)
        )

    async def attempt(self, run_id: int, attempt_id: int) -> Attempt:
        """Raises NotFound (`attempt_not_found`)."""
        return await self._store.read(lambda c: attempts.one(c, run_id, attempt_id))

    async def lately(self, run_id: int, seconds: float, most: int = 200) -> tuple[int, float]:
        """How many attempts ended lately, and over how many seconds: for a rate."""
        return await self._store.read(lambda c: attempts.lately(c, run_id, seconds, most))

    async def tallies(self, run_id: int) -> Tallies:
        return await self._store.read(lambda c: sums.tallied(c, run_id))

    async def totals(self, run_ids: Iterable[int]) -> dict[int, Totals]:
        """Verdicts and costs of each of these runs."""
        ids = list(run_ids)
        return await self._store.read(lambda c: sums.totals(c, ids))

    async def costs(self, run_id: int) -> Costs:
        return (await self.totals([run_id]))[run_id].costs

    async def pairs(self, run_a: int, run_b: int) -> Pairs:
        """Attempts of equal probe, sequence number and fingerprint that both runs judged, counted."""
        return await self._store.read(lambda c: sums.paired(c, run_a, run_b))

    async def _found_out(self, run_id: int, change: outcomes.Change) -> None:
        await self._store.write(lambda c: outcomes.changed(c, run_id, change))


def _requeue(connection: Connection, run_id: int, *, retry_errors: bool) -> Run:
    found = runs.find(connection, run_id, to_change=True)
    run = runs.again(connection, run_id, outcomes.resumed(found.outcome))
    if retry_errors:
        recording.delete_errors(connection, run_id)
    return run
