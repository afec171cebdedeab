"""The migrations make the tables that the code speaks of, once, whoever starts first."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from quintain.registry.changes import last_number, next_number
from quintain.storage.engine import Store
from quintain.storage.migrate import NewerStore
from quintain.storage.tables import metadata


@pytest.fixture
async def new_store(new_store_url):
    store = Store(new_store_url)
    await store.start()
    yield store
    await store.close()


async def test_migrations_and_tables_agree(new_store):
    def compare(connection):
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert await new_store.read(compare) == []


def shape(inspector, table):
    """What autogenerate does not look at: keys, checks and nullability, without the names."""
    return {
        "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
        "nullable": {column["name"]: column["nullable"] for column in inspector.get_columns(table)},
        "checks": [check["sqltext"] for check in inspector.get_check_constraints(table)],
        "foreign keys": sorted(
            (key["constrained_columns"], key["referred_table"], key["options"])
            for key in inspector.get_foreign_keys(table)
        ),
        "unique": sorted(key["column_names"] for key in inspector.get_unique_constraints(table)),
        "indexes": sorted(
            (index["name"], index["column_names"], bool(index["unique"]))
            for index in inspector.get_indexes(table)
        ),
    }


async def test_migrated_tables_are_those_that_the_metadata_would_make(new_store):
    def migrated(connection):
        return {table: shape(inspect(connection), table) for table in metadata.tables}

    def made(connection):
        connection.execute(text("DROP TABLE alembic_version"))
        metadata.drop_all(connection)
        metadata.create_all(connection)
        return {table: shape(inspect(connection), table) for table in metadata.tables}

    assert await new_store.read(migrated) == await new_store.write(made)


async def test_ids_are_never_given_twice(new_store):
    def insert_and_delete(connection):
        added = text("INSERT INTO projects (name, created_at) VALUES ('a', 0) RETURNING id")
        first = connection.execute(added).scalar_one()
        connection.execute(text("DELETE FROM projects"))
        return first, connection.execute(added).scalar_one()

    first, second = await new_store.write(insert_and_delete)
    assert second > first


async def test_servers_that_start_together_migrate_once(new_store_url):
    stores = [Store(new_store_url) for _ in range(4)]
    await asyncio.gather(*(store.start() for store in stores))
    assert [await store.read(last_number) for store in stores] == [0] * 4
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_second_start_keeps_what_is_there(new_store, new_store_url):
    await new_store.write(next_number)
    again = Store(new_store_url)
    await again.start()
    assert await again.read(last_number) == 1
    await again.close()


async def test_a_store_of_a_later_version_is_refused_and_left_alone(new_store, new_store_url):
    await new_store.write(
        lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")).close()
    )
    older = Store(new_store_url)
    with pytest.raises(NewerStore, match="9999"):
        await older.start()
    await older.close()
    version = text("SELECT version_num FROM alembic_version")
    assert await new_store.read(lambda c: c.execute(version).scalar_one()) == "9999"
