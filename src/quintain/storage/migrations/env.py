"""Alembic's entry: runs the migrations in the transaction that `quintain.storage.migrate` opened."""

from __future__ import annotations

from alembic import context

from quintain.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's too: its transaction is begun by us, not by the driver
)
with context.begin_transaction():
    context.run_migrations()
