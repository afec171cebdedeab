"""Targets that speak Cohere's v2 chat.

Source: Cohere's API reference, "Chat (v2)" and "Errors".
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from quintain.dialects.base import Answer, Ask, Outgoing, Piece
from quintain.dialects.chat import chat_of
from quintain.dialects.cohere.answer import answer_of
from quintain.dialects.cohere.request import body_of
from quintain.dialects.cohere.stream import CohereReader
from quintain.dialects.jq import Jq
from quintain.dialects.options import Options
from quintain.dialects.places import Places, host_missing
from quintain.dialects.reading import document, pieces_of
from quintain.dialects.writing import written
from quintain.errors import Detail
from quintain.registry.schema import ModelConfig, Target

_STATUSES = {498: 401, 499: 502}  # an invalid token; the call was given up on Cohere's side


class Cohere:
    name = "cohere"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:  # noqa: ARG002
        return host_missing(target.config)

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> CohereSpeaker:  # noqa: ARG002
        return CohereSpeaker(model_name, config)


class CohereSpeaker:
    streams = True

    def __init__(self, model_name: str, config: ModelConfig) -> None:
        self._config, self._model, self._places = config, model_name, Places(config)

    def outgoing(self, ask: Ask) -> Outgoing:
        chat, options = chat_of(ask, self._config), Options(ask, self._config)
        body = body_of(ask, chat, options, self._model)
        return Outgoing(self._places.of(ask), written(body), options.dropped())

    def status(self, status: int, body: bytes) -> int:  # noqa: ARG002
        return _STATUSES.get(status, status)

    async def answer(self, body: bytes) -> Answer:
        return answer_of(document(body))

    def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        return pieces_of(chunks, CohereReader())
