"""The secrets of one model as they lie in the store: a wrapped data key and a sealed text a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quintain.errors import Detail, Invalid
from quintain.registry.binding import Bindings
from quintain.registry.secrets import CURL
from quintain.secret import Secret
from quintain.vault.envelope import DataKey, Unreadable, Vault, associated

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOST = "could not be opened (its master key or its row is lost): give it again"


@dataclass(frozen=True, slots=True)
class SealedModel:
    """master_key, wrapped: the data key, None where the model has no secret."""

    model_id: int
    master_key: str | None
    wrapped: bytes | None
    by_path: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Reseal:
    """What to write so that the stored secrets become the new ones.

    data_key: the one to store, None if the stored one stays. gone: places without a secret now.
    """

    data_key: DataKey | None
    sealed: Mapping[str, bytes]
    gone: frozenset[str]


def key_place(model_id: int) -> bytes:
    """The associated data of a model's data key."""
    return associated("data key", model_id)


def open_secrets(vault: Vault, stored: SealedModel, public: dict[str, Any]) -> dict[str, Secret]:
    """Every secret that opens, and `Secret.unreadable()` for every other.

    public: the model's config document without secrets; it says what the secrets are bound to.
    """
    if not stored.by_path:
        return {}
    data_key = _data_key(vault, stored)
    if data_key is None:
        return dict.fromkeys(stored.by_path, Secret.unreadable())
    bindings = Bindings.of(public)
    if CURL in stored.by_path:  # may say where the others belong, so it is opened first
        curl = _open(data_key, stored.by_path[CURL], _place(stored.model_id, CURL, bindings))
        bindings = Bindings.of({**public, "custom_curl_command": curl})
    return _open_all(data_key, stored.model_id, stored.by_path, bindings)


def seal_new(
    vault: Vault, model_id: int, secrets: Mapping[str, Secret], bindings: Bindings
) -> Reseal:
    """Seal all secrets with a new data key. Raises Invalid naming those that are unreadable."""
    _need_readable(secrets)
    if not secrets:
        return Reseal(None, {}, frozenset())
    data_key = vault.new_data_key(key_place(model_id))
    return Reseal(data_key, _seal_all(data_key, model_id, secrets, bindings), frozenset())


def reseal(
    vault: Vault,
    stored: SealedModel,
    before: tuple[Mapping[str, Secret], Bindings],
    after: tuple[Mapping[str, Secret], Bindings],
) -> Reseal:
    """What changes; a secret that stays in its place is left as it lies, readable or not.

    Raises Invalid naming the unreadable secrets that would have to be sealed anew.
    """
    secrets, bindings = after
    gone = frozenset(stored.by_path) - secrets.keys()
    anew = {path: one for path, one in secrets.items() if not _stays(path, before, after)}
    if not anew:
        return Reseal(None, {}, gone)
    data_key = _data_key(vault, stored)
    if data_key is None:  # lost, or never needed until now: everything is sealed with a new one
        fresh = seal_new(vault, stored.model_id, secrets, bindings)
        return Reseal(fresh.data_key, fresh.sealed, gone)
    _need_readable(anew)
    return Reseal(None, _seal_all(data_key, stored.model_id, anew, bindings), gone)


def _stays(
    path: str,
    before: tuple[Mapping[str, Secret], Bindings],
    after: tuple[Mapping[str, Secret], Bindings],
) -> bool:
    """Whether the row may lie as it is, be it even lost: nothing about the secret has changed."""
    same_text = before[0].get(path) == after[0][path]
    return same_text and before[1].of_secret(path) == after[1].of_secret(path)


def _data_key(vault: Vault, stored: SealedModel) -> DataKey | None:
    if stored.master_key is None or stored.wrapped is None:
        return None
    try:
        return vault.open_data_key(stored.master_key, stored.wrapped, key_place(stored.model_id))
    except Unreadable:
        return None


def _seal_all(
    data_key: DataKey, model_id: int, secrets: Mapping[str, Secret], bindings: Bindings
) -> dict[str, bytes]:
    return {
        path: data_key.seal(secret.reveal(), _place(model_id, path, bindings))
        for path, secret in secrets.items()
    }


def _open_all(
    data_key: DataKey, model_id: int, sealed: Mapping[str, bytes], bindings: Bindings
) -> dict[str, Secret]:
    return {
        path: _open(data_key, blob, _place(model_id, path, bindings))
        for path, blob in sealed.items()
    }


def _open(data_key: DataKey, blob: bytes, place: bytes) -> Secret:
    try:
        return data_key.open(blob, place)
    except Unreadable:
        return Secret.unreadable()


def _place(model_id: int, path: str, bindings: Bindings) -> bytes:
    return associated("secret", model_id, path, bindings.of_secret(path))


def _need_readable(secrets: Mapping[str, Secret]) -> None:
    lost = tuple(Detail(path, _LOST) for path, secret in secrets.items() if not secret.readable)
    if lost:
        raise Invalid(lost)
