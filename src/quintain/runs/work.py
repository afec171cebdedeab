"""A run from its beginning to its end, in whatever state it is found."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from quintain.errors import Conflict, NotFound, QuintainError, Unavailable
from quintain.registry.models import Models
from quintain.runners.wire import ERROR, Config
from quintain.runs.checks import unchanged
from quintain.runs.control import Control, Halted, Stopping, cancelled, failed
from quintain.runs.ending import ending
from quintain.runs.model import FAILED, OVER, Part, Run
from quintain.runs.patience import patiently
from quintain.runs.planning import Installed
from quintain.runs.records.attempts import AttemptFilters
from quintain.runs.records.records import Records
from quintain.runs.run_keys import RunKeys
from quintain.runs.streak import Streak
from quintain.runs.supervisor import Doing, Prepare, Supervisor
from quintain.runs.telling import Telling

LOOK_S = 1.0  # how soon a cancel at another server is seen
_LOOKS_A_CHECK = 5  # of the model
LEAVE_S = 5.0  # for those under way when the server stops
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What runs are done with. versions: of an engine that is installed, else None."""

    records: Records
    models: Models
    keys: RunKeys
    telling: Telling
    supervisor: Supervisor
    versions: Installed


class Work:
    """Calling it does a run's turn; it leaves by CancelledError when the server stops meanwhile."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._doing: dict[int, tuple[Control, asyncio.Task[Any]]] = {}
        self._stopping = False

    async def __call__(self, run_id: int, turn: int) -> None:
        await self._alone(run_id)
        control, task = Control(), asyncio.current_task()
        assert task is not None  # noqa: S101 - coroutines run in one
        self._doing[run_id] = control, task
        try:
            await self._do(run_id, turn, control)
        except Stopping:
            raise asyncio.CancelledError from None
        except Exception:  # noqa: BLE001 - logged, and done again
            # Not said to the queue, which would think it over: the next start takes it up again.
            _log.exception("a run could not be brought to its end", run=run_id)
            raise asyncio.CancelledError from None
        finally:
            del self._doing[run_id]

    def cancel(self, run_id: int) -> None:
        """At once, where this server works on it; else it is seen soon by the one that does."""
        if run_id in self._doing:
            self._doing[run_id][0].halt(cancelled())

    def is_at(self, run_id: int) -> bool:
        """Whether this server works on it."""
        return run_id in self._doing

    def stop(self) -> None:
        """Engines are killed, runs stay as they are. A signal's handler may call it."""
        self._stopping = True
        for control, _ in self._doing.values():
            control.halt(Stopping())

    async def left(self) -> None:
        """After `stop`: when nothing is under way any more."""
        tasks = [task for _, task in self._doing.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=LEAVE_S)
            for task in late:
                task.cancel()

    async def _alone(self, run_id: int) -> None:
        """Until nobody here works on that run, such as on the turn before."""
        while run_id in self._doing:
            await asyncio.wait([self._doing[run_id][1]])

    async def _do(self, run_id: int, turn: int, control: Control) -> None:
        run = await patiently(lambda: self._begun(run_id, turn), self._pause)
        if run is None:
            return
        async with self._watched(run, control):
            state, reason = await self._ended(run, control)
        await patiently(lambda: self._end(run, state, reason), self._pause)
        _log.info("a run ended", run=run_id, state=state, reason=reason)

    async def _end(self, run: Run, state: str, reason: str) -> None:
        """Where another turn was begun elsewhere meanwhile, the run and its keys are that one's."""
        if (await self._means.records.by_id(run.id)).turn == run.turn:
            await self._means.keys.revoke(run.id)
            await self._means.records.end(run.id, state, reason)

    async def _begun(self, run_id: int, turn: int) -> Run | None:
        """None where there is nothing to do: it is over, has another turn, or is of a lost store."""
        if self._stopping:
            raise Stopping
        try:
            run = await self._means.records.by_id(run_id)
        except NotFound:
            return None
        if run.turn != turn or run.state in OVER:
            return None
        run = await self._means.records.begin(run_id)
        return None if run.state in OVER else run

    async def _ended(self, run: Run, control: Control) -> tuple[str, str]:
        try:
            return await self._came_to(run, control)
        except Stopping:
            with suppress(Unavailable):  # else before the next one is made
                await self._means.keys.revoke(run.id)
            raise
        except Exception:  # noqa: BLE001 - logged, and the run says so
            _log.exception("a run met a defect of quintain", run=run.id)
            return FAILED, "It met a defect of quintain: the server's log has the details."

    async def _came_to(self, run: Run, control: Control) -> tuple[str, str]:
        try:
            await self._parts(run, control)
            return await patiently(lambda: self._judged(run), control.pause)
        except Halted as halted:
            return await self._why(run, halted)

    async def _why(self, run: Run, halted: Halted) -> tuple[str, str]:
        """State and reason. A model that is gone shows in its calls before anybody looks for it."""
        if halted.state == FAILED:
            try:
                await patiently(lambda: unchanged(self._means.models, run), self._pause)
            except Halted as changed:
                halted = changed
        return halted.state, halted.reason

    async def _parts(self, run: Run, control: Control) -> None:
        total = await patiently(lambda: self._total(run), control.pause)
        calls = partial(self._means.keys.called_within, run.id)
        doing = Doing(run, control, Streak(), calls, total)
        for part in run.plan.parts:
            if part.label not in run.outcome.finished:
                control.check()
                await self._part(doing, part)

    async def _part(self, doing: Doing, part: Part) -> None:
        run, records, pause = doing.run, self._means.records, doing.control.pause
        version = await asyncio.to_thread(self._means.versions.version, part.engine)
        if version is not None:
            await patiently(lambda: records.engine(run.id, part.engine, version), pause)
        await self._means.supervisor.work(doing, part, self._prepare(run, part))
        await patiently(lambda: records.finished(run.id, part.label), pause)

    def _prepare(self, run: Run, part: Part) -> Prepare:
        async def prepare(folder: Path, done: dict[str, Any]) -> Config:
            model = await unchanged(self._means.models, run)
            key = await self._means.keys.renew(run, model.project)
            try:
                return await self._means.telling.config(
                    run.plan,
                    part,
                    folder,
                    run_id=run.id,
                    project_id=run.project_id,
                    seed=run.seed,
                    done=done,
                    api_key=key.reveal(),
                    acknowledged=True,
                )
            except (NotFound, Conflict) as error:
                raise failed(error.message) from None

        return prepare

    async def _judged(self, run: Run) -> tuple[str, str]:
        await unchanged(self._means.models, run)
        tallies = await self._means.records.tallies(run.id)
        return ending(tallies, run.plan.limits["error_budget"], await self._an_error(run))

    async def _total(self, run: Run) -> int:
        return sum(tally.number for tally in await self._means.records.tallies(run.id))

    async def _an_error(self, run: Run) -> str:
        found = await self._means.records.attempts(run.id, AttemptFilters(verdict=ERROR), limit=1)
        told = found[0].detail.get("error") if found else None
        return str(told.get("message", "")) if isinstance(told, dict) else ""

    @asynccontextmanager
    async def _watched(self, run: Run, control: Control) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch(run, control))
        try:
            yield
        finally:
            watching.cancel()

    async def _watch(self, run: Run, control: Control) -> None:
        """Whether it is to be cancelled, wherever that was said, and the model still the same."""
        looks = itertools.count()
        while not control.halted:
            try:
                await patiently(lambda: self._look(run, control, next(looks)), asyncio.sleep)
            except Halted as halted:
                control.halt(halted)
            except QuintainError as error:
                control.halt(failed(error.message))
            except Exception:  # noqa: BLE001 - logged, and looked at again
                _log.exception("a run could not be looked after", run=run.id)
            await asyncio.sleep(LOOK_S)

    async def _look(self, run: Run, control: Control, look: int) -> None:
        found = await self._means.records.by_id(run.id)
        if found.wanted == "cancel" or found.turn != run.turn:
            control.halt(cancelled())
        elif look % _LOOKS_A_CHECK == 0:
            await unchanged(self._means.models, run)

    async def _pause(self, seconds: float) -> None:
        if self._stopping:
            raise Stopping
        await asyncio.sleep(seconds)
