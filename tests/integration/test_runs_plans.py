"""A run of a million attempts is looked at as fast as one of ten: every read goes by an index."""

import pytest
from sqlalchemy import event

from quintain.runs.model import NewRun, Plan
from quintain.runs.records import AttemptFilters, DataSets, Records, Suites
from tests.integration.test_runs_records import said


@pytest.fixture
def store_url(tmp_path):
    """SQLite tells its plans in words; the indexes are the same in PostgreSQL."""
    return f"sqlite:///{tmp_path / 'quintain.db'}"


@pytest.fixture
def statements(store):
    """Every statement of the readers, with its values."""
    seen = []

    def note(connection, cursor, statement, values, *_):
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    event.listen(store._reader, "before_cursor_execute", note)
    return seen


CALLS = {
    "get": lambda records, run: records.get(1, run.id),
    "list": lambda records, run: records.list(1),
    "list of a model": lambda records, run: records.list(1, saved_name="m", version="v1"),
    "unfinished": lambda records, run: records.unfinished(),
    "page": lambda records, run: records.attempts(run.id, after=1),
    "page of a verdict": lambda records, run: records.attempts(
        run.id, AttemptFilters(verdict="breached"), after=1
    ),
    "page of a category": lambda records, run: records.attempts(
        run.id, AttemptFilters(kind="attack", category="hate", technique="hex", engine="core")
    ),
    "page of a probe": lambda records, run: records.attempts(
        run.id, AttemptFilters(probe="core:hate/direct")
    ),
    "one": lambda records, run: records.attempt(run.id, 1),
    "lately": lambda records, run: records.lately(run.id, 60),
    "done": lambda records, run: records.done(run.id, "core"),
    "tallies": lambda records, run: records.tallies(run.id),
    "totals": lambda records, run: records.totals([run.id, 2, 3]),
    "pairs": lambda records, run: records.pairs(run.id, run.id),
}
SORTED = {"page of a probe"}  # what one probe has, and no more


@pytest.fixture
async def steps(store, admin, statements):
    """What SQLite does for a call, step by step."""
    records = Records(store)
    run = await records.create(
        admin, NewRun(1, "m", "v1", 1, "", "", "", 0, Plan((), {}, {}, {}, {}))
    )
    await records.record(run.id, "core", [said(0)])

    def plan(connection):
        return [
            row[-1]
            for statement, values in statements
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]

    async def steps(call):
        statements.clear()
        await call(records, run)
        return await store.read(plan)

    return steps


@pytest.mark.parametrize("call", CALLS)
async def test_no_read_scans_a_table(steps, call):
    found = await steps(CALLS[call])
    assert found
    tables = ("SCAN attempts", "SCAN a", "SCAN b", "SCAN runs", "SCAN tallies")
    assert not [step for step in found if step in tables or step.startswith("SCAN attempt_")]


@pytest.mark.parametrize("call", [name for name in CALLS if name.startswith(("page", "list"))])
async def test_a_page_is_not_sorted(steps, call):
    found = await steps(CALLS[call])
    assert ("USE TEMP B-TREE FOR ORDER BY" in found) == (call in SORTED)


async def test_filters_are_judged_from_the_index_alone(steps):
    found = await steps(CALLS["page of a category"])
    assert any("ix_attempts_page" in step for step in found)
    assert any("ix_attempts_verdict" in step for step in await steps(CALLS["page of a verdict"]))


async def test_attempts_of_a_probe_are_found_by_its_name(steps):
    found = await steps(CALLS["page of a probe"])
    assert any("(run_id=? AND probe=?)" in step for step in found)


async def test_lists_of_names_go_by_their_index(store, admin, statements):
    await DataSets(store).list(1)
    await Suites(store).list(1)
    assert all("content" not in text and "document" not in text for text, _ in statements)
