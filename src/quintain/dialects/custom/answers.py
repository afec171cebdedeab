"""How a custom target's answer is read: JSON, text or events, and jq over what comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import orjson

from quintain.dialects.base import Answer, Piece
from quintain.dialects.jq import Jq
from quintain.dialects.sse import Events, data_of
from quintain.errors import TargetError
from quintain.registry.schema import ModelConfig

_DONE = b"[DONE]"


class Reader:
    def __init__(self, config: ModelConfig, jq: Jq) -> None:
        self._reads = config.custom_response_content_type or "json"
        self._format = config.custom_response_format or ""
        self._jq = jq

    @property
    def streams(self) -> bool:
        return self._reads == "sse"

    async def answer(self, body: bytes) -> Answer:
        """Raises TargetError(stage="mapping") for another shape."""
        if not self.streams:
            return Answer(await self._text(body))
        events = _cutter(body)
        found = [*events.feed(body), events.rest()]
        return Answer("".join([await self._event_text(event) for event in found]))

    async def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        events: Events | Lines | None = None
        async for chunk in chunks:
            events = events or (_cutter(chunk) if chunk.strip() else None)
            for event in events.feed(chunk) if events else ():
                if text := await self._event_text(event):
                    yield Piece(text)
        if text := await self._event_text(events.rest() if events else b""):
            yield Piece(text)

    async def _event_text(self, event: bytes) -> str:
        data = event.strip() if event.startswith(_JSON) else data_of(event)
        return await self._text(data) if data and data != _DONE else ""

    async def _text(self, body: bytes) -> str:
        if self._reads == "text" and not self._format:
            return body.decode("utf-8", "replace")
        value = body.decode("utf-8", "replace") if self._reads == "text" else self._parsed(body)
        if not self._format:
            return _as_text(value)
        outputs = await self._jq.run(self._format, value if self._reads == "text" else body)
        return "\n".join(text for each in outputs if (text := _as_text(each)))

    def _parsed(self, body: bytes) -> Any:
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            if self.streams and not self._format:
                return body.decode("utf-8", "replace")
            raise TargetError("mapping", "The target's answer is not JSON.") from None


# No field of an event begins so: it is newline-delimited JSON (application/x-ndjson).
_JSON = (b"{", b"[")


class Lines:
    """Cuts newline-delimited JSON into its lines, with the bound of an event."""

    def __init__(self) -> None:
        self._events = Events()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Raises TargetError when one line is larger than 8 MiB."""
        return self._events.feed(chunk.replace(b"\n", b"\n\n"))

    def rest(self) -> bytes:
        return self._events.rest()


def _cutter(start: bytes) -> Events | Lines:
    return Lines() if start.lstrip().startswith(_JSON) else Events()


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    try:
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    except TypeError:
        raise TargetError("mapping", "The target's answer is nested too deeply.") from None
