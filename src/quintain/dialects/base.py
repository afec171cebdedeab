"""What a dialect is: the one interface between a call in OpenAI's words and a target's own.

A new dialect is one module with a class that fulfils `Dialect`, and a line in `dialects/table.py`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import Raw
from multidict import CIMultiDict
from yarl import URL

from quintain.dialects.jq import Jq
from quintain.errors import BadRequest, Detail
from quintain.registry.schema import ModelConfig, Target

Json = Any
CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES = "chat", "completions", "embeddings", "responses"


@dataclass(slots=True)
class Ask:
    """One call in OpenAI's words.

    kind: the name of the path it goes to (`chat`, `completions`, `embeddings`, or a further one).
    fields: the request's top-level fields, each as the raw JSON that the caller sent.
    images: whether a message carries an image (which may go to a path of its own).
    session: the id of the conversation at the target: "" where it keeps none, None where the target
    has yet to give one. continued: the target knows what was said before these messages.
    """

    kind: str
    fields: dict[str, Raw]
    stream: bool = False
    images: bool = False
    session: str | None = ""
    continued: bool = False

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


_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Outgoing:
    """What goes to the target.

    dropped: request fields that it cannot carry. headers: those of this call alone; they win over
    the registration's own.
    """

    url: URL
    body: bytes
    dropped: tuple[str, ...] = ()
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=lambda: _NONE)


@dataclass(slots=True)
class Answer:
    """A target's whole answer in OpenAI's words.

    tool_calls: in OpenAI's form, their arguments as JSON text. finish_reason: `stop`, `length`,
    `tool_calls` or `content_filter`. usage: OpenAI's counts, empty where the target gives none.
    """

    text: str = ""
    tool_calls: list[Json] = field(default_factory=list)
    refusal: str = ""
    reasoning: str = ""
    finish_reason: str = "stop"
    usage: Json = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether it ended normally with nothing in it."""
        said = self.text or self.tool_calls or self.refusal
        return not said and self.finish_reason in {"stop", "tool_calls"}


@dataclass(slots=True)
class Piece:
    """What one part of a streamed answer adds.

    tool_calls: in the form of OpenAI's deltas, each with its `index`. finish_reason: on the last
    part. usage: wherever the target tells it; the latest stands.
    """

    text: str = ""
    tool_calls: list[Json] = field(default_factory=list)
    refusal: str = ""
    reasoning: str = ""
    finish_reason: str = ""
    usage: Json = field(default_factory=dict)


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

    def status(self, status: int, body: bytes) -> int:
        """What OpenAI's API would give for a refusal, where this target's status says it otherwise."""
        ...

    async def answer(self, body: bytes) -> Answer:
        """Translate a whole answer. Raises TargetError(stage="mapping" or "answer")."""
        ...

    def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        """Translate a streamed answer. Raises TargetError for what cannot be read, or failed."""
        ...


@runtime_checkable
class Mender(Protocol):
    """A speaker whose target speaks nearly OpenAI, so that an answer may need a small change."""

    def mended(self, body: bytes) -> bytes:
        """A whole answer, or one event's data, in OpenAI's shape: the same bytes if it is in it."""
        ...


@runtime_checkable
class Signer(Protocol):
    """A speaker whose requests carry a signature instead of a key."""

    def signed(
        self, outgoing: Outgoing, headers: CIMultiDict[str], apikey: str
    ) -> Mapping[str, str]:
        """All headers to send. headers: the registration's own, to be signed with the rest."""
        ...


@runtime_checkable
class Prepared(Protocol):
    """A dialect that needs something made ready before the first call, off the event loop."""

    async def prepare(self) -> None: ...


class Dialect(Protocol):
    @property
    def name(self) -> str: ...

    async def check(self, target: Target, jq: Jq) -> list[Detail]:
        """What this dialect requires of a registration; empty when it is right."""
        ...

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> Speaker:
        """config: with the provider's defaults filled in."""
        ...
