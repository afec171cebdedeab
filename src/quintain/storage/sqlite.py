"""SQLite as the store: WAL, and a commit that is on disk before it returns.

Source of the pragmas: https://www.sqlite.org/pragma.html; of the explicit BEGIN:
https://docs.sqlalchemy.org/en/20/dialects/sqlite.html (pysqlite transactions).
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

BUSY_TIMEOUT_MS = 10_000
_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
    }
)


def reader(url: URL, connections: int) -> Engine:
    return _engine(url, connections, "BEGIN", ("query_only = ON",))


def writer(url: URL) -> Engine:
    # IMMEDIATE takes the write lock at once: a deferred one could fail at its first write, when
    # another process wrote meanwhile, and no waiting would help it.
    engine = _engine(url, 1, "BEGIN IMMEDIATE", ("synchronous = FULL", "foreign_keys = ON"))
    event.listen(engine, "connect", _switch_to_wal)
    return engine


def is_away(error: BaseException | None) -> bool:
    """Whether the file cannot be used just now; a primary result code is the low byte."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _AWAY


def is_damaged(error: BaseException | None) -> bool:
    """Whether the file is no database, or one whose pages were spoilt."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def _switch_to_wal(connection: Any, _record: Any) -> None:
    """Wait for other servers that start on the same new file: SQLite does not, at this one place."""
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _engine(url: URL, connections: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # error texts carry no values
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is deferred
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine
