"""What an answer in OpenAI's words says, whole or in a stream."""

from __future__ import annotations

from typing import Any

import orjson

from quintain.dialects.parts import plain_text
from quintain.dialects.sse import Events, data_of

LONGEST = 1 << 20  # characters kept of one answer


class Heard:
    """text and calls: what was said so far; nothing past 1 MiB of text."""

    def __init__(self) -> None:
        self._events = Events()
        self._said: list[str] = []
        self._size = 0
        self.calls: list[Any] = []

    @classmethod
    def whole(cls, body: bytes) -> Heard:
        heard = cls()
        heard._hear(body)
        return heard

    @property
    def text(self) -> str:
        return "".join(self._said)

    def feed(self, chunk: bytes) -> None:
        for event in self._events.feed(chunk):
            self._hear(data_of(event))

    def _hear(self, data: bytes) -> None:
        try:
            choices = orjson.loads(data).get("choices") or []
            self._add(choices[0])
        except (ValueError, AttributeError, LookupError, TypeError):
            return  # no words: the end's mark, a count, an event of another kind

    def _add(self, choice: dict[str, Any]) -> None:
        said = choice.get("message") or choice.get("delta") or {}
        text = plain_text(said.get("content") or choice.get("text") or said.get("refusal"))
        if self._size < LONGEST:
            self._said.append(text)
            self._size += len(text)
        named = (
            call for call in said.get("tool_calls") or [] if call.get("function", {}).get("name")
        )
        self.calls += named
