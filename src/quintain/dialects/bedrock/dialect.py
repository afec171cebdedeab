"""Amazon Bedrock: Converse and ConverseStream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import orjson
from multidict import CIMultiDict
from yarl import URL

from quintain.dialects.base import Answer, Ask, Outgoing, Piece
from quintain.dialects.bedrock.answer import answer_of
from quintain.dialects.bedrock.frames import Frames, event_of
from quintain.dialects.bedrock.messages import messages_of
from quintain.dialects.bedrock.options import options_of
from quintain.dialects.bedrock.signing import FORM, MISSING, Signing, import_all, installed, is_key
from quintain.dialects.bedrock.stream import Reader
from quintain.dialects.chat import chat_of
from quintain.dialects.jq import Jq
from quintain.dialects.options import Options
from quintain.dialects.places import name_missing
from quintain.dialects.reading import cut_off, document
from quintain.dialects.urls import join, with_model
from quintain.dialects.writing import written
from quintain.errors import Detail
from quintain.registry.providers import effective
from quintain.registry.schema import Endpoint, ModelConfig, Target

Json = Any
_WHOLE, _STREAM = "/converse", "/converse-stream"
# AWS tells these with 400 or 403, by the name of the exception.
_KEY_REFUSED = frozenset(
    {"UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException",
     "IncompleteSignatureException", "MissingAuthenticationTokenException",
     "InvalidClientTokenId", "ExpiredToken"}
)  # fmt: skip
_LIMITED = frozenset(
    {"ThrottlingException", "Throttling", "TooManyRequestsException",
     "ServiceQuotaExceededException", "ModelNotReadyException"}
)  # fmt: skip
_MODEL_ERROR = 424


class Bedrock:
    name = "bedrock"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:  # noqa: ARG002
        config, found = effective(target.config), []
        await self.prepare()
        if not installed():
            found.append(Detail("model_config.model_provider", f"bedrock {MISSING}"))
        found += name_missing(target)
        for place, secret in enumerate(config.apikeys or []):
            if secret.readable and not is_key(secret.reveal()):
                found.append(Detail(f"model_config.apikeys.{place}", FORM))
        return found

    async def prepare(self) -> None:
        await asyncio.to_thread(import_all)

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> BedrockSpeaker:  # noqa: ARG002
        return BedrockSpeaker(model_name, config)


class BedrockSpeaker:
    def __init__(self, model_name: str, config: ModelConfig) -> None:
        self._model_name, self._config = model_name, config
        paths = {kind: path for kind, path in (config.paths or {}).items() if path is not None}
        self._urls = {kind: _address(config, path, model_name) for kind, path in paths.items()}
        self._signing = Signing(config)

    @property
    def streams(self) -> bool:
        return self._urls["chat"].raw_path.endswith(_WHOLE)

    def outgoing(self, ask: Ask) -> Outgoing:
        chat, options = chat_of(ask, self._config), Options(ask, self._config)
        body: Json = {"messages": messages_of(chat)}
        if chat.system:
            body["system"] = [{"text": chat.system}]
        body |= options_of(options, chat, self._model_name)
        return Outgoing(self._url(ask), written(body), options.dropped())

    def signed(
        self, outgoing: Outgoing, headers: CIMultiDict[str], apikey: str
    ) -> Mapping[str, str]:
        return self._signing.headers(outgoing, headers, apikey)

    def status(self, status: int, body: bytes) -> int:
        said = _said(body)
        name = str(said.get("__type") or said.get("code") or "").rpartition("#")[2]
        if name in _KEY_REFUSED:
            return 401
        if name in _LIMITED:
            return 429
        return _of_model(said) if status == _MODEL_ERROR else status

    async def answer(self, body: bytes) -> Answer:
        return answer_of(document(body))

    async def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        frames, reader = Frames(), Reader()
        async with aclosing(chunks):
            async for chunk in chunks:
                for frame in frames.feed(chunk):
                    yield reader.piece(event_of(frame))
        if frames.torn:
            raise cut_off()
        yield reader.last()

    def _url(self, ask: Ask) -> URL:
        kind = "vision" if ask.images and "vision" in self._urls else ask.kind
        url = self._urls.get(kind) or self._urls["chat"]
        if ask.stream and url.raw_path.endswith(_WHOLE):
            return URL(str(url).replace(_WHOLE, _STREAM), encoded=True)
        return url


def _address(config: ModelConfig, path: str, model_name: str) -> URL:
    """The model's id or ARN is one part of the path, with its colons and slashes encoded."""
    path = with_model(path.replace(_STREAM, _WHOLE), model_name)
    return join(config.endpoint or Endpoint(), path)


def _of_model(said: Json) -> int:
    """The model's own failure, by the status that it failed with where that is told."""
    own = said.get("originalStatusCode")
    return own if isinstance(own, int) and 400 <= own < 600 else 502


def _said(body: bytes) -> Json:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
