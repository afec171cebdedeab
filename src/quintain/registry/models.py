"""The registered models: added, found, modified, deleted, with their history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from quintain.registry import history, writes
from quintain.registry.binding import Bindings
from quintain.registry.changes import last_number, next_number
from quintain.registry.clock import as_time, as_us, now_us
from quintain.registry.diff import differences
from quintain.registry.lookup import Wanted, filtered, named, not_found, spelled_so
from quintain.registry.merge import modified
from quintain.registry.model import Filters, Model, ModelChange, Revision
from quintain.registry.rows import Stored, read_model, read_models
from quintain.registry.schema import AddModel
from quintain.registry.sealing import reseal, seal_new
from quintain.registry.secrets import ROOT, document, split
from quintain.storage.tables import models

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from quintain.registry.model import Actor, Page
    from quintain.storage.engine import Store
    from quintain.vault.envelope import Vault

_BATCH = 500
# Named here, since inside the class `list` is a method.
Found = list[Model]
History = list[Revision]
Changes = list[ModelChange]
Change = Mapping[str, Any]


class Models:
    """Every method raises Unavailable if the store is away; a project sees only its own models."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def add(self, actor: Actor, body: AddModel) -> Model:
        """Register a model, durably. Raises Conflict if the name has this version already."""
        return await self._store.write(lambda connection: self._add(connection, actor, body))

    async def get(self, project_id: int, saved_name: str, version: str) -> Model:
        """Raises NotFound."""
        return await self._one(named(project_id, saved_name, version))

    async def resolve(self, project_id: int, spelled: str) -> Model:
        """The model that a call names: `<saved name>` (its newest version) or `<name>:<version>`.

        An exact saved name wins over a split at a colon. Raises NotFound.
        """
        return await self._one(spelled_so(project_id, spelled))

    async def list(
        self, project_id: int, filters: Filters | None = None, page: Page | None = None
    ) -> tuple[Found, int]:
        """One page of the project's models by id, or all of them, and how many there are in all."""
        where = filtered(project_id, filters or Filters())
        return await self._store.read(lambda connection: self._list(connection, where, page))

    async def batches(
        self, project_id: int, filters: Filters | None = None
    ) -> AsyncIterator[Found]:
        """All models by id, some hundred at a time, so that memory stays flat however many there are."""
        where = filtered(project_id, filters or Filters())
        after = 0
        while batch := await self._store.read(partial(self._after, where=where, model_id=after)):
            yield batch
            after = batch[-1].id

    async def modify(self, actor: Actor, saved_name: str, version: str, change: Change) -> Model:
        """Merge a caller's JSON object into a model; the rules are those of merge.py.

        Raises NotFound, Invalid (nothing changed) or Conflict (a rename to a taken name).
        """
        wanted = named(actor.project_id, saved_name, version)
        return await self._store.write(
            lambda connection: self._modify(connection, actor, wanted, change)
        )

    async def merged(
        self, project_id: int, saved_name: str, version: str, change: Mapping[str, Any]
    ) -> AddModel:
        """What `modify` would store, for checks beyond the registry's own; changes nothing.

        Raises NotFound or Invalid.
        """
        model = await self.get(project_id, saved_name, version)
        return modified(_as_document(_body(model)), change)

    async def delete(self, actor: Actor, saved_name: str, version: str) -> Model:
        """Delete a model and its secrets; its history stays. Raises NotFound."""
        wanted = named(actor.project_id, saved_name, version)
        return await self._store.write(lambda connection: self._delete(connection, actor, wanted))

    async def history(self, project_id: int, saved_name: str, version: str) -> History:
        """What happened to every model that ever had this name, oldest first. Raises NotFound."""
        return await self._store.read(lambda c: history.of_name(c, project_id, saved_name, version))

    async def version(self) -> int:
        """The number of the last committed write: unchanged means that caches are true."""
        return await self._store.read(last_number)

    async def changes_since(self, number: int) -> Changes:
        """What happened to models after write `number`, in order."""
        return await self._store.read(lambda connection: history.since(connection, number))

    async def _one(self, wanted: Wanted) -> Model:
        stored = await self._store.read(
            lambda connection: read_model(connection, self._vault, wanted)
        )
        if stored is None:
            raise not_found()
        return stored.model

    def _add(self, connection: Connection, actor: Actor, body: AddModel) -> Model:
        number, now = next_number(connection), now_us()
        public, secrets = split(body.config)
        row = writes.columns(body, public)
        stamps = {
            "project_id": actor.project_id,
            "revision": 1,
            "created_at": now,
            "updated_at": now,
        }
        model_id = writes.insert_model(connection, {**row, **stamps})
        bindings = Bindings.of(document(body.config))
        writes.insert_secrets(
            connection, model_id, seal_new(self._vault, model_id, secrets, bindings)
        )
        model = _model(actor, model_id, body, now)
        _record(connection, number, actor, model, "added", [])
        return model

    def _modify(
        self, connection: Connection, actor: Actor, wanted: Wanted, change: Change
    ) -> Model:
        number, stored = next_number(connection), self._existing(connection, wanted)
        old = _body(stored.model)
        new = modified(_as_document(old), change)
        model = _next(stored.model, new)
        public, secrets = split(new.config)
        change_of_secrets = reseal(
            self._vault,
            stored.sealed,
            (split(old.config)[1], Bindings.of(document(old.config))),
            (secrets, Bindings.of(document(new.config))),
        )
        stamps = {"revision": model.revision, "updated_at": as_us(model.updated_at)}
        writes.update_model(connection, model.id, {**writes.columns(new, public), **stamps})
        writes.write_secrets(connection, model.id, change_of_secrets)
        _record(connection, number, actor, model, "modified", differences(old, new))
        return model

    def _delete(self, connection: Connection, actor: Actor, wanted: Wanted) -> Model:
        number, model = next_number(connection), self._existing(connection, wanted).model
        writes.delete_model(connection, model.id)
        gone = replace(model, revision=model.revision + 1, updated_at=_later_than(model))
        _record(connection, number, actor, gone, "deleted", [])
        return model

    def _existing(self, connection: Connection, wanted: Wanted) -> Stored:
        stored = read_model(connection, self._vault, wanted)
        if stored is None:
            raise not_found()
        return stored

    def _list(self, connection: Connection, where: Any, page: Page | None) -> tuple[Found, int]:
        if page is None:
            found = self._all(connection, where)
            return found, len(found)
        total = connection.execute(
            select(func.count()).select_from(models).where(where)
        ).scalar_one()
        skip = (page.page - 1) * page.per_page
        ids = (
            select(models.c.id).where(where).order_by(models.c.id).limit(page.per_page).offset(skip)
        )
        return self._read(connection, ids), int(total)

    def _all(self, connection: Connection, where: Any) -> Found:
        found = self._after(connection, where, 0)
        while batch := self._after(connection, where, found[-1].id) if found else []:
            found += batch
        return found

    def _after(self, connection: Connection, where: Any, model_id: int) -> Found:
        ids = select(models.c.id).where(and_(where, models.c.id > model_id)).order_by(models.c.id)
        return self._read(connection, ids.limit(_BATCH))

    def _read(self, connection: Connection, ids: Any) -> Found:
        return [stored.model for stored in read_models(connection, self._vault, ids)]


def _model(actor: Actor, model_id: int, body: AddModel, now: int) -> Model:
    return Model(
        id=model_id,
        project_id=actor.project_id,
        project=actor.project,
        saved_name=body.model_saved_name,
        version=body.model_version,
        testing_for=body.testing_for,
        model_name=body.model_name,
        certifications=tuple(body.certifications),
        config=body.config,
        revision=1,
        created_at=as_time(now),
        updated_at=as_time(now),
    )


def _next(model: Model, body: AddModel) -> Model:
    return replace(
        model,
        saved_name=body.model_saved_name,
        version=body.model_version,
        testing_for=body.testing_for,
        model_name=body.model_name,
        certifications=tuple(body.certifications),
        config=body.config,
        revision=model.revision + 1,
        updated_at=_later_than(model),
    )


def _body(model: Model) -> AddModel:
    """The registration that made this model; it was validated then."""
    given: dict[str, Any] = {
        "model_saved_name": model.saved_name,
        "model_version": model.version,
        "testing_for": model.testing_for,
        "model_name": model.model_name,
        "certifications": list(model.certifications),
        "config": model.config,
    }
    return AddModel.model_construct(**given)


def _as_document(body: AddModel) -> dict[str, Any]:
    return {**body.model_dump(exclude={"config"}), ROOT: document(body.config)}


def _later_than(model: Model) -> datetime:
    """Now, or just after the last change where the clock was set back."""
    return as_time(max(now_us(), as_us(model.updated_at) + 1))


def _record(
    connection: Connection,
    number: int,
    actor: Actor,
    model: Model,
    action: str,
    changes: list[dict[str, Any]],
) -> None:
    record = {
        "model_id": model.id,
        "saved_name": model.saved_name,
        "version": model.version,
        "revision": model.revision,
        "action": action,
        "changes": changes,
    }
    writes.insert_revision(connection, number, actor, as_us(model.updated_at), record)
