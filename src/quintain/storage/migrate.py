"""Brings the tables up to date, once, however many processes start together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from quintain.errors import QuintainError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# Any number that no other program is likely to lock: the first bytes of SHA-256 of "quintain".
_LOCK = 0x2B1D7A0C


class NewerStore(QuintainError):
    """The store was written by a later version of quintain."""

    code = "newer_store"


def migrate(engine: Engine) -> None:
    """Run the migrations that the database lacks, in one transaction. Raises NewerStore."""
    scripts = ScriptDirectory.from_config(_config(None))
    with engine.begin() as connection:
        _take_turn(connection)
        at = MigrationContext.configure(connection).get_current_revision()
        if at == scripts.get_current_head():
            return
        if at is not None and at not in {script.revision for script in scripts.walk_revisions()}:
            raise NewerStore(
                f"The store is at version {at}, which this quintain does not know: "
                "start the newer quintain that wrote it, or restore an earlier backup."
            )
        command.upgrade(_config(connection), "head")


def _take_turn(connection: Connection) -> None:
    """Keep the others out until the commit. SQLite needs nothing more than its BEGIN IMMEDIATE."""
    if connection.dialect.name == "postgresql":
        # A migration may take its time; the other processes wait for it.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = '120s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    config.attributes["connection"] = connection
    return config
