"""Recording attempts: a batch is one transaction, and no attempt is ever recorded twice.

The change counter stays as it is: no cache of any server depends on an attempt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from quintain.runners.wire import ERROR
from quintain.runs.records.incoming import COUNTS
from quintain.storage.tables import attempt_details, attempts, runs, tallies

Row = dict[str, Any]
GROUP = ("run_id", "probe", "verdict", "kind", "engine", "category", "technique", "severity")
_SUMS = ("number", *COUNTS)
# Writers of one run come one after the other, so that the ids are in the order of the commits and
# a reader that goes on after an id misses none. SQLite has one writer anyhow, and leaves it out.
_LOCK = select(runs.c.id).where(runs.c.id == bindparam("run")).with_for_update(key_share=True)


def insert_attempts(
    connection: Connection, run_id: int, made: Sequence[tuple[Row, str]]
) -> list[int]:
    """The ids of those that were not there before, in the order in which they are given."""
    connection.execute(_LOCK, {"run": run_id})
    rows = {(row["probe"], row["seq"]): (row, detail) for row, detail in reversed(made)}
    ids = _inserted(connection, [row for row, _ in reversed(rows.values())])
    if ids:
        new = [{"attempt_id": ids[key], "detail": rows[key][1]} for key in ids]
        connection.execute(attempt_details.insert(), new)
        _count(connection, [rows[key][0] for key in ids])
    return sorted(ids.values())


def delete_errors(connection: Connection, run_id: int) -> None:
    """Make way for another try of every error."""
    for table in (tallies, attempts):
        errors = delete(table).where(table.c.run_id == run_id, table.c.verdict == ERROR)
        connection.execute(errors)


def _inserted(connection: Connection, rows: list[Row]) -> dict[tuple[str, int], int]:
    columns = attempts.c
    statement = (
        _insert(connection, attempts)
        .on_conflict_do_nothing(index_elements=["run_id", "probe", "seq"])
        .returning(columns.id, columns.probe, columns.seq)
    )
    found = connection.execute(statement, rows).all() if rows else []
    return {(row.probe, row.seq): row.id for row in sorted(found)}


def _count(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    sums: dict[tuple[Any, ...], Row] = defaultdict(lambda: dict.fromkeys(_SUMS, 0))
    for row in rows:
        group = sums[tuple(row[name] for name in GROUP)]
        group["number"] += 1
        for name in COUNTS:
            group[name] += row[name]
    values = [dict(zip(GROUP, key, strict=True)) | sums[key] for key in sorted(sums)]
    connection.execute(_adding(connection), values)


def _adding(connection: Connection) -> Any:
    statement = _insert(connection, tallies)
    more = {name: tallies.c[name] + statement.excluded[name] for name in _SUMS}
    return statement.on_conflict_do_update(index_elements=list(GROUP), set_=more)


def _insert(connection: Connection, table: Any) -> Any:
    """Both databases have the same words for conflicts, each in a module of its own."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)
