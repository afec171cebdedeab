"""One call: admit -> translate -> send -> translate back."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import orjson

from quintain.dialects import openai_answers, words
from quintain.dialects.base import CHAT, COMPLETIONS, Answer, Outgoing, Translator
from quintain.dialects.sse import EVENT_STREAM, is_event_stream
from quintain.errors import BadRequest, TargetError
from quintain.gateway import choices, modalities
from quintain.gateway.attempts import Attempts, Landed, refused
from quintain.gateway.blocked import blocked_text
from quintain.gateway.call import Call, Result
from quintain.gateway.faults import PASSED_ON, redact
from quintain.gateway.redaction import Redactor
from quintain.settings import Settings

_WITH_CHOICES = frozenset({CHAT, COMPLETIONS})  # calls that are answered with choices


class Gateway:
    """The one way to every model."""

    def __init__(self, attempts: Attempts, settings: Settings) -> None:
        self._attempts = attempts
        self._settings = settings

    async def call(self, call: Call) -> Result:
        """Make one call, or n of them where n choices are asked for.

        Raises BadRequest, RateLimited or TargetError; a stream raises TargetError where it breaks.
        """
        ask, compiled = call.ask, call.compiled
        modalities.check(ask, compiled.inputs, compiled.outputs)
        n = choices.take_n(ask)
        outgoing = compiled.speaker.outgoing(ask)
        call.dropped = outgoing.dropped
        if n == 1:
            return await self._one(call, outgoing)
        # Each counts its own waits: they are spent side by side.
        parts = [replace(call) for _ in range(n)]
        results = await choices.together([self._one(part, outgoing) for part in parts])
        longest = max(parts, key=lambda part: part.waited_s + part.upstream_s)
        call.waited_s, call.upstream_s = longest.waited_s, longest.upstream_s
        return await choices.joined(results, stream=ask.stream)

    async def _one(self, call: Call, outgoing: Outgoing) -> Result:
        landed = await self._attempts.land(call, outgoing)
        try:
            return await self._result(call, landed)
        except BaseException:
            landed.reply.close()
            raise

    async def _result(self, call: Call, landed: Landed) -> Result:
        if landed.blocked:
            return self._blocked(call, landed)
        if landed.status >= 300:
            return self._refused(call, landed)
        _refuse_compressed(landed)
        if call.compiled.translator is None:
            return await self._native(call, landed)
        return await self._translated(call, landed, call.compiled.translator)

    async def _native(self, call: Call, landed: Landed) -> Result:
        """An answer in OpenAI's words, which passes as it is."""
        ask, kind = call.ask, landed.headers.get("Content-Type", "application/json")
        if is_event_stream(landed.headers):
            return self._streamed(call, landed, kind)
        body = await self._whole(call, landed)
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
        body = landed.body
        chunks = self._chunks(call, landed) if body is None else _at_once(body)
        stream = openai_answers.guarded(chunks) if spoken else chunks
        return Result(stream=stream, content_type=kind, ends=(landed.reply.close,))

    async def _translated(self, call: Call, landed: Landed, translator: Translator) -> Result:
        if call.ask.stream and translator.streams and landed.body is None:
            stream = self._pieces(call, landed, translator)
            return Result(stream=stream, content_type=EVENT_STREAM, ends=(landed.reply.close,))
        return _spoken(call, await translator.answer(await self._whole(call, landed)))

    def _blocked(self, call: Call, landed: Landed) -> Result:
        text = blocked_text(landed.status, landed.body or b"")
        if call.ask.kind not in _WITH_CHOICES:
            raise BadRequest(f"The target blocked this call: {text}", code="content_filter")
        result = _spoken(call, Answer(text, finish_reason="content_filter"))
        result.blocked = True
        return result

    def _refused(self, call: Call, landed: Landed) -> Result:
        """A refusal that passes on: clients read what a target says of their request."""
        error = refused(landed)
        if call.compiled.translator is not None or landed.status not in PASSED_ON:
            raise error
        body = landed.body or b""
        if not _is_object(body):
            raise BadRequest(error.message, code="target_refused_request")
        return Result(body, status=landed.status)

    async def _whole(self, call: Call, landed: Landed) -> bytes:
        if landed.body is not None:
            return landed.body
        began = time.perf_counter()
        body = await landed.reply.read(self._settings.max_answer_body)
        call.upstream_s += time.perf_counter() - began
        return redact(body, call.compiled.secrets)

    async def _chunks(self, call: Call, landed: Landed) -> AsyncGenerator[bytes, None]:
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
    ) -> AsyncGenerator[bytes, None]:
        kind, first = call.ask.kind, True
        async with (
            aclosing(self._chunks(call, landed)) as chunks,
            aclosing(translator.pieces(chunks)) as pieces,
        ):
            async for text in pieces:
                yield words.piece(kind, call.id, call.named, text, first=first)
                first = False
        if first:
            raise openai_answers.empty_answer()
        yield words.last(kind, call.id, call.named, "stop") + words.DONE


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return False


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


def _spoken(call: Call, answer: Answer) -> Result:
    """An answer of ours: whole, or as a stream of one piece where a stream was asked for."""
    kind = call.ask.kind
    if not call.ask.stream:
        return Result(words.whole(kind, call.id, call.named, answer))
    events = words.piece(kind, call.id, call.named, answer.text, first=True) + words.last(
        kind, call.id, call.named, answer.finish_reason
    )
    return Result(stream=_at_once(events + words.DONE), content_type=EVENT_STREAM)


async def _at_once(events: bytes) -> AsyncGenerator[bytes, None]:
    yield events
