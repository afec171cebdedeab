"""What happened to the models: readable after a delete, and across renames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import select

from quintain.registry.clock import as_time
from quintain.registry.lookup import not_found
from quintain.registry.model import ModelChange, Revision
from quintain.storage.tables import revisions

if TYPE_CHECKING:
    from sqlalchemy import Connection

_R = revisions.c
_SINCE = select(_R.change_number, _R.project_id, _R.model_id, _R.saved_name, _R.version).order_by(
    _R.change_number
)


def of_name(
    connection: Connection, project_id: int, saved_name: str, version: str
) -> list[Revision]:
    """Of every model that ever had the name, under all names that it had. Raises NotFound."""
    if "\0" in saved_name + version:
        raise not_found()
    named_so = select(_R.model_id).where(
        _R.project_id == project_id, _R.saved_name == saved_name, _R.version == version
    )
    rows = connection.execute(
        select(revisions).where(_R.model_id.in_(named_so)).order_by(_R.change_number)
    ).all()
    if not rows:
        raise not_found()
    return [_revision(row) for row in rows]


def since(connection: Connection, number: int) -> list[ModelChange]:
    return [
        ModelChange(*row) for row in connection.execute(_SINCE.where(_R.change_number > number))
    ]


def _revision(row: Any) -> Revision:
    return Revision(
        model_id=row.model_id,
        saved_name=row.saved_name,
        version=row.version,
        revision=row.revision,
        action=row.action,
        who=row.who,
        at=as_time(row.at),
        changes=orjson.loads(row.changes),
    )
