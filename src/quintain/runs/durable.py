"""Runs outlive this process: a durable queue by DBOS, on SQLite or PostgreSQL.

What is to be done is decided by our own rows alone. DBOS keeps in line what waits, starts it, and
starts again what was under way when a server ended. A workflow has no steps: what was done already
is read from our rows, so that a newer quintain goes on with the runs of an older one.

DBOS is loaded by the first run, and has a thread with a loop of its own; work is done on ours.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from quintain.errors import Unavailable
from quintain.runs.model import Run

# Constant: recovery takes up what the same executor left under the same version.
APPLICATION, VERSION, SCHEMA = "quintain", "runs-1", "quintain_jobs"
QUEUE, WORKFLOW = "runs", "run"
POLL_S = 0.5
REPEAT_S = 60.0  # while its database is away it says so several times a second
_POOL = 4
_log = structlog.get_logger(__name__)
Work = Callable[[int, int], Coroutine[Any, Any, None]]
_Workflow = Callable[[int, int], Awaitable[None]]


class Durable:
    """url: of the database that keeps the queue; its tables are made there.

    executor: who takes up again what this server left; the same at each start. at_once: runs that
    this server works on at a time. work: does a turn of a run, by their numbers; it leaves by
    CancelledError when it is to go on at the next start, and else has come to the run's end.
    """

    def __init__(self, url: str, executor: str, at_once: int, work: Work) -> None:
        self._url, self._executor, self._at_once = url, executor, at_once
        self._work = work
        self._launching = asyncio.Lock()
        self._workflow: _Workflow | None = None
        self._closed = False

    @property
    def launched(self) -> bool:
        return self._workflow is not None

    async def enqueue(self, run: Run) -> None:
        """Have this turn of it worked on when there is room; once, however often this is called.

        Raises Unavailable.
        """
        await self.launch()
        try:
            await asyncio.to_thread(self._enqueue, run)
        except Exception as error:
            _log.exception("a run cannot be queued", run=run.id)
            raise _unavailable() from error

    async def launch(self) -> None:
        """Begin to work; what was under way under this executor's name is taken up again.

        Raises Unavailable where the queue's database cannot be used.
        """
        async with self._launching:
            if self._workflow is None and not self._closed:
                self._workflow = await self._launched()

    async def close(self) -> None:
        """What is still under way stays in the queue's books as under way."""
        async with self._launching:
            self._closed = True
            if self._workflow is not None:
                self._workflow = None
                await asyncio.to_thread(_destroy)

    async def _launched(self) -> _Workflow:
        try:
            return await asyncio.to_thread(self._launch, asyncio.get_running_loop())
        except Exception as error:
            _log.exception("the queue of runs cannot be opened")
            await asyncio.to_thread(_destroy)
            raise _unavailable() from error

    def _launch(self, loop: asyncio.AbstractEventLoop) -> _Workflow:
        from dbos import DBOS  # noqa: PLC0415 - 25 MB, for servers with runs alone

        _keep_quiet()
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._url,
                "dbos_system_schema": SCHEMA,
                "sys_db_pool_size": _POOL,
                "application_version": VERSION,
                "executor_id": self._executor,
                "enable_otlp": False,
                "use_listen_notify": False,
                "log_level": "WARNING",
            }
        )
        work = self._work

        async def run(run_id: int, turn: int) -> None:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(run_id, turn), loop))

        made = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(run)
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._at_once,
            polling_interval_sec=POLL_S,
            on_conflict="always_update",
        )
        return made

    def _enqueue(self, run: Run) -> None:
        from dbos import DBOS, SetWorkflowID  # noqa: PLC0415

        if self._workflow is not None:
            with SetWorkflowID(_name(run)):
                DBOS.enqueue_workflow(QUEUE, self._workflow, run.id, run.turn)


def _name(run: Run) -> str:
    """With the time of its making: a store that was made anew counts its runs from 1 again."""
    return f"run-{run.id}-{run.turn}-{round(run.created_at.timestamp() * 1_000_000):x}"


def _unavailable() -> Unavailable:
    return Unavailable(
        "The queue of runs cannot be used: the server's log has the reason.",
        code="runs_unavailable",
    )


def _destroy() -> None:
    from dbos import DBOS  # noqa: PLC0415

    DBOS.destroy(destroy_registry=True)


class _Quiet(logging.Filter):
    """Drops what DBOS says of work that was stopped on purpose, and what it says over and over."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        stopped = isinstance(error, asyncio.CancelledError)
        if stopped or record.getMessage().startswith("Asyncio task cancelled"):
            return False
        place, now = (record.pathname, record.lineno), time.monotonic()
        if now - self._said.get(place, -REPEAT_S) < REPEAT_S:
            return False
        self._said[place] = now
        return True


def _keep_quiet() -> None:
    """DBOS's logs go the way of all others, not to a console of its own."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.addFilter(_Quiet())
