"""What a modification changed, field by field, with no secret in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quintain.registry.secrets import ROOT, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quintain.registry.schema import AddModel

Change = dict[str, Any]


def differences(old: AddModel, new: AddModel) -> list[Change]:
    """`{"field", "from", "to"}` for each changed field; for a secret `{"field", "change": "changed"}`."""
    old_public, old_secrets = split(old.config)
    new_public, new_secrets = split(new.config)
    for public in (old_public, new_public):
        public.pop("apikeys", None)  # nothing but places of secrets
    open_fields = _between("", {**_top(old), ROOT: old_public}, {**_top(new), ROOT: new_public})
    return [*open_fields, *_of_secrets(old_secrets, new_secrets)]


def _top(body: AddModel) -> dict[str, Any]:
    return body.model_dump(exclude={"config"})


def _between(path: str, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _between(f"{path}.{key}" if path else key, old.get(key), new.get(key))
    elif old != new or type(old) is not type(new):
        yield {"field": path, "from": old, "to": new}


def _of_secrets(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for path in {**old, **new}:
        if old.get(path) != new.get(path):
            yield {"field": path, "change": "changed"}
