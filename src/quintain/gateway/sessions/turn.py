"""One turn of a conversation: begun with its id, and noted once it came to its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from quintain.dialects.base import Outgoing
from quintain.dialects.jq import Jq
from quintain.dialects.records import Records
from quintain.errors import TargetError
from quintain.gateway.sessions import history
from quintain.gateway.sessions.conversations import Conversation, Conversations
from quintain.gateway.sessions.heard import Heard
from quintain.gateway.sessions.plan import Plan
from quintain.registry.fields import header_value

_GONE = frozenset({404, 410})
_MOST_EVENTS = 200  # of a stream that are looked into for the id


@dataclass(slots=True)
class Turn:
    """state: `new`, `held`, or `without-history` where the caller went on with what is not kept here.

    messages: the caller's, whole.
    """

    plan: Plan
    conversation: Conversation
    conversations: Conversations
    messages: list[dict[str, Any]]
    state: str
    jq: Jq
    _records: Records = field(default_factory=Records)
    _looked: int = 0
    _released: bool = False

    def addressed(self, outgoing: Outgoing) -> Outgoing:
        """The request with the conversation's id in its headers.

        Raises TargetError where the id cannot stand in one.
        """
        headers = self.plan.headers_with(self.conversation.target_id, outgoing.headers)
        try:
            for value in headers.values():
                header_value(value)
        except ValueError as error:
            raise TargetError("mapping", f"The target's session id {error}.") from None
        outgoing.headers = headers
        return outgoing

    def hear_head(self, headers: Mapping[str, str]) -> None:
        if self.plan.reader is not None:
            self._learn(self.plan.reader.in_head(headers))

    async def hear_body(self, body: bytes) -> None:
        """Look for the target's id in a whole answer."""
        if self.plan.reader is not None:
            self._learn(await self.plan.reader.in_body(body, self.jq))

    async def hear_chunk(self, chunk: bytes) -> None:
        """Look for the target's id in what arrives of a stream."""
        reader = self.plan.reader
        if reader is None or reader.where != "body" or self._looked >= _MOST_EVENTS:
            return
        for data in self._records.feed(chunk)[: _MOST_EVENTS - self._looked]:
            self._looked += 1
            if data != b"[DONE]":
                self._learn(await reader.in_body(data, self.jq))

    def end(self, text: str, calls: list[Any]) -> None:
        """The target has answered: the next turn is known by what was said."""
        said = history.answered(self.messages, text, calls)
        self.conversations.continued(self.conversation, said)

    async def followed(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """The caller's stream, passed on; its end is the turn's."""
        heard = Heard()
        async with aclosing(stream):
            async for chunk in stream:
                heard.feed(chunk)
                yield chunk
        self.end(heard.text, heard.calls)

    def meaning(self, error: TargetError) -> TargetError:
        """What a failure says of the conversation: one that the target forgot is forgotten here too."""
        if self.conversation.fresh or error.http_status not in _GONE:
            return error
        self.conversations.forget(self.conversation)
        return TargetError(
            error.stage,
            f"The target no longer knows the conversation {self.conversation.name}: it answered"
            f" {error.http_status}. The next call begins another one, without what was said.",
            code=error.code,
            http_status=error.http_status,
        )

    def release(self) -> None:
        """Let the next turn begin. A conversation that never came to a first answer is forgotten."""
        if self._released:
            return
        self._released = True
        self.conversation.turn.release()
        if self.conversation.fresh:
            self.conversations.forget(self.conversation)

    def _learn(self, ident: str | None) -> None:
        if ident is not None:
            self.conversation.target_id = ident
