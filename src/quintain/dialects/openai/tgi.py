"""TGI's own `/generate` and `/generate_stream`, for models without a chat template.

Source of the shapes: huggingface.co/docs/text-generation-inference, API reference, and the types
TextGenerationInput, TextGenerationOutput and TextGenerationStreamOutput of Hugging Face's client.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson

from quintain.dialects.base import CHAT, COMPLETIONS, Answer, Ask, Outgoing, Piece
from quintain.dialects.chat import Chat, Turn, chat_of
from quintain.dialects.options import Format, Options
from quintain.dialects.parts import unsupported
from quintain.dialects.sse import Events, data_of
from quintain.dialects.urls import join
from quintain.dialects.words import tokens
from quintain.errors import BadRequest, TargetError
from quintain.registry.schema import Endpoint, ModelConfig

Json = dict[str, Any]
_OWN = frozenset(
    {"adapter_id", "repetition_penalty", "top_k", "top_n_tokens", "truncate", "typical_p",
     "watermark", "grammar"}
)  # fmt: skip
_SPEAKERS = {"user": "User", "assistant": "Assistant"}


class TgiSpeaker:
    streams = True

    def __init__(self, config: ModelConfig) -> None:
        self._config = config
        endpoint, path = config.endpoint or Endpoint(), (config.paths or {}).get(CHAT) or ""
        whole = path.replace("/generate_stream", "/generate")
        self._whole = join(endpoint, whole)
        self._streamed = join(endpoint, whole.replace("/generate", "/generate_stream"))

    def outgoing(self, ask: Ask) -> Outgoing:
        chat, options = chat_of(ask, self._config), Options(ask, self._config)
        inputs = _completed(chat) if ask.kind == COMPLETIONS else _prompt(chat)
        body = {"inputs": inputs, "parameters": _parameters(options)}
        url = self._streamed if ask.stream else self._whole
        return Outgoing(url, orjson.dumps(body), options.dropped())

    def status(self, status: int, body: bytes) -> int:  # noqa: ARG002
        """TGI says 424 for a generation that failed, which another try may mend."""
        return 502 if status == 424 else status

    async def answer(self, body: bytes) -> Answer:
        try:
            given = orjson.loads(body)
            whole = given[0] if isinstance(given, list) else given
            details = whole.get("details") or {}
            return Answer(
                str(whole["generated_text"]), finish_reason=_reason(details), usage=_usage(details)
            )
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise _another_shape(error) from None

    async def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        events = Events()
        async with aclosing(chunks):
            async for chunk in chunks:
                for event in events.feed(chunk):
                    if data := data_of(event):
                        yield _piece(data)
        if data := data_of(events.rest()):
            yield _piece(data)


def _prompt(chat: Chat) -> str:
    """A lone prompt as it is; a conversation as a transcript that the model goes on with."""
    texts = [_text(turn) for turn in chat.turns]
    if len(texts) == 1 and not chat.system:
        return texts[0]
    said = [f"{_SPEAKERS[turn.role]}: {text}" for turn, text in zip(chat.turns, texts, strict=True)]
    return "\n\n".join([*filter(None, [chat.system]), *said, "Assistant:"])


def _completed(chat: Chat) -> str:
    return "\n\n".join(filter(None, [chat.system, chat.turns[0].text]))


def _text(turn: Turn) -> str:
    for media in turn.media:
        raise unsupported(media, "text")
    if turn.role not in _SPEAKERS or turn.calls:
        raise BadRequest(
            "This model goes on with text and knows no tools: send no tool calls and results.",
            code="unsupported_field",
            param="messages",
        )
    return turn.text


def _parameters(options: Options) -> Json:
    """TGI refuses a temperature of 0 and a top_p of 1: both are said by leaving them out."""
    temperature, top_p = options.number("temperature"), options.number("top_p")
    given: Json = {
        "max_new_tokens": options.number("max_completion_tokens", "max_tokens"),
        "temperature": temperature or None,
        "do_sample": None if temperature is None else temperature > 0,
        "top_p": top_p if top_p and top_p < 1 else None,
        "frequency_penalty": options.number("frequency_penalty"),
        "seed": options.number("seed"),
        "stop": options.stops() or None,
        "grammar": _grammar(options.response_format()),
    }
    kept = {name: value for name, value in given.items() if value is not None}
    return {"details": True, "return_full_text": False} | options.passed(_OWN) | kept


def _grammar(asked: Format) -> Json | None:
    if asked.kind == "text":
        return None
    return {"type": "json", "value": asked.schema or {"type": "object"}}


def _piece(data: bytes) -> Piece:
    """Raises TargetError for an error told in the stream, or another shape."""
    try:
        event = orjson.loads(data)
        if error := event.get("error"):
            raise TargetError("http", f"The target failed while it answered: {error}", passing=True)
        token, details = event["token"], event.get("details") or {}
        reason = _reason(details) if details else ""
        return Piece(
            "" if token.get("special") else str(token["text"]),
            finish_reason=reason,
            usage=_usage(details),
        )
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _another_shape(error) from None


def _reason(details: Json) -> str:
    return "length" if details.get("finish_reason") == "length" else "stop"


def _usage(details: Json) -> Json:
    """What the target counted: it tells the prompt's length only at the end of a stream."""
    asked, said = details.get("input_length"), details.get("generated_tokens")
    if not isinstance(asked, int) or not isinstance(said, int):
        return {}
    return tokens(asked, said)


def _another_shape(error: Exception) -> TargetError:
    return TargetError("mapping", f"The target's answer is not in TGI's shape: {error!r}.")
