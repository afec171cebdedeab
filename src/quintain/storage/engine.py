"""The store: SQLite in a file, or PostgreSQL, behind the same two calls."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from quintain.errors import QuintainError, Unavailable
from quintain.storage import postgres, sqlite
from quintain.storage.crew import Crew, Job
from quintain.storage.migrate import migrate
from quintain.storage.urls import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

T = TypeVar("T")
# Writes that wait while one is committed share the next commit: one fsync for all of them.
WRITES_A_COMMIT = 64


class DamagedStore(QuintainError):
    """The store's file cannot be read as a database."""

    code = "damaged_store"


class Store:
    """One registry's data.

    url: `sqlite:////path/quintain.db` or `postgresql+psycopg://user@host/name`.
    workers: threads, and connections, that read. One more writes: writers are serialised by the
    change counter anyhow (see registry/changes.py), so a second one could only wait.
    Raises QuintainError for a URL that cannot be used; the sentence says why.
    """

    def __init__(self, url: str, *, workers: int = 4) -> None:
        self._url = parse_url(url)
        self._workers = workers
        self._dialect = sqlite if self._url.get_backend_name() == "sqlite" else postgres
        self._reader: Engine = self._dialect.reader(self._url, workers)
        self._writer: Engine = self._dialect.writer(self._url)
        self._readers: Crew | None = None
        self._writers: Crew | None = None

    async def start(self) -> None:
        """Bring the tables up to date and begin to serve.

        Raises Unavailable if the database does not answer, QuintainError if it is newer than this
        version of quintain or its folder is missing.
        """
        if self._url.get_backend_name() == "sqlite":
            _check_folder(Path(self._url.database or ""))
        await asyncio.to_thread(self._guarded, lambda: migrate(self._writer))
        self._readers = Crew("read", self._workers, 1, self._read)
        self._writers = Crew("write", 1, WRITES_A_COMMIT, self._write)

    async def close(self) -> None:
        """End what was begun, then close every connection."""
        for crew in (self._readers, self._writers):
            if crew is not None:
                await crew.close()
        await asyncio.to_thread(self._dispose)

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a worker, inside one read-only transaction that sees one moment of the store.

        Raises Unavailable (`store_unavailable`) if the store is away or busy for too long.
        """
        return await _running(self._readers).run(fn)

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in the writer, inside one transaction, durable on disk before this returns.

        What `fn` raises undoes what it wrote and nothing else. Raises Unavailable
        (`store_unavailable`) if the store is away or busy for too long.
        """
        return await _running(self._writers).run(fn)

    def _read(self, jobs: list[Job[Any]]) -> None:
        job = jobs[0]
        job.outcome.set_result(
            self._guarded(functools.partial(_in_transaction, self._reader, job.work))
        )

    def _write(self, jobs: list[Job[Any]]) -> None:
        outcomes = self._guarded(functools.partial(self._commit, jobs))
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, _Raised):
                job.outcome.set_exception(outcome.error)
            else:
                job.outcome.set_result(outcome)

    def _commit(self, jobs: list[Job[Any]]) -> list[Any]:
        with self._writer.begin() as connection:
            if len(jobs) == 1:
                return [jobs[0].work(connection)]
            return [self._apart(connection, job) for job in jobs]

    def _apart(self, connection: Connection, job: Job[Any]) -> Any:
        """One job of several: what it raises must not undo the others."""
        savepoint = connection.begin_nested()
        try:
            result = job.work(connection)
        except Exception as error:
            if self._is_away(error):
                raise  # the transaction itself is gone
            savepoint.rollback()
            return _Raised(error)
        savepoint.commit()
        return result

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (DBAPIError, PoolTimeout) as error:
            if self._is_away(error):
                raise Unavailable(
                    "The store does not answer; try again.", code="store_unavailable"
                ) from error
            if sqlite.is_damaged(getattr(error, "orig", None)):
                raise DamagedStore(
                    f"{self._url.database} is no database, or a damaged one: restore it from a "
                    "backup, or start with another data directory. Nothing was changed."
                ) from error
            raise

    def _is_away(self, error: Exception) -> bool:
        if isinstance(error, DBAPIError):
            return error.connection_invalidated or self._dialect.is_away(error.orig)
        return isinstance(error, PoolTimeout)

    def _dispose(self) -> None:
        self._reader.dispose()
        self._writer.dispose()


class _Raised:
    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


def _in_transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _running(crew: Crew | None) -> Crew:
    if crew is None:
        raise Unavailable("The store is not started.", code="store_unavailable")
    return crew


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise QuintainError(f"The folder of the store, {path.parent}, is not there: make it first.")
