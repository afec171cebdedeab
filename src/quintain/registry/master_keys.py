"""The store's side of the keyring: is it the right one, and moving to a new first key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update

from quintain.registry.changes import next_number
from quintain.registry.sealing import key_place
from quintain.storage.tables import data_keys, master_keys
from quintain.vault.checks import check_value, missing_keys
from quintain.vault.envelope import Unreadable, Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from quintain.storage.engine import Store

_D = data_keys.c
_BATCH = 200
Wrapped = tuple[int, str, bytes]


async def check_keyring(store: Store, vault: Vault) -> int:
    """Compare the keyring with the store, and note its new keys there. To be called at each start.

    Returns how many models need re-entry of their secrets, since their master key is missing.
    Raises WrongKeyring, with nothing changed, if the store was written with other keys.
    """
    return await store.write(lambda connection: _check(connection, vault))


async def needs_reentry(store: Store, vault: Vault) -> list[int]:
    """The ids of the models whose secrets cannot be opened for want of their master key."""
    lost = select(_D.model_id).where(_D.master_key.not_in(vault.keyring.ids)).order_by(_D.model_id)
    return await store.read(lambda connection: [*connection.execute(lost).scalars()])


async def models_by_key(store: Store) -> dict[str, int]:
    """How many models' data keys each master key wraps, by key id."""
    counted = select(_D.master_key, func.count()).group_by(_D.master_key)
    return await store.read(
        lambda connection: {row[0]: row[1] for row in connection.execute(counted)}
    )


async def rotate(store: Store, vault: Vault) -> AsyncIterator[tuple[int, int]]:
    """Wrap every data key with the first master key, a batch at a time, while the store serves.

    Yields (done, total) after each batch. At the end, keys that nothing uses any more are
    forgotten by the store: they can leave the keyring. Data keys that do not open are left alone.
    """
    total = await store.read(lambda connection: _count_old(connection, vault))
    done = after = 0
    while batch := await store.read(partial(_old, vault=vault, after=after)):
        fresh = [(one, _rewrapped(vault, one)) for one in batch]
        done += await store.write(partial(_swap, fresh=fresh))
        after = batch[-1][0]
        yield done, max(total, done)
    await store.write(lambda connection: _forget_unused(connection, vault))


def _check(connection: Connection, vault: Vault) -> int:
    next_number(connection)
    stored = {row.key_id: row.check_value for row in connection.execute(select(master_keys))}
    missing_keys(vault.keyring, stored)
    for key in vault.keyring.keys:
        if key.id not in stored:
            connection.execute(
                insert(master_keys), {"key_id": key.id, "check_value": check_value(key)}
            )
    return _count(connection, _D.master_key.not_in(vault.keyring.ids))


def _count(connection: Connection, where: Any) -> int:
    return int(
        connection.execute(select(func.count()).select_from(data_keys).where(where)).scalar_one()
    )


def _is_old(vault: Vault) -> Any:
    """Wrapped by a key that we have, other than the first."""
    return _D.master_key.in_(vault.keyring.ids[1:])


def _count_old(connection: Connection, vault: Vault) -> int:
    return _count(connection, _is_old(vault))


def _old(connection: Connection, vault: Vault, after: int) -> list[Wrapped]:
    columns = select(_D.model_id, _D.master_key, _D.wrapped)
    old = (
        columns.where(and_(_is_old(vault), _D.model_id > after)).order_by(_D.model_id).limit(_BATCH)
    )
    return [(row.model_id, row.master_key, row.wrapped) for row in connection.execute(old)]


def _rewrapped(vault: Vault, one: Wrapped) -> dict[str, Any] | None:
    model_id, master_key, wrapped = one
    try:
        fresh = vault.rewrap(master_key, wrapped, key_place(model_id))
    except Unreadable:
        return None
    return {"master_key": fresh.key_id, "wrapped": fresh.wrapped}


def _swap(connection: Connection, fresh: list[tuple[Wrapped, dict[str, Any] | None]]) -> int:
    """Only where the row is still the one that was read: a model may have changed meanwhile."""
    swapped = 0
    for (model_id, _, wrapped), values in fresh:
        if values is not None:
            unchanged = and_(_D.model_id == model_id, _D.wrapped == wrapped)
            swapped += connection.execute(
                update(data_keys).where(unchanged).values(values)
            ).rowcount
    return swapped


def _forget_unused(connection: Connection, vault: Vault) -> None:
    next_number(connection)
    used = select(_D.master_key)
    primary = vault.keyring.primary.id
    unused = and_(master_keys.c.key_id != primary, master_keys.c.key_id.not_in(used))
    connection.execute(delete(master_keys).where(unused))
