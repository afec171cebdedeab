"""The change counter: one row that every write transaction raises before anything else.

Its lock puts the writers of all processes one after the other, so that the numbers are in the
order of the commits: whoever has seen number N has seen everything up to N. That lets a replica
learn with one cheap read whether its caches are still true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from quintain.storage.tables import changes

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NEXT = update(changes).values(number=changes.c.number + 1).returning(changes.c.number)
_LAST = select(changes.c.number)


def next_number(connection: Connection) -> int:
    """Begin a write: wait for the writer before, and take the next number."""
    return int(connection.execute(_NEXT).scalar_one())


def last_number(connection: Connection) -> int:
    return int(connection.execute(_LAST).scalar_one())
