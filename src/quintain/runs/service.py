"""Runs as users know them: started, estimated beforehand, cancelled and resumed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from quintain.errors import Conflict, Unavailable
from quintain.registry.model import Actor
from quintain.runs.durable import Durable
from quintain.runs.estimate import Estimator, Forecast, TooSlow, estimate
from quintain.runs.model import CANCELLED, QUEUED, Plan, Run, Skipped
from quintain.runs.orphans import Orphans
from quintain.runs.planning import model_digest
from quintain.runs.records.records import Records
from quintain.runs.wanting import RunRequest, Wanted, Wanting, may_start
from quintain.runs.work import Work

__all__ = ["Estimate", "RunRequest", "Service"]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would do. skipped: steps of the suite, and probes of engines."""

    plan: Plan
    parts: tuple[Forecast, ...]
    skipped: tuple[Skipped, ...]


class Service:
    def __init__(
        self,
        records: Records,
        wanting: Wanting,
        estimator: Estimator,
        durable: Durable,
        work: Work,
        orphans: Orphans,
    ) -> None:
        self._records, self._wanting, self._estimator = records, wanting, estimator
        self._durable, self._work, self._orphans = durable, work, orphans
        self._missed = False  # whether a run was stored and could not be queued

    async def start(self, actor: Actor, request: RunRequest) -> Run:
        """Have a run made and queued.

        Raises NotFound (a model, suite or data set), Invalid (nothing of the suite fits), Forbidden,
        CannotPlan (an engine does not take its options).
        """
        wanted = await self._wanting.wanted(actor, request)
        forecasts = await self._foreseen(actor, wanted)
        if forecasts:
            foreseen = estimate(forecasts, wanted.plan.limits)
            wanted = replace(wanted, plan=replace(wanted.plan, estimate=foreseen))
        await self._durable.launch()  # before there is a run that nobody could queue
        run = await self._records.create(actor, wanted.new_run)
        for forecast in forecasts:
            await self._records.planned(run.id, forecast.label, forecast.attempts)
        await self._queue(run)
        _log.info("a run was started", run=run.id, by=actor.key_prefix, suite=run.suite_name)
        return await self._records.by_id(run.id)

    async def estimate(self, actor: Actor, request: RunRequest) -> Estimate:
        """What `start` would do; nothing is sent. Raises as it does, and CannotPlan."""
        wanted = await self._wanting.wanted(actor, request)
        parts = await self._estimator.forecast(actor.project_id, wanted.seed, wanted.plan)
        plan = replace(wanted.plan, estimate=estimate(parts, wanted.plan.limits))
        left_out = [each for part in parts for each in part.skipped]
        return Estimate(plan, tuple(parts), (*plan.skipped, *left_out))

    async def cancel(self, actor: Actor, run_id: int) -> Run:
        """A queued one ends at once, one at work within about a second; its attempts stay.

        Of one that is over nothing changes. Raises NotFound.
        """
        await self._records.get(actor.project_id, run_id)
        run = await self._records.want_cancel(run_id)
        if run.state == QUEUED:
            return await self._records.end(run_id, CANCELLED, "It was cancelled before it began.")
        self._work.cancel(run_id)
        return run

    async def resume(self, actor: Actor, run_id: int, *, retry_errors: bool = True) -> Run:
        """Have a run that is over go on: what is missing is done.

        retry_errors: its errors are tried again. Raises NotFound, Forbidden, or Conflict where it
        is not over (`run_not_over`) or its model is not what it was (`model_changed`).
        """
        may_start(actor)
        run = await self._records.get(actor.project_id, run_id)
        model = await self._wanting.models.get(run.project_id, run.saved_name, run.version)
        if model.id != run.model_id or model_digest(model) != run.model_digest:
            raise Conflict(
                "The model was changed since this run began: start a new run.", code="model_changed"
            )
        await self._durable.launch()
        run = await self._records.requeue(run_id, retry_errors=retry_errors)
        await self._queue(run)
        return run

    async def begin(self) -> None:
        """Once this server serves: what an earlier one left is gone on with."""
        unfinished = await self._records.unfinished()
        for run in unfinished:
            await self._durable.enqueue(run)
        if unfinished:
            _log.info("runs go on", runs=len(unfinished))

    async def tend(self) -> None:
        """Again and again: what could not be queued is queued, and what nobody works on is ended.

        A server that has had no run of its own opens the queue for those of others, which it shares.
        """
        unfinished = await self._records.unfinished()
        missed, self._missed = self._missed or not self._durable.launched, False
        for run in unfinished if missed else ():
            await self._queue(run)
        await self._orphans.end(unfinished)

    async def _queue(self, run: Run) -> None:
        """It is stored, so it is going to run: where the queue is away, it is queued later."""
        try:
            await self._durable.enqueue(run)
        except Unavailable as error:
            self._missed = True
            _log.warning("a run is queued later", run=run.id, reason=error.message)

    async def _foreseen(self, actor: Actor, wanted: Wanted) -> list[Forecast]:
        """[] where that takes too long to be waited for. Raises CannotPlan."""
        try:
            return await self._estimator.forecast(actor.project_id, wanted.seed, wanted.plan)
        except TooSlow as error:
            _log.warning("a run starts without an estimate", reason=error.message)
            return []
