"""The store itself: transactions, durability, and what happens when the database is away."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from quintain.errors import QuintainError, Unavailable
from quintain.registry.changes import last_number, next_number
from quintain.storage import crew
from quintain.storage.engine import Store
from quintain.storage.tables import projects


def add_project(name):
    def work(connection):
        number = next_number(connection)
        connection.execute(insert(projects), {"name": name, "created_at": 0})
        return number

    return work


@asynccontextmanager
async def busy_writer(store):
    """Keep the writer busy, so that what is written meanwhile waits and shares one commit."""
    begun, release = threading.Event(), threading.Event()

    def hold(_):
        begun.set()
        return release.wait(30)

    writing = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(begun.wait, 30)
    try:
        yield
        await asyncio.sleep(0)  # what was just begun gets into the queue
    finally:
        release.set()
    assert await writing


def names(connection):
    return list(connection.execute(select(projects.c.name).order_by(projects.c.name)).scalars())


async def test_what_was_written_is_read(store):
    await store.write(add_project("a"))
    assert await store.read(names) == ["a"]


async def test_what_a_failing_write_did_is_undone(store):
    def fail(connection):
        add_project("a")(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write(fail)
    assert await store.read(names) == []
    assert await store.read(last_number) == 0


async def test_writes_that_share_a_commit_fail_each_for_itself(store):
    async with busy_writer(store):
        writes = [asyncio.create_task(store.write(add_project(name))) for name in "aabca"]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    failed = [isinstance(outcome, DBAPIError) for outcome in outcomes]
    assert failed == [False, True, False, False, True]
    assert await store.read(names) == ["a", "b", "c"]
    # The number of a failed write is given out again: the numbers are those of the commits.
    assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1, 2, 3]


async def test_an_error_carries_no_value_of_the_statement(store):
    await store.write(add_project("a-private-name"))
    with pytest.raises(DBAPIError) as refused:
        await store.write(add_project("a-private-name"))
    # PostgreSQL's own sentence names the key; ours, which lists all parameters, is switched off.
    assert "SQL parameters hidden" in str(refused.value)


async def test_writers_get_each_number_once_and_in_order(store):
    numbers = await asyncio.gather(*(store.write(add_project(f"p{n}")) for n in range(200)))
    assert numbers == list(range(1, 201))
    assert await store.read(last_number) == 200


async def test_two_stores_on_one_database_never_share_a_number(store, store_url):
    other = Store(store_url)
    await other.start()
    writes = [(store, other)[n % 2].write(add_project(f"p{n}")) for n in range(100)]
    numbers = await asyncio.gather(*writes)
    await other.close()
    assert sorted(numbers) == list(range(1, 101))
    assert len(await store.read(names)) == 100


async def test_a_read_sees_one_moment_however_many_statements_it_has(store):
    between, go_on = threading.Event(), threading.Event()

    def twice(connection):
        first = names(connection)
        between.set()
        go_on.wait(30)
        return first, names(connection)

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(between.wait, 30)
    await store.write(add_project("meanwhile"))
    go_on.set()
    assert await reading == ([], [])
    assert await store.read(names) == ["meanwhile"]


async def test_a_read_cannot_write(store):
    with pytest.raises((DBAPIError, Unavailable)):
        await store.read(add_project("a"))
    assert await store.read(names) == []


async def test_reads_go_on_while_a_write_is_under_way(store):
    async with busy_writer(store):
        assert await asyncio.gather(*(store.read(names) for _ in range(20))) == [[]] * 20


async def test_the_loop_is_free_while_the_database_works(store):
    async with busy_writer(store):
        writing = asyncio.create_task(store.write(add_project("a")))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not writing.done()
    assert await writing == 1


async def test_a_store_that_is_busy_for_too_long_is_unavailable(store, monkeypatch):
    async with busy_writer(store):
        monkeypatch.setattr(crew, "MAX_WAIT_S", 0.05)
        with pytest.raises(Unavailable, match="busy") as refused:
            await store.write(add_project("late"))
    assert refused.value.code == "store_unavailable"
    assert await store.read(names) == []


@pytest.mark.parametrize("call", ["read", "write"])
async def test_a_store_that_is_not_open_is_unavailable(store_url, call):
    closed = Store(store_url)
    with pytest.raises(Unavailable, match="not started"):
        await getattr(closed, call)(names)
    await closed.start()
    await closed.close()
    with pytest.raises(Unavailable, match="closed"):
        await getattr(closed, call)(names)


async def test_closing_waits_for_what_was_begun(store_url):
    store = Store(store_url)
    await store.start()
    writing = asyncio.create_task(store.write(add_project("a")))
    await asyncio.sleep(0)
    await store.close()
    assert await writing == 1
    again = Store(store_url)
    await again.start()
    assert await again.read(names) == ["a"]
    await again.close()


# SQLite


@pytest.fixture
def path(tmp_path):
    return tmp_path / "quintain.db"


@pytest.fixture
async def file_store(path):
    store = Store(f"sqlite:///{path}")
    await store.start()
    yield store
    await store.close()


async def test_a_commit_in_sqlite_is_synced_to_disk(file_store):
    def pragmas(connection):
        return [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert await file_store.write(pragmas) == ["wal", 2, 1]


async def test_a_locked_file_is_unavailable_and_serves_again_afterwards(
    file_store, path, monkeypatch
):
    await file_store.write(
        lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 20").close()
    )
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="does not answer") as refused:
        await file_store.write(add_project("a"))
    other.execute("ROLLBACK")
    other.close()
    assert refused.value.code == "store_unavailable"
    assert isinstance(refused.value.__cause__, DBAPIError)
    assert await file_store.write(add_project("a")) == 1


async def test_a_mistake_in_a_statement_is_not_called_unavailable(store):
    with pytest.raises(DBAPIError):
        await store.read(lambda connection: connection.execute(text("SELECT nothing FROM nowhere")))


async def test_a_folder_that_is_not_there_is_named(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/below/quintain.db")
    with pytest.raises(QuintainError, match=f"{tmp_path}/below"):
        await store.start()
    await store.close()


def test_sqlite_serves_without_the_driver_of_postgresql(tmp_path):
    program = """
import asyncio, sys
sys.modules["psycopg"] = None
from quintain.storage.engine import Store
from quintain.registry.changes import last_number
async def main():
    store = Store(sys.argv[1])
    await store.start()
    print(await store.read(last_number))
    await store.close()
asyncio.run(main())
"""
    url = f"sqlite:///{tmp_path / 'quintain.db'}"
    done = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


# PostgreSQL


@pytest.fixture
async def server_store(postgres):
    url = postgres.new_database()
    store = Store(url)
    await store.start()
    yield store, url
    await store.close()


async def test_a_server_that_was_restarted_costs_no_call(server_store, postgres):
    store, url = server_store
    await store.write(add_project("a"))
    await store.read(names)
    postgres.cut_connections(url)
    assert await store.read(names) == ["a"]
    assert await store.write(add_project("b")) == 2


async def test_a_connection_that_breaks_amid_a_write_is_unavailable_and_leaves_nothing(
    server_store, postgres
):
    store, url = server_store

    def cut(connection):
        add_project("a")(connection)
        postgres.cut_connections(url)
        connection.execute(text("SELECT 1"))

    with pytest.raises(Unavailable) as refused:
        await store.write(cut)
    assert refused.value.code == "store_unavailable"
    assert await store.read(names) == []
    assert await store.write(add_project("a")) == 1


async def test_all_writes_that_share_a_broken_commit_are_told(server_store, postgres):
    store, url = server_store

    def cut(connection):
        postgres.cut_connections(url)
        connection.execute(text("SELECT 1"))

    async with busy_writer(store):
        works = (add_project("a"), cut, add_project("b"))
        writes = [asyncio.create_task(store.write(work)) for work in works]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert await store.read(names) == []


async def test_a_server_that_is_not_there_is_unavailable_without_its_password(free_port):
    store = Store(f"postgresql://user:hunter2@127.0.0.1:{free_port}/name")
    with pytest.raises(Unavailable) as refused:
        await store.start()
    await store.close()
    assert refused.value.code == "store_unavailable"
    assert "hunter2" not in f"{refused.value} {refused.value.__cause__}"


async def test_waiting_for_the_lock_of_another_server_has_an_end(server_store):
    store, url = server_store
    other = Store(url)
    await other.start()
    begun, release = threading.Event(), threading.Event()

    def hold(connection):
        next_number(connection)
        begun.set()
        release.wait(30)

    holding = asyncio.create_task(other.write(hold))
    await asyncio.to_thread(begun.wait, 30)

    def impatient(connection):
        connection.execute(text("SET LOCAL lock_timeout = '20ms'"))
        next_number(connection)

    with pytest.raises(Unavailable):
        await store.write(impatient)
    release.set()
    await holding
    await other.close()


async def test_a_file_that_is_no_database_is_told_in_a_sentence_and_left_alone(tmp_path):
    path = tmp_path / "quintain.db"
    path.write_bytes(b"this is no database, whatever its name says\n" * 100)
    before = path.read_bytes()
    store = Store(f"sqlite:///{path}")
    with pytest.raises(QuintainError, match="is no database") as refused:
        await store.start()
    await store.close()
    assert refused.value.code == "damaged_store"
    assert path.read_bytes() == before
