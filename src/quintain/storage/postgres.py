"""PostgreSQL as the store, by psycopg 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine, create_engine

if TYPE_CHECKING:
    from sqlalchemy import URL

CONNECT_TIMEOUT_S = 5
_TIMEOUTS_MS = {
    "statement_timeout": 30_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 60_000,
}


def reader(url: URL, connections: int) -> Engine:
    # REPEATABLE READ: the statements of one read see one moment, as they do in SQLite.
    return _engine(url, connections, "REPEATABLE READ", {"default_transaction_read_only": "on"})


def writer(url: URL) -> Engine:
    # READ COMMITTED: what is read after the change counter's lock is what the last writer left.
    return _engine(url, 1, "READ COMMITTED", {})


def is_away(error: BaseException | None) -> bool:
    """Whether the server is away or gave up waiting (SQLSTATE classes 08, 40, 53, 55, 57)."""
    from psycopg import OperationalError as DriverError  # noqa: PLC0415 - an optional dependency

    return isinstance(error, DriverError)


def _engine(url: URL, connections: int, isolation: str, settings: dict[str, object]) -> Engine:
    options = " ".join(f"-c {name}={value}" for name, value in {**_TIMEOUTS_MS, **settings}.items())
    return create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,  # a restarted server costs no call
        isolation_level=isolation,
        hide_parameters=True,  # error texts carry no values
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": options},
    )
