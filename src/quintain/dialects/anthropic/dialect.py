"""Targets that speak Anthropic's Messages API: Claude, and what others serve in the same format.

Source: Anthropic's API reference, "Create a Message" and "API versions".
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from quintain.dialects.anthropic.answer import answer_of
from quintain.dialects.anthropic.errors import status_of
from quintain.dialects.anthropic.models import takes
from quintain.dialects.anthropic.request import body_of
from quintain.dialects.anthropic.stream import AnthropicReader
from quintain.dialects.base import Answer, Ask, Outgoing, Piece
from quintain.dialects.chat import chat_of
from quintain.dialects.jq import Jq
from quintain.dialects.options import Options
from quintain.dialects.places import Places, host_missing
from quintain.dialects.reading import document, pieces_of
from quintain.dialects.writing import written
from quintain.errors import Detail
from quintain.registry.schema import ModelConfig, Target

_VERSION_HEADER = "anthropic-version"
# The newest version that takes temperature, top_p and top_k: tests want them.
_VERSION = "2023-06-01"


class Anthropic:
    name = "anthropic"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:  # noqa: ARG002
        return host_missing(target.config)

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> AnthropicSpeaker:  # noqa: ARG002
        return AnthropicSpeaker(model_name, config)


class AnthropicSpeaker:
    streams = True

    def __init__(self, model_name: str, config: ModelConfig) -> None:
        given = _given_version(config)
        self._config, self._model, self._places = config, model_name, Places(config)
        self._takes = takes(model_name, given or _VERSION)
        self._headers = {} if given else {_VERSION_HEADER: _VERSION}

    def outgoing(self, ask: Ask) -> Outgoing:
        chat, options = chat_of(ask, self._config), Options(ask, self._config)
        body = body_of(ask, chat, options, self._takes, self._model)
        dropped = options.dropped()
        return Outgoing(self._places.of(ask), written(body), dropped, headers=self._headers)

    def status(self, status: int, body: bytes) -> int:
        return status_of(status, body)

    async def answer(self, body: bytes) -> Answer:
        return answer_of(document(body))

    def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        return pieces_of(chunks, AnthropicReader())


def _given_version(config: ModelConfig) -> str:
    """The version that the registration asks for by a header of its own."""
    values = (
        header.value.reveal()
        for header in config.custom_headers or []
        if header.key.lower() == _VERSION_HEADER and header.value.readable
    )
    return next(values, "").strip()
