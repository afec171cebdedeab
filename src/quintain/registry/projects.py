"""Projects: the names that keep the models of one team from those of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from quintain.registry.clock import now_us
from quintain.storage.tables import projects

if TYPE_CHECKING:
    from sqlalchemy import Connection

DEFAULT_PROJECT = "default"


def project_of(connection: Connection, name: str) -> int:
    """The project's id; it is made if it is not there. Inside a write transaction only."""
    found = connection.execute(
        select(projects.c.id).where(projects.c.name == name)
    ).scalar_one_or_none()
    if found is not None:
        return int(found)
    row = {"name": name, "created_at": now_us()}
    return int(connection.execute(insert(projects).returning(projects.c.id), row).scalar_one())
