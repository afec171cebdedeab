"""Providers that speak nearly OpenAI: a request changes only where they would refuse or misread it.

What a provider does not know is left out and named, what it calls otherwise is renamed. Fields
that are not OpenAI's are the provider's own and pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Raw

from quintain.dialects.base import CHAT, Ask, Outgoing, Speaker
from quintain.dialects.jq import Jq
from quintain.dialects.nearly.messages import Messages
from quintain.dialects.openai.defaults import CHAT_FIELDS
from quintain.dialects.openai.dialect import OpenAI, OpenAISpeaker
from quintain.dialects.options import is_lost
from quintain.registry.schema import ModelConfig

Json = Any
Mend = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Fields:
    """lost: what the provider does not know. renamed: OpenAI's name, then the provider's.

    values: by OpenAI's name, how a value is written where the provider has another form for it.
    """

    lost: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Callable[[Json], Json]] = field(default_factory=dict)


def chat_fields(
    knows: str,
    renamed: Mapping[str, str] | None = None,
    values: Mapping[str, Callable[[Json], Json]] | None = None,
) -> Fields:
    """knows: the names of OpenAI's chat fields that the provider takes as they are."""
    names = renamed or {}
    lost = CHAT_FIELDS - set(knows.split()) - set(names) - set(names.values())
    return Fields(lost, names, values or {})


@dataclass(frozen=True, slots=True)
class Deviations:
    """fields: by the kind of call. mend: an answer, or one event's data, in OpenAI's shape."""

    fields: Mapping[str, Fields]
    messages: Messages
    mend: Mend | None = None


class Nearly(OpenAI):
    def __init__(self, name: str, deviations: Deviations) -> None:
        self.name = name
        self._deviations = deviations

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> Speaker:  # noqa: ARG002
        kind = NearlySpeaker if self._deviations.mend is None else MendingSpeaker
        return kind(model_name, config, self._deviations)


class NearlySpeaker(OpenAISpeaker):
    def __init__(self, model_name: str, config: ModelConfig, deviations: Deviations) -> None:
        super().__init__(model_name, config)
        self._deviations = deviations

    def outgoing(self, ask: Ask) -> Outgoing:
        url, fields = self.url(ask), self.fields(ask)
        dropped = _fitted(self._deviations.fields.get(ask.kind, Fields()), ask, fields)
        if ask.kind == CHAT and "messages" in fields:
            dropped |= self._deviations.messages.fit(ask.kind, fields)
        return Outgoing(url, msgspec.json.encode(fields), tuple(sorted(dropped)))


class MendingSpeaker(NearlySpeaker):
    """Whose answers, too, are not always in OpenAI's shape."""

    def mended(self, body: bytes) -> bytes:
        mend = self._deviations.mend
        return mend(body) if mend else body


def _fitted(deviates: Fields, ask: Ask, fields: dict[str, Raw]) -> set[str]:
    """Bring the fields into the provider's form. Gives the names of those that were lost."""
    read = Ask(ask.kind, fields)
    found = [name for name in fields if name in deviates.lost]
    dropped = {name for name in found if is_lost(name, read.value(name))}
    for name in found:
        del fields[name]
    for name, write in deviates.values.items():
        if name in fields:
            _write(fields, name, read.value(name), write)
    return dropped | _renamed(deviates.renamed, ask, fields)


def _write(fields: dict[str, Raw], name: str, value: Json, write: Callable[[Json], Json]) -> None:
    """Change a field, where there is something to change: its bytes stay otherwise."""
    written = write(value)
    if written != value:
        fields[name] = Raw(msgspec.json.encode(written))


def _renamed(names: Mapping[str, str], ask: Ask, fields: dict[str, Raw]) -> set[str]:
    """Where the caller gave both names, the provider's own stands."""
    dropped = set()
    for ours, theirs in names.items():
        raw = fields.pop(ours, None)
        if raw is None or bytes(raw) == b"null":
            continue
        if theirs not in ask.fields:
            fields[theirs] = raw
        elif ours in ask.fields:
            dropped.add(ours)
    return dropped
