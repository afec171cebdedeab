"""Check values: a constant sealed with each master key, stored beside what the key protects.

They tell a wrong keyring at start, before a single secret is read or written with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quintain.errors import QuintainError
from quintain.vault.envelope import Unreadable, associated, open_with, seal_with

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quintain.vault.keyring import Keyring, MasterKey

_CONSTANT = b"quintain check value"


class WrongKeyring(QuintainError):
    """The keyring is not the one that this store was written with."""

    code = "wrong_keyring"


def check_value(key: MasterKey) -> bytes:
    return seal_with(key, _CONSTANT, _place(key))


def missing_keys(keyring: Keyring, stored: Mapping[str, bytes]) -> frozenset[str]:
    """The ids of master keys that the store knows and the keyring lacks.

    stored: the check values by key id. Raises WrongKeyring if none of the store's keys is in the
    keyring, or a check value does not open with the key of its id.
    """
    missing = frozenset(stored) - set(keyring.ids)
    if stored and missing == frozenset(stored):
        raise WrongKeyring(
            "The keyring holds none of the master keys that this store was written with "
            f"({', '.join(sorted(stored))}). Put the earlier keyring back, or add its keys below "
            "the first line of the present one, and start again. Nothing was changed."
        )
    for key in keyring.keys:
        if key.id in stored and not _opens(key, stored[key.id]):
            raise WrongKeyring(
                f"The check value of master key {key.id} does not open: the store's row of it was "
                "changed. Restore the store from a backup, or delete that row of `master_keys` if "
                "you know why. Nothing was changed."
            )
    return missing


def _opens(key: MasterKey, sealed: bytes) -> bool:
    try:
        return open_with(key, sealed, _place(key)) == _CONSTANT
    except Unreadable:
        return False


def _place(key: MasterKey) -> bytes:
    return associated("check value", key.id)
