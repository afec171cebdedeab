"""What a modification makes of a stored registration.

What the body leaves out, or gives as null, stays. Objects are merged, lists and `custom_payload`
are replaced whole. A secret that comes back as its own mask is the stored one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from quintain.errors import Detail, Invalid
from quintain.registry.binding import Bindings
from quintain.registry.parse import parse_add
from quintain.registry.schema import AddModel
from quintain.registry.secrets import ROOT, TOKEN, document, places
from quintain.secret import SHORT_MASK, UNREADABLE_MASK, Secret

Json = dict[str, Any]
# Free-form objects, where a null takes the key away (RFC 7396), since no schema names their keys.
_FREE = frozenset({"metadata", "default_request_options"})
_HEADERS = frozenset({f"{ROOT}.custom_headers", f"{TOKEN}.jwt_headers"})
_WHOLE = frozenset({"custom_payload"})
_LOOKS_MASKED = re.compile(r".{3}\.\.\..{4}", re.DOTALL)
_IS_MASK = (
    "is a mask, not a secret: give the secret itself, or leave the field out to keep the stored one"
)
_MOVED = "was given for another origin (scheme, host, port): give it again for the new one"


def added(body: Mapping[str, Any]) -> AddModel:
    """A new registration. Raises Invalid with every wrong field.

    A mask among them was copied from an answer; the short one, `xxxxx`, stands on pages as a
    placeholder, and is taken for what it says.
    """
    masks = (p for p, holder, key in places(body.get(ROOT)) if _is_long_mask(holder[key]))
    return _parse(dict(body), tuple(Detail(path, _IS_MASK) for path in masks))


def merge(stored: Mapping[str, Any], change: Mapping[str, Any]) -> Json:
    """The merged document, not validated; stored secrets that stay are the same objects in it.

    stored: the add-model body as a document, with `Secret` objects. change: a caller's JSON.
    Raises Invalid naming every value that is a mask of no stored secret.
    """
    merged, masks = _merge(stored, change)
    if masks:
        raise Invalid(masks)
    return merged


def modified(stored: Mapping[str, Any], change: Mapping[str, Any]) -> AddModel:
    """The merged registration: valid, and with no stored secret moved to another origin.

    Raises Invalid with every wrong field, or else with every secret that is to be given again.
    """
    merged, masks = _merge(stored, change)
    kept = [
        path for path, holder, key in places(merged.get(ROOT)) if isinstance(holder[key], Secret)
    ]
    parsed = _parse(merged, masks)
    before, after = Bindings.of(stored[ROOT]), Bindings.of(document(parsed.config))
    moved = [path for path in kept if before.of_secret(path) != after.of_secret(path)]
    if moved:
        raise Invalid(tuple(Detail(path, _MOVED) for path in moved))
    return parsed


def _merge(stored: Mapping[str, Any], change: Mapping[str, Any]) -> tuple[Json, tuple[Detail, ...]]:
    merged = _laid_over(stored, change)
    config = merged.get(ROOT)
    if isinstance(config, dict) and config.get("apikeys") == []:
        config["apikeys"] = stored[ROOT].get("apikeys", [])
    _keep_masked(stored[ROOT], config)
    masks = (path for path, holder, key in places(config) if _is_mask(holder[key]))
    return merged, tuple(Detail(path, _IS_MASK) for path in masks)


def _parse(merged: Json, masks: tuple[Detail, ...]) -> AddModel:
    try:
        parsed = parse_add(merged)
    except Invalid as error:
        raise Invalid((*masks, *error.details)) from None
    if masks:
        raise Invalid(masks)
    return parsed


def _laid_over(stored: Mapping[str, Any], change: Mapping[str, Any], *, free: bool = False) -> Json:
    merged = dict(stored)
    for key, value in change.items():
        if value is None:
            if free:
                merged.pop(key, None)
        elif isinstance(value, Mapping) and (free or key not in _WHOLE):
            inside = stored.get(key)
            below = inside if isinstance(inside, Mapping) else {}
            merged[key] = _laid_over(below, value, free=free or key in _FREE)
        else:
            # A copy: secrets are put into it, and the caller's body is not ours to change.
            merged[key] = copy.deepcopy(value)
    return merged


def _keep_masked(stored: Json, merged: Any) -> None:
    """Put the stored secret in the place of its mask: at the same place first, else the first free."""
    free = {path: (_kind(path, holder), holder[key]) for path, holder, key in places(stored)}
    given = [place for place in places(merged) if isinstance(place[1][place[2]], str)]
    for path, holder, key in given:
        if path in free and _fits(free[path], path, holder, key):
            holder[key] = free.pop(path)[1]
    for path, holder, key in given:
        if isinstance(holder[key], str):
            match = next((at for at, one in free.items() if _fits(one, path, holder, key)), None)
            if match is not None:
                holder[key] = free.pop(match)[1]


def _fits(stored: tuple[str, Secret], path: str, holder: Any, key: Any) -> bool:
    kind, secret = stored
    return kind == _kind(path, holder) and holder[key] == secret.mask()


def _kind(path: str, holder: Any) -> str:
    """Places of one kind may exchange their secrets: keys among keys, headers of one name."""
    if isinstance(holder, list):
        return path.rpartition(".")[0]
    listed = path.rsplit(".", 2)[0]
    return f"{listed} {str(holder.get('key')).lower()}" if listed in _HEADERS else path


def _is_mask(value: Any) -> bool:
    return value == SHORT_MASK or _is_long_mask(value)


def _is_long_mask(value: Any) -> bool:
    return isinstance(value, str) and (
        value == UNREADABLE_MASK or _LOOKS_MASKED.fullmatch(value) is not None
    )
