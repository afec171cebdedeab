"""What a call costs does not grow with the number of models: every lookup goes by an index."""

import pytest
from sqlalchemy import event

from quintain.registry.model import Filters, Page
from quintain.storage.engine import Store


@pytest.fixture
def store_url(tmp_path):
    """SQLite tells its plans in words; the indexes are the same in PostgreSQL."""
    return f"sqlite:///{tmp_path / 'quintain.db'}"


@pytest.fixture
def statements(store: Store):
    """Every statement of the readers, with its values."""
    seen = []

    def note(connection, cursor, statement, values, *_):
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    event.listen(store._reader, "before_cursor_execute", note)
    return seen


CALLS = {
    "get": lambda models, keys: models.get(1, "m", "v1"),
    "resolve": lambda models, keys: models.resolve(1, "m"),
    "resolve with a version": lambda models, keys: models.resolve(1, "m:v1"),
    "list": lambda models, keys: models.list(1),
    "page": lambda models, keys: models.list(1, Filters(), Page(1, 100)),
    "filtered page": lambda models, keys: models.list(
        1, Filters(testing_for="agents", model_provider="openai"), Page(1, 100)
    ),
    "history": lambda models, keys: models.history(1, "m", "v1"),
    "changes": lambda models, keys: models.changes_since(5),
    "changes of keys": lambda models, keys: keys.changes_since(5),
    "key": lambda models, keys: keys.by_prefix("qt_abcdefgh"),
}


@pytest.mark.parametrize("call", CALLS)
async def test_no_lookup_scans_a_table(store, models, keys, admin, registration, statements, call):
    await models.add(admin, registration("m"))
    await CALLS[call](models, keys)

    def plan(connection):
        return [
            row[-1]
            for statement, values in statements
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]

    steps = await store.read(plan)
    assert steps
    assert not [step for step in steps if step.startswith("SCAN")]
