"""What is kept under a name in a project: data sets and suites, put and taken away whole."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from quintain.errors import Detail, Invalid, NotFound
from quintain.runs.model import NAME
from quintain.storage.tables import suites

_NAME = re.compile(NAME)


def check_name(name: str) -> None:
    """Raises Invalid."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            (
                Detail(
                    "name",
                    "must be 1 to 64 small letters, digits, dots, dashes or underscores,"
                    " and begin with a letter or digit",
                ),
            )
        )


def put(connection: Connection, table: Table, values: dict[str, Any]) -> Any:
    """Make it, or another one in its place, which is as new; the row."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(values)
    other = {key: value for key, value in values.items() if key not in {"project_id", "name"}}
    upsert = statement.on_conflict_do_update(index_elements=["project_id", "name"], set_=other)
    return connection.execute(upsert.returning(*narrow(table))).one()


def find(connection: Connection, table: Table, project_id: int, name: str, *columns: Any) -> Any:
    """columns: those that are wanted, all but the wide ones if none are named. Raises NotFound."""
    wanted = select(*(columns or narrow(table))).where(
        table.c.project_id == project_id, table.c.name == name
    )
    row = connection.execute(wanted).one_or_none() if _NAME.fullmatch(name) else None
    if row is None:
        raise _missing(table, name)
    return row


def listed(connection: Connection, table: Table, project_id: int) -> list[Any]:
    """In the order of their names, without the wide columns."""
    every = select(*narrow(table)).where(table.c.project_id == project_id)
    return [*connection.execute(every.order_by(table.c.name))]


def remove(connection: Connection, table: Table, project_id: int, name: str) -> Any:
    """The row that was there. Raises NotFound."""
    row = find(connection, table, project_id, name)
    connection.execute(delete(table).where(table.c.id == row.id))
    return row


def narrow(table: Table) -> list[Any]:
    return [column for column in table.c if column.name not in {"content", "document"}]


def _missing(table: Table, name: str) -> NotFound:
    kind = "suite" if table is suites else "data set"
    told = f"no {kind} {name}" if _NAME.fullmatch(name) else f"no such {kind}"
    return NotFound(
        f"There is {told} in this project.",
        code="suite_not_found" if table is suites else "dataset_not_found",
    )
