"""A few threads that take jobs from one bounded queue, so that the database never blocks the loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from quintain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

T = TypeVar("T")
MAX_WAIT_S = 10.0
MAX_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """One function to run in a transaction, and where its outcome goes."""

    work: Callable[[Connection], T]
    outcome: Future[T] = field(default_factory=Future)


class Crew:
    """`threads` workers; each takes up to `batch` waiting jobs at once and gives them to `work`.

    work: sets the outcome of every job it is given, or raises for all of them.
    """

    def __init__(
        self, name: str, threads: int, batch: int, work: Callable[[list[Job[Any]]], None]
    ) -> None:
        self._batch = batch
        self._work = work
        self._jobs: queue.Queue[Job[Any] | None] = queue.Queue(MAX_WAITING)
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"quintain-{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, work: Callable[[Connection], T], max_wait: float | None = None) -> T:
        """What `work` returns or raises.

        max_wait: seconds until a worker takes it, MAX_WAIT_S if None; the work itself has no
        deadline here. Raises Unavailable when that is over, the queue is full or the crew closed.
        A caller that leaves takes its job out of the queue, unless it runs already.
        """
        job = Job(work)
        self._put(job)
        outcome = asyncio.wrap_future(job.outcome)
        try:
            done, _ = await asyncio.wait(
                {outcome}, timeout=MAX_WAIT_S if max_wait is None else max_wait
            )
        except asyncio.CancelledError:
            outcome.cancel()
            raise
        if not done and job.outcome.cancel():
            raise Unavailable("The store is too busy; try again.", code="store_unavailable")
        return await outcome

    async def close(self) -> None:
        """Let the queued jobs end, then the threads."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._stop)

    def _put(self, job: Job[Any]) -> None:
        if self._closed:
            raise Unavailable("The store is closed.", code="store_unavailable")
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise Unavailable(
                "The store is too busy; try again.", code="store_unavailable"
            ) from None

    def _stop(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        serving = True
        while serving:
            jobs, serving = self._next_jobs()
            if jobs:
                self._do(jobs)

    def _next_jobs(self) -> tuple[list[Job[Any]], bool]:
        """At least one job, unless the crew is to stop; and whether to go on after it."""
        job = self._jobs.get()
        taken: list[Job[Any]] = []
        while job is not None:
            if job.outcome.set_running_or_notify_cancel():
                taken.append(job)
            if len(taken) >= self._batch:
                return taken, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return taken, True
        return taken, False

    def _do(self, jobs: list[Job[Any]]) -> None:
        try:
            self._work(jobs)
        except BaseException as error:  # noqa: BLE001 - every kind goes to those who wait for it
            for job in jobs:
                if not job.outcome.done():
                    job.outcome.set_exception(error)
