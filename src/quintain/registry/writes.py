"""Writes of models, to be run inside a write transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError

from quintain.errors import Conflict, Detail, Invalid
from quintain.storage.tables import data_keys, models, revisions, secrets

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from quintain.registry.model import Actor
    from quintain.registry.schema import AddModel
    from quintain.registry.sealing import Reseal

_INSERT = insert(models).returning(models.c.id)
_UPDATE = update(models).where(models.c.id == bindparam("model"))
_DROP_SECRET = delete(secrets).where(
    secrets.c.model_id == bindparam("model"), secrets.c.path == bindparam("at")
)


def search_text(saved_name: str, model_name: str | None) -> str:
    return f"{saved_name}\n{model_name or ''}".casefold()


def columns(body: AddModel, public: dict[str, Any]) -> dict[str, Any]:
    """The row of a registration. Raises Invalid for text that PostgreSQL cannot hold."""
    if "\0" in (body.model_name or ""):
        raise Invalid((Detail("model_name", "must not contain NUL"),))
    return {
        "saved_name": body.model_saved_name,
        "version": body.model_version,
        "testing_for": body.testing_for,
        "model_name": body.model_name,
        "model_provider": body.config.model_provider,
        "certifications": orjson.dumps(body.certifications).decode(),
        "config": orjson.dumps(public).decode(),
        "search": search_text(body.model_saved_name, body.model_name),
    }


def insert_model(connection: Connection, values: dict[str, Any]) -> int:
    """The new id. Raises Conflict if the name has this version already."""
    try:
        return int(connection.execute(_INSERT, values).scalar_one())
    except IntegrityError as error:
        raise taken(values) from error


def update_model(connection: Connection, model_id: int, values: dict[str, Any]) -> None:
    """Raises Conflict if another model has the new name and version."""
    try:
        connection.execute(_UPDATE, {**values, "model": model_id})
    except IntegrityError as error:
        raise taken(values) from error


def taken(values: dict[str, Any]) -> Conflict:
    return Conflict(
        f"A model named {values['saved_name']!r} with version {values['version']!r} exists already: "
        "choose another version, or modify that model.",
        code="name_taken",
    )


def write_secrets(connection: Connection, model_id: int, change: Reseal) -> None:
    gone = change.gone | change.sealed.keys()
    if gone:
        connection.execute(_DROP_SECRET, [{"model": model_id, "at": path} for path in sorted(gone)])
    if change.data_key is not None:
        connection.execute(delete(data_keys).where(data_keys.c.model_id == model_id))
    insert_secrets(connection, model_id, change)


def insert_secrets(connection: Connection, model_id: int, change: Reseal) -> None:
    if change.data_key is not None:
        key = {"master_key": change.data_key.key_id, "wrapped": change.data_key.wrapped}
        connection.execute(insert(data_keys), {"model_id": model_id, **key})
    if change.sealed:
        rows = [{"model_id": model_id, "path": p, "sealed": s} for p, s in change.sealed.items()]
        connection.execute(insert(secrets), rows)


def delete_model(connection: Connection, model_id: int) -> None:
    connection.execute(delete(models).where(models.c.id == model_id))  # its secrets go with it


def insert_revision(
    connection: Connection, number: int, actor: Actor, at: int, record: dict[str, Any]
) -> None:
    """record: model_id, saved_name, version, revision, action and the list of changes."""
    connection.execute(
        insert(revisions),
        {
            **record,
            "changes": orjson.dumps(record["changes"]).decode(),
            "change_number": number,
            "project_id": actor.project_id,
            "who": actor.key_prefix,
            "at": at,
        },
    )
