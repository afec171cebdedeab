"""Reads models from the store: one statement for a model with all that belongs to it."""

from __future__ import annotations

import itertools
import operator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import ValidationError
from sqlalchemy import select

from quintain.errors import QuintainError
from quintain.registry.clock import as_time
from quintain.registry.model import Model
from quintain.registry.sealing import SealedModel, open_secrets
from quintain.registry.secrets import join
from quintain.storage.tables import data_keys, models, projects, secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import ColumnElement, Connection, Executable, Select

    from quintain.registry.lookup import Wanted
    from quintain.vault.envelope import Vault

_M = models.c
_WHOLE = (
    select(
        _M.id,
        _M.project_id,
        projects.c.name.label("project"),
        _M.saved_name,
        _M.version,
        _M.testing_for,
        _M.model_name,
        _M.certifications,
        _M.config,
        _M.revision,
        _M.created_at,
        _M.updated_at,
        data_keys.c.master_key,
        data_keys.c.wrapped,
        secrets.c.path,
        secrets.c.sealed,
    )
    .join(projects, projects.c.id == _M.project_id)
    .outerjoin(data_keys, data_keys.c.model_id == _M.id)
    .outerjoin(secrets, secrets.c.model_id == _M.id)
    .order_by(_M.id)
)


class BrokenRow(QuintainError):
    """A stored registration that this version cannot read."""

    code = "broken_row"


@dataclass(frozen=True, slots=True)
class Stored:
    """A model, and its secrets as they lie in the store."""

    model: Model
    sealed: SealedModel = field(repr=False)


def read_models(connection: Connection, vault: Vault, ids: Select[int]) -> list[Stored]:
    """Models with their secrets, in the order of their ids."""
    rows = connection.execute(_WHOLE.where(_M.id.in_(ids)))
    return list(_grouped(rows.all(), vault))


def read_model(connection: Connection, vault: Vault, wanted: Wanted) -> Stored | None:
    rows = connection.execute(_one(wanted.condition), wanted.values)
    return next(_grouped(rows.all(), vault), None)


@lru_cache(128)
def _one(condition: ColumnElement[bool]) -> Executable:
    """To put a statement together takes as long as to run it, so it is kept by its condition."""
    return _WHOLE.where(condition)


def _grouped(rows: Iterable[Any], vault: Vault) -> Iterator[Stored]:
    for _, same in itertools.groupby(rows, key=operator.itemgetter(0)):
        yield _stored(list(same), vault)


def _stored(rows: list[Any], vault: Vault) -> Stored:
    first = rows[0]
    public = orjson.loads(first.config)
    sealed = SealedModel(first.id, first.master_key, first.wrapped, _by_path(rows))
    try:
        config = join(public, open_secrets(vault, sealed, public))
    except ValidationError as error:
        raise BrokenRow(
            f"Model {first.saved_name} {first.version} was changed in the store in a way that cannot "
            "be read; restore its row of `models` from a backup.",
        ) from error
    return Stored(_model(first, config), sealed)


def _by_path(rows: Iterable[Any]) -> dict[str, bytes]:
    return {row.path: row.sealed for row in rows if row.path is not None}


def _model(row: Any, config: Any) -> Model:
    return Model(
        id=row.id,
        project_id=row.project_id,
        project=row.project,
        saved_name=row.saved_name,
        version=row.version,
        testing_for=row.testing_for,
        model_name=row.model_name,
        certifications=tuple(orjson.loads(row.certifications)),
        config=config,
        revision=row.revision,
        created_at=as_time(row.created_at),
        updated_at=as_time(row.updated_at),
    )
