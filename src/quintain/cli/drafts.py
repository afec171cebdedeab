"""From flags and documents to the body of a registration or a change."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quintain.cli.addresses import PAGE, where_of
from quintain.cli.exits import Code, Failure
from quintain.errors import Detail

# What an answer adds to what was given: never sent back.
_ANSWERS_OWN = frozenset(
    {"model_id", "created_at", "updated_at", "project_name", "model_provider", "hosting_type"}
)
_WHOLE = frozenset({"custom_payload"})
_SECRET_PLACES = (
    "apikeys",
    "auth_data",
    "custom_curl_command",
    "custom_headers",
    "model_jwt_config",
)
# As quintain.secret.mask writes a long secret. Its `xxxxx` for a short one is let through: the
# API's own examples hold it.
_MASK = re.compile(r".{3}\.\.\..{4}")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Flags:
    """What was typed; None is what was not."""

    name: str | None = None
    version: str | None = None
    provider: str | None = None
    model: str | None = None
    url: str | None = None
    rate: int | None = None
    system_prompt: str | None = None
    testing_for: str | None = None
    internal: bool | None = None
    keys: list[str] | None = None

    def body(self, stored: str | None = None) -> Document:
        """The same in the words of the API, without what was not typed.

        stored: the provider of the model that is changed.
        """
        hosting = {True: "Internal", False: "External", None: None}[self.internal]
        config = {
            "model_provider": self.provider,
            "hosting_type": hosting,
            "rate_per_min": self.rate,
            "system_prompt": self.system_prompt,
            "apikeys": self.keys,
        }
        if self.url:
            config |= where_of(self.url, self.provider or stored or "")
        top = {
            "model_saved_name": self.name,
            "model_version": self.version,
            "testing_for": self.testing_for or ("URL" if self.provider == PAGE else None),
            "model_name": self.model,
            "model_config": _given(config) or None,
        }
        return _given(top)


def _given(fields: Mapping[str, Any]) -> Document:
    return {name: value for name, value in fields.items() if value is not None}


def overlay(under: Mapping[str, Any], over: Mapping[str, Any]) -> Document:
    """`over` wins; objects are joined, lists are replaced."""
    joined = dict(under)
    for name, value in over.items():
        below = joined.get(name)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        joined[name] = overlay(below, value) if both else value  # type: ignore[arg-type]
    return joined


def editable(model: Mapping[str, Any]) -> Document:
    """A model of an answer as it could be given: secrets stand as their masks."""
    return {name: value for name, value in model.items() if name not in _ANSWERS_OWN}


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Document:
    """What `new` says otherwise than `old`; what it leaves out stays, as in the API."""
    changed: Document = {}
    for name, value in new.items():
        before = old.get(name)
        if value == before and name in old:
            continue
        both = isinstance(before, Mapping) and isinstance(value, Mapping) and name not in _WHOLE
        changed[name] = difference(before, value) if both else value  # type: ignore[arg-type]
    return changed


def refuse_masks(body: Mapping[str, Any]) -> None:
    """Refuse what `models show` printed in place of a secret: a new model would keep it as one.

    Raises Failure that names every such place.
    """
    config = body.get("model_config")
    places = config if isinstance(config, Mapping) else {}
    found = [
        Detail(path, "is a mask, not the secret itself")
        for place in _SECRET_PLACES
        for path in _masks(places.get(place), f"model_config.{place}")
    ]
    if found:
        raise Failure(
            "Masks stand where secrets belong.",
            Code.REFUSED,
            details=tuple(found),
            hint="Give keys by --key-stdin or --key-file, and other secrets in the file.",
        )


def _masks(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and _MASK.fullmatch(value):
        yield path
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _masks(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _masks(inner, f"{path}[{at}]")
