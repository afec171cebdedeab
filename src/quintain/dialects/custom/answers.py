"""How a custom target's answer is read: JSON, text or events, and jq over what comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import orjson

from quintain.dialects.base import Answer, Piece
from quintain.dialects.jq import Jq
from quintain.dialects.records import Records, nearly_json
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
        records = Records()
        found = [*records.feed(body), *records.rest()]
        return Answer("".join([await self._text(data) for data in found]))

    async def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        records = Records()
        async for chunk in chunks:
            for data in records.feed(chunk):
                if text := await self._text(data):
                    yield Piece(text)
        for data in records.rest():
            if text := await self._text(data):
                yield Piece(text)

    async def _text(self, body: bytes) -> str:
        if not body.strip() or (self.streams and body == _DONE):
            return ""
        value, given = self._read(body)
        if not self._format:
            return _as_text(value)
        outputs = await self._jq.run(self._format, given)
        return "\n".join(text for each in outputs if (text := _as_text(each)))

    def _read(self, body: bytes) -> tuple[Any, Any]:
        """The value, and what jq is given of it. An event that is no JSON is a text."""
        try:
            if self._reads != "text":
                return orjson.loads(body), body
        except orjson.JSONDecodeError:
            if (mended := nearly_json(body)) is not None:
                return orjson.loads(mended), mended
            if not self.streams:
                raise TargetError("mapping", "The target's answer is not JSON.") from None
        text = body.decode("utf-8", "replace")
        return text, text


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    try:
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    except TypeError:
        raise TargetError("mapping", "The target's answer is nested too deeply.") from None
