"""What a dialect is: the one interface between a call in OpenAI's words and a target's own.

A new dialect is one module with a class that fulfils `Dialect`, and a line in `dialects/table.py`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import Raw
from yarl import URL

from quintain.dialects.jq import Jq
from quintain.errors import BadRequest, Detail
from quintain.registry.schema import ModelConfig, Target

CHAT, COMPLETIONS, EMBEDDINGS = "chat", "completions", "embeddings"


@dataclass(slots=True)
class Ask:
    """One call in OpenAI's words.

    kind: the name of the path it goes to (`chat`, `completions`, `embeddings`, or a further one).
    fields: the request's top-level fields, each as the raw JSON that the caller sent.
    images: whether a message carries an image (which may go to a path of its own).
    """

    kind: str
    fields: dict[str, Raw]
    stream: bool = False
    images: bool = False

    def value(self, name: str) -> Any:
        """A field decoded, None where it is absent. Raises BadRequest where it cannot be."""
        raw = self.fields.get(name)
        if raw is None:
            return None
        try:
            return msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadRequest(
                f"{name} cannot be read: {error}.", code="invalid_json", param=name
            ) from None


@dataclass(slots=True)
class Outgoing:
    """What goes to the target. dropped: request fields that it cannot carry."""

    url: URL
    body: bytes
    dropped: tuple[str, ...] = ()


@dataclass(slots=True)
class Answer:
    """A target's answer in OpenAI's words: the assistant's message and why it ended."""

    text: str
    finish_reason: str = "stop"
    usage: dict[str, Any] = field(default_factory=dict)


class Speaker(Protocol):
    """One model's compiled form: everything that does not change from call to call.

    A speaker that is no `Translator` has a target that speaks OpenAI: its bodies pass as they are.
    """

    def outgoing(self, ask: Ask) -> Outgoing:
        """Translate a call. Raises BadRequest for what the target cannot take."""
        ...


@runtime_checkable
class Translator(Speaker, Protocol):
    """streams: the target answers in pieces."""

    @property
    def streams(self) -> bool: ...

    async def answer(self, body: bytes) -> Answer:
        """Translate a whole answer. Raises TargetError(stage="mapping" or "answer")."""
        ...

    def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[str, None]:
        """Translate a streamed answer into pieces of text. Raises TargetError(stage="mapping")."""
        ...


class Dialect(Protocol):
    @property
    def name(self) -> str: ...

    async def check(self, target: Target, jq: Jq) -> list[Detail]:
        """What this dialect requires of a registration; empty when it is right."""
        ...

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> Speaker:
        """config: with the provider's defaults filled in."""
        ...
