"""Envelope encryption: a data key per model seals its secrets, a master key seals the data key.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in front of each sealed text. Everything
is bound to its place by associated data: bytes copied to another row do not open there.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quintain.errors import QuintainError
from quintain.secret import Secret
from quintain.vault.keyring import KEY_BYTES, Keyring, MasterKey

NONCE_BYTES = 12


class Unreadable(QuintainError):
    """What was sealed does not open: its master key is missing, or its bytes were changed."""

    code = "unreadable_secret"


def associated(*parts: str | int) -> bytes:
    """Associated data of several parts, each with its length in front: no two lists give the same."""
    texts = [str(part).encode() for part in parts]
    return b"".join(len(text).to_bytes(4, "big") + text for text in texts)


class DataKey:
    """The key that seals one model's secrets.

    key_id: the master key that wraps it. wrapped: its stored form.
    """

    __slots__ = ("_aead", "key_id", "wrapped")

    def __init__(self, key: bytes, key_id: str, wrapped: bytes) -> None:
        self._aead = AESGCM(key)
        self.key_id = key_id
        self.wrapped = wrapped

    def seal(self, text: str, aad: bytes) -> bytes:
        return _seal(self._aead, text.encode(), aad)

    def open(self, blob: bytes, aad: bytes) -> Secret:
        """The text sealed with the same `aad`. Raises Unreadable."""
        return Secret(_open(self._aead, blob, aad).decode())


class Vault:
    """Makes and opens data keys with the master keys of a keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self.adopt(keyring)

    @property
    def keyring(self) -> Keyring:
        return self._active[0]

    def adopt(self, keyring: Keyring) -> None:
        """Go by another keyring from now on."""
        # One assignment, since the store's threads use the vault meanwhile.
        self._active = keyring, {key.id: AESGCM(key.key) for key in keyring.keys}

    def new_data_key(self, aad: bytes) -> DataKey:
        return self._wrap(os.urandom(KEY_BYTES), aad)

    def open_data_key(self, key_id: str, wrapped: bytes, aad: bytes) -> DataKey:
        """Raises Unreadable if the master key is not in the keyring or does not fit."""
        return DataKey(self._unwrap(key_id, wrapped, aad), key_id, wrapped)

    def rewrap(self, key_id: str, wrapped: bytes, aad: bytes) -> DataKey:
        """The same data key under the first master key. Raises Unreadable."""
        return self._wrap(self._unwrap(key_id, wrapped, aad), aad)

    def _wrap(self, key: bytes, aad: bytes) -> DataKey:
        keyring, masters = self._active
        primary = keyring.primary.id
        return DataKey(key, primary, _seal(masters[primary], key, aad))

    def _unwrap(self, key_id: str, wrapped: bytes, aad: bytes) -> bytes:
        master = self._active[1].get(key_id)
        if master is None:
            raise Unreadable(f"The master key {key_id} is not in the keyring.")
        return _open(master, wrapped, aad)


def seal_with(master: MasterKey, data: bytes, aad: bytes) -> bytes:
    return _seal(AESGCM(master.key), data, aad)


def open_with(master: MasterKey, blob: bytes, aad: bytes) -> bytes:
    """Raises Unreadable."""
    return _open(AESGCM(master.key), blob, aad)


def _seal(aead: AESGCM, data: bytes, aad: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + aead.encrypt(nonce, data, aad)


def _open(aead: AESGCM, blob: bytes, aad: bytes) -> bytes:
    try:
        return aead.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):
        raise Unreadable("The sealed bytes do not open with this key in this place.") from None
