"""API keys: random, shown once, stored only as a hash beside a short public prefix."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, func, insert, or_, select, update

from quintain.errors import Conflict, Detail, Invalid, NotFound
from quintain.registry.changes import next_number
from quintain.registry.clock import as_us, maybe_time, now_us
from quintain.registry.credentials import digest_of, is_ours, new_key, prefix_of
from quintain.registry.key_records import ROLES, SELECT, KeyRecord, NewKey, record
from quintain.registry.projects import project_of
from quintain.secret import Secret
from quintain.storage.tables import keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from quintain.registry.model import Actor
    from quintain.storage.engine import Store

__all__ = ["ROLES", "KeyRecord", "Keys", "NewKey", "prefix_of"]

SHORTEST_GIVEN = 32
_FIRST_START = "first start"
_ENVIRONMENT = "environment"
_TOUCH = (
    update(keys)
    .where(keys.c.id == bindparam("key"))
    .where(or_(keys.c.last_used_at.is_(None), keys.c.last_used_at < bindparam("at")))
    .values(last_used_at=bindparam("at"))
)
# Named here, since inside the class `list` is a method.
KeyRecords = list[KeyRecord]
Prefixes = list[str]


class Keys:
    """Every method raises Unavailable if the store is away."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ensure_admin(self, given: str | None) -> str | None:
        """See to it that an admin key works.

        given: a key of the operator's own (QUINTAIN_ADMIN_KEY), 32 characters or more; another one
        than at the last start revokes that one. Without it, and with no admin key that works, a new
        one is made and returned, this once. Raises Invalid for a given key that is too short.
        """
        if given is None:
            return await self._store.write(_ensure_any_admin)
        _check_given(given)
        await self._store.write(lambda connection: _ensure_given_admin(connection, given))
        return None

    async def create(self, actor: Actor, new: NewKey) -> tuple[KeyRecord, Secret]:
        """Make a key, and its project if that is new. Raises Invalid with every wrong field."""
        new.check()
        text = new_key()

        def work(connection: Connection) -> KeyRecord:
            number = next_number(connection)
            return _insert(connection, number, text, new, actor.key_prefix)

        return await self._store.write(work), Secret(text)

    async def list(self) -> KeyRecords:
        """All keys of all projects, revoked ones too, in the order of their making."""
        return await self._store.read(
            lambda connection: [record(row) for row in connection.execute(SELECT)]
        )

    async def revoke(self, which: int | str) -> KeyRecord:
        """Revoke by id or prefix; revoking again changes nothing.

        Raises NotFound, or Conflict for the last admin key that works.
        """
        return await self._store.write(lambda connection: _revoke(connection, which))

    async def revoke_of_run(self, run_id: int) -> None:
        """Revoke every key that was made for a run; without one that works nothing changes."""
        await self._store.write(lambda connection: _revoke_of_run(connection, run_id))

    async def last_use_of_run(self, run_id: int) -> datetime | None:
        """When a key of this run last called, to the ten seconds or so; None for never."""
        latest = select(func.max(keys.c.last_used_at)).where(keys.c.run_id == run_id)
        return maybe_time(await self._store.read(lambda connection: connection.scalar(latest)))

    async def by_prefix(self, prefix: str) -> KeyRecord | None:
        """The key of this prefix, working or not; the caller compares its digest."""
        return await self._store.read(lambda connection: _find(connection, prefix))

    async def touch(self, used: Iterable[tuple[int, datetime]]) -> None:
        """Note when keys were last used; a time before the noted one changes nothing."""
        rows = [{"key": key_id, "at": as_us(at)} for key_id, at in used]
        if rows:
            await self._store.write(lambda connection: _touch(connection, rows))

    async def changes_since(self, number: int) -> Prefixes:
        """The prefixes of the keys that were made, changed or revoked after write `number`."""
        changed = (
            select(keys.c.prefix)
            .where(keys.c.change_number > number)
            .order_by(keys.c.change_number)
        )
        return await self._store.read(lambda connection: [*connection.execute(changed).scalars()])


def _touch(connection: Connection, rows: list[dict[str, int]]) -> None:
    """Not a change that any cache would care for, so the change counter stays as it is."""
    connection.execute(_TOUCH, rows)


def _check_given(given: str) -> None:
    if len(given) < SHORTEST_GIVEN:
        raise Invalid(
            (Detail("QUINTAIN_ADMIN_KEY", f"must have {SHORTEST_GIVEN} characters or more"),)
        )
    if is_ours(given):
        sentence = "must be a random text of your own, not a key that quintain made"
        raise Invalid((Detail("QUINTAIN_ADMIN_KEY", sentence),))


def _ensure_any_admin(connection: Connection) -> str | None:
    number = next_number(connection)
    if _working_admins(connection):
        return None
    text = new_key()
    _insert(connection, number, text, NewKey("first admin", "admin"), _FIRST_START)
    return text


def _ensure_given_admin(connection: Connection, given: str) -> None:
    number, prefix = next_number(connection), prefix_of(given)
    _revoke_where(connection, number, keys.c.created_by == _ENVIRONMENT, keys.c.prefix != prefix)
    found = _find(connection, prefix)
    if found is None:
        _insert(connection, number, given, NewKey(_ENVIRONMENT, "admin"), _ENVIRONMENT)
    elif found.revoked_at is not None or not found.matches(given):
        # The operator's word: a key that was revoked earlier works again when it is given again.
        values = {"revoked_at": None, "digest": digest_of(given), "change_number": number}
        connection.execute(update(keys).where(keys.c.id == found.id).values(values))


def _insert(
    connection: Connection, number: int, text: str, new: NewKey, created_by: str
) -> KeyRecord:
    prefix = prefix_of(text)
    values = {
        "project_id": project_of(connection, new.project),
        "name": new.name,
        "role": new.role,
        "prefix": prefix,
        "digest": digest_of(text),
        "models": None if new.models is None else orjson.dumps(new.models).decode(),
        "created_by": created_by,
        "created_at": now_us(),
        "expires_at": None if new.expires_at is None else as_us(new.expires_at),
        "change_number": number,
        "run_id": new.run_id,
    }
    connection.execute(insert(keys), values)
    return _existing(connection, prefix)


def _revoke(connection: Connection, which: int | str) -> KeyRecord:
    number, found = next_number(connection), _existing(connection, which)
    if found.revoked_at is not None:
        return found
    admins = _working_admins(connection)
    if [admin.id for admin in admins] == [found.id]:
        raise Conflict(
            "This is the last admin key that works: make another one first, then revoke this one.",
            code="last_admin_key",
        )
    _revoke_where(connection, number, keys.c.id == found.id)
    return _existing(connection, found.prefix)


def _revoke_of_run(connection: Connection, run_id: int) -> None:
    _revoke_where(connection, next_number(connection), keys.c.run_id == run_id)


def _revoke_where(connection: Connection, number: int, *which: Any) -> None:
    values = {"revoked_at": now_us(), "change_number": number}
    connection.execute(update(keys).where(*which, keys.c.revoked_at.is_(None)).values(values))


def _working_admins(connection: Connection) -> list[KeyRecord]:
    now = datetime.now(UTC)
    rows = connection.execute(SELECT.where(keys.c.role == "admin", keys.c.revoked_at.is_(None)))
    return [admin for admin in map(record, rows) if admin.works(now)]


def _existing(connection: Connection, which: int | str) -> KeyRecord:
    found = _find(connection, which)
    if found is None:
        raise NotFound("There is no such key.", code="key_not_found")
    return found


def _find(connection: Connection, which: int | str) -> KeyRecord | None:
    if isinstance(which, str) and "\0" in which:
        return None  # PostgreSQL would refuse to look for it
    column = keys.c.id if isinstance(which, int) else keys.c.prefix
    row = connection.execute(SELECT.where(column == which)).one_or_none()
    return None if row is None else record(row)
