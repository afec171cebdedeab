"""Google's Gemini: generateContent and streamGenerateContent, here and on Vertex AI."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson

from quintain.dialects.base import Answer, Ask, Outgoing, Piece
from quintain.dialects.chat import chat_of
from quintain.dialects.gemini.address import Addresses
from quintain.dialects.gemini.answer import Reader
from quintain.dialects.gemini.contents import contents_of
from quintain.dialects.gemini.options import options_of
from quintain.dialects.jq import Jq
from quintain.dialects.options import Options
from quintain.dialects.places import name_missing
from quintain.dialects.reading import cut_off, parsed
from quintain.dialects.sse import Events, data_of
from quintain.dialects.writing import written
from quintain.errors import Detail
from quintain.registry.schema import ModelConfig, Target

Json = Any
# Google tells these with 400: ErrorInfo.reason, and the status of a region or plan that may not.
_KEY_REFUSED = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED"})
_NOT_ALLOWED = "FAILED_PRECONDITION"


class Gemini:
    name = "gemini"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:  # noqa: ARG002
        return name_missing(target)

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> GeminiSpeaker:  # noqa: ARG002
        return GeminiSpeaker(model_name, config)


class GeminiSpeaker:
    def __init__(self, model_name: str, config: ModelConfig) -> None:
        self._model_name, self._config = model_name, config
        self._addresses = Addresses(model_name, config)

    @property
    def streams(self) -> bool:
        return self._addresses.streams

    def outgoing(self, ask: Ask) -> Outgoing:
        chat, options = chat_of(ask, self._config), Options(ask, self._config)
        body: Json = {"contents": contents_of(chat, self._model_name)}
        if chat.system:
            body["systemInstruction"] = {"parts": [{"text": chat.system}]}
        body |= options_of(options, self._model_name)
        return Outgoing(self._addresses.of(ask), written(body), options.dropped())

    def status(self, status: int, body: bytes) -> int:
        if status != 400:
            return status
        error = _error(body)
        if any(reason in _KEY_REFUSED for reason in _reasons(error)):
            return 401
        return 403 if error.get("status") == _NOT_ALLOWED else status

    async def answer(self, body: bytes) -> Answer:
        reader = Reader()
        parts = [reader.piece(chunk) for chunk in _listed(parsed(body))]
        last = reader.last()
        return Answer(
            text="".join(part.text for part in parts),
            tool_calls=[_whole(call) for part in parts for call in part.tool_calls],
            refusal=last.refusal,
            reasoning="".join(part.reasoning for part in parts),
            finish_reason=last.finish_reason,
            usage=last.usage,
        )

    async def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        events, reader = Events(), Reader()
        async with aclosing(chunks):
            async for chunk in chunks:
                for event in events.feed(chunk):
                    for each in _chunks(data_of(event)):
                        yield reader.piece(each)
        rest = events.rest().strip()
        # Without `alt=sse`, as behind some proxies, the whole stream is one JSON array.
        for each in _chunks(rest if rest.startswith((b"[", b"{")) else data_of(rest)):
            yield reader.piece(each)
        if not reader.ended:
            raise cut_off()
        yield reader.last()


def _chunks(data: bytes) -> list[Json]:
    data = data.strip()
    if not data or data == b"[DONE]":
        return []
    return _listed(parsed(data))


def _listed(read: Json) -> list[Json]:
    return read if isinstance(read, list) and read else [read]


def _whole(call: Json) -> Json:
    return {name: value for name, value in call.items() if name != "index"}


def _error(body: bytes) -> Json:
    """The error object, which a stream's refusal has in a list; empty where there is none."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    read = read[0] if isinstance(read, list) and read else read
    error = read.get("error") if isinstance(read, dict) else None
    return error if isinstance(error, dict) else {}


def _reasons(error: Json) -> list[str]:
    details = error.get("details")
    found = details if isinstance(details, list) else []
    return [str(each.get("reason")) for each in found if isinstance(each, dict)]
