"""One call: admit -> translate -> send -> translate back."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from quintain.dialects import openai_answers, words
from quintain.dialects.base import CHAT, COMPLETIONS, Answer, Outgoing, Translator
from quintain.errors import BadRequest
from quintain.gateway import choices, modalities
from quintain.gateway.attempts import Attempts, Landed, refused
from quintain.gateway.blocked import blocked_text
from quintain.gateway.call import Call, Result
from quintain.gateway.faults import PASSED_ON, redact
from quintain.settings import Settings

EVENT_STREAM = "text/event-stream"


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
        results = await choices.together([self._one(call, outgoing) for _ in range(n)])
        if ask.stream:
            streams = [result.stream for result in results if result.stream is not None]
            stream = choices.interleaved(streams)
            return Result(
                stream=stream, content_type=EVENT_STREAM, blocked=any(r.blocked for r in results)
            )
        return choices.merged(results)

    async def _one(self, call: Call, outgoing: Outgoing) -> Result:
        landed = await self._attempts.land(call, outgoing)
        if landed.blocked:
            return self._blocked(call, landed)
        if landed.status >= 300:
            return self._refused(call, landed)
        if call.compiled.translator is None:
            return await self._native(call, landed)
        return await self._translated(call, landed, call.compiled.translator)

    async def _native(self, call: Call, landed: Landed) -> Result:
        """An answer in OpenAI's words, which passes as it is."""
        ask, kind = call.ask, landed.headers.get("Content-Type", "application/json")
        encoding = landed.headers.get("Content-Encoding", "")
        if landed.body is None and kind.startswith(EVENT_STREAM):
            chunks = openai_answers.guarded(self._chunks(call, landed))
            return Result(stream=chunks, content_type=kind, content_encoding=encoding)
        body = await self._whole(call, landed)
        if encoding in {"", "identity"}:
            openai_answers.refuse_empty(ask.kind, body)
            if ask.stream and ask.kind in {CHAT, COMPLETIONS}:
                return Result(
                    stream=_at_once(openai_answers.as_stream(body)), content_type=EVENT_STREAM
                )
        return Result(body, content_type=kind, content_encoding=encoding)

    async def _translated(self, call: Call, landed: Landed, translator: Translator) -> Result:
        if call.ask.stream and translator.streams and landed.body is None:
            return Result(stream=self._pieces(call, landed, translator), content_type=EVENT_STREAM)
        return _spoken(call, await translator.answer(await self._whole(call, landed)))

    def _blocked(self, call: Call, landed: Landed) -> Result:
        text = blocked_text(landed.status, landed.body or b"")
        result = _spoken(call, Answer(text, finish_reason="content_filter"))
        result.blocked = True
        return result

    def _refused(self, call: Call, landed: Landed) -> Result:
        """A refusal that passes on: clients read what a target says of their request."""
        error = refused(landed)
        if call.compiled.translator is not None or landed.status not in PASSED_ON:
            raise error
        if not (landed.body or b"").lstrip().startswith(b"{"):
            raise BadRequest(error.message, code="target_refused_request")
        return Result(landed.body or b"", status=landed.status)

    async def _whole(self, call: Call, landed: Landed) -> bytes:
        if landed.body is not None:
            return landed.body
        began = time.perf_counter()
        body = await landed.reply.read(self._settings.max_answer_body)
        call.upstream_s += time.perf_counter() - began
        return redact(body, call.compiled.secrets)

    async def _chunks(self, call: Call, landed: Landed) -> AsyncGenerator[bytes, None]:
        secrets = call.compiled.secrets
        try:
            async for chunk in landed.reply.chunks():
                yield redact(chunk, secrets)
        finally:
            landed.reply.close()

    async def _pieces(
        self, call: Call, landed: Landed, translator: Translator
    ) -> AsyncGenerator[bytes, None]:
        kind, first = call.ask.kind, True
        async with aclosing(self._chunks(call, landed)) as chunks:
            async for text in translator.pieces(chunks):
                yield words.piece(kind, call.id, call.named, text, first=first)
                first = False
        if first:
            raise openai_answers.empty_answer()
        yield words.last(kind, call.id, call.named, "stop") + words.DONE


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
