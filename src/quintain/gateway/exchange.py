"""One exchange with a target: admit -> send -> translate back."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson

from quintain.dialects.base import CHAT, COMPLETIONS, Answer, Outgoing, Piece, Translator
from quintain.dialects.nearly.mending import mending
from quintain.dialects.openai import answers as openai_answers
from quintain.dialects.sse import EVENT_STREAM, is_event_stream
from quintain.errors import BadRequest, TargetError
from quintain.gateway.attempts import Attempts, Landed, refused
from quintain.gateway.blocked import blocked_text
from quintain.gateway.call import Call, Listener, Result
from quintain.gateway.charsets import in_utf8
from quintain.gateway.faults import PASSED_ON, redact
from quintain.gateway.redaction import Redactor
from quintain.gateway.relayed import relayed
from quintain.gateway.spoken import spoken, streamed
from quintain.settings import Settings

_WITH_CHOICES = frozenset({CHAT, COMPLETIONS})  # calls that are answered with choices
# Whose requests we build alone: a refusal of theirs says nothing about the caller's own fields.
_OWN_FORMATS = frozenset({"custom"})


class Exchange:
    """Requests to targets that answer over HTTP, and what becomes of their answers."""

    def __init__(self, attempts: Attempts, settings: Settings) -> None:
        self._attempts = attempts
        self._settings = settings

    async def send(self, call: Call, outgoing: Outgoing) -> Result:
        """One request and its answer in OpenAI's words.

        Raises BadRequest, RateLimited or TargetError; a stream raises TargetError where it breaks.
        """
        landed = await self._attempts.land(call, outgoing)
        try:
            return await self._result(call, landed)
        except BaseException:
            landed.reply.close()
            raise

    async def begin(self, call: Call, outgoing: Outgoing) -> None:
        """A request whose answer only listeners read. Raises RateLimited or TargetError."""
        landed = await self._attempts.land(call, outgoing)
        try:
            if landed.status >= 300:
                raise refused(landed)
            _heard_head(call, landed)
            await self._whole(call, landed)
        finally:
            landed.reply.close()

    async def _result(self, call: Call, landed: Landed) -> Result:
        if landed.blocked:
            return self._blocked(call, landed)
        if landed.status >= 300:
            return self._refused(call, landed)
        _refuse_compressed(landed)
        _heard_head(call, landed)
        if call.compiled.translator is None:
            return await self._native(call, landed)
        return await self._translated(call, landed, call.compiled.translator)

    async def _native(self, call: Call, landed: Landed) -> Result:
        """An answer in OpenAI's words, which passes as it is."""
        ask, kind = call.ask, landed.headers.get("Content-Type", "application/json")
        if is_event_stream(landed.headers):
            return self._streamed(call, landed, kind)
        body, mender = await self._whole(call, landed), call.compiled.mender
        if mender is not None and ask.kind in _WITH_CHOICES:
            body = mender.mended(body)
        openai_answers.refuse_empty(ask.kind, body)
        if ask.stream and ask.kind in _WITH_CHOICES:
            return Result(
                stream=_at_once(openai_answers.as_stream(body)), content_type=EVENT_STREAM
            )
        return Result(body, content_type=kind)

    def _streamed(self, call: Call, landed: Landed, kind: str) -> Result:
        spoken = call.ask.kind in _WITH_CHOICES
        if spoken and not call.ask.stream:
            raise TargetError(
                "mapping", "The target answered with a stream that was not asked for."
            )
        chunks, mender = self._chunks(call, landed), call.compiled.mender
        if mender is not None and spoken:
            chunks = mending(chunks, mender)
        stream = openai_answers.guarded(chunks) if spoken else chunks
        return Result(stream=stream, content_type=kind, ends=(landed.reply.close,))

    async def _translated(self, call: Call, landed: Landed, translator: Translator) -> Result:
        if call.ask.stream and translator.streams and landed.body is None:
            stream = streamed(call, self._pieces(call, landed, translator))
            return Result(stream=stream, content_type=EVENT_STREAM, ends=(landed.reply.close,))
        return spoken(call, await translator.answer(await self._whole(call, landed)))

    def _blocked(self, call: Call, landed: Landed) -> Result:
        text = blocked_text(landed.status, landed.body or b"")
        if call.ask.kind not in _WITH_CHOICES:
            raise BadRequest(f"The target blocked this call: {text}", code="content_filter")
        result = spoken(call, Answer(text, finish_reason="content_filter"))
        result.blocked = True
        return result

    def _refused(self, call: Call, landed: Landed) -> Result:
        """A refusal that passes on: clients read what a target says of their request."""
        error, body = refused(landed), landed.body or b""
        if landed.status not in PASSED_ON or call.compiled.dialect in _OWN_FORMATS:
            raise error
        if call.compiled.translator is not None or not _is_openais(body):
            raise relayed(landed.status, body)
        return Result(body, status=landed.status)

    async def _whole(self, call: Call, landed: Landed) -> bytes:
        if landed.body is None:
            began = time.perf_counter()
            body = await landed.reply.read(self._settings.max_answer_body)
            call.upstream_s += time.perf_counter() - began
            if call.compiled.translator is not None:
                body = in_utf8(body, landed.headers)
            landed.body = redact(body, call.compiled.secrets)
        for listener in call.listeners:
            if is_event_stream(landed.headers):
                await listener.hear_chunk(landed.body + b"\n\n")
            else:
                await listener.hear_body(landed.body)
        return landed.body

    def _chunks(self, call: Call, landed: Landed) -> AsyncGenerator[bytes, None]:
        chunks = self._arriving(call, landed)
        return _listened_to(chunks, call.listeners) if call.listeners else chunks

    async def _arriving(self, call: Call, landed: Landed) -> AsyncGenerator[bytes, None]:
        if landed.body is not None:
            yield landed.body
            return
        redactor = Redactor(call.compiled.secrets)
        try:
            while chunk := await landed.reply.chunk():
                if piece := redactor.feed(chunk):
                    yield piece
            if rest := redactor.rest():
                yield rest
        finally:
            landed.reply.close()

    async def _pieces(
        self, call: Call, landed: Landed, translator: Translator
    ) -> AsyncGenerator[Piece, None]:
        async with (
            aclosing(self._chunks(call, landed)) as chunks,
            aclosing(translator.pieces(chunks)) as pieces,
        ):
            async for part in pieces:
                yield part


def _heard_head(call: Call, landed: Landed) -> None:
    for listener in call.listeners:
        listener.hear_head(landed.headers)


async def _listened_to(
    stream: AsyncGenerator[bytes, None], listeners: tuple[Listener, ...]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(stream) as chunks:
        async for chunk in chunks:
            for listener in listeners:
                await listener.hear_chunk(chunk)
            yield chunk


def _is_openais(body: bytes) -> bool:
    """Whether an error is told as OpenAI does it: many that speak its API tell theirs otherwise."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(read, dict) and isinstance(read.get("error"), dict)


def _refuse_compressed(landed: Landed) -> None:
    """What cannot be read can be neither checked nor redacted; we ask for `identity` alone."""
    encoding = landed.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity"}:
        raise TargetError(
            "mapping",
            "The target compressed its answer though it was asked not to: switch that off for"
            " requests with Accept-Encoding: identity.",
            code="answer_compressed",
        )


async def _at_once(events: bytes) -> AsyncGenerator[bytes, None]:
    yield events
