"""The gateway's plane: plain ASGI, since every layer here is paid by every call."""

from __future__ import annotations

import re
import string
from collections.abc import AsyncGenerator
from urllib.parse import quote

import orjson
import structlog

from quintain.errors import Forbidden, NotFound, QuintainError, TargetError
from quintain.gateway import trace
from quintain.gateway.call import Call, Result
from quintain.gateway.calls import Gateway
from quintain.gateway.compiled import Compiled, Identity
from quintain.gateway.directory import Directory
from quintain.http.answers import openai_error
from quintain.http.incoming import Asked, ask_of, headers_of, named, patience, session_name
from quintain.http.presence import Presence
from quintain.http.wire import ClientLeft, Header, Receive, Scope, Send, answer, read_body
from quintain.registry.model import Actor, Model
from quintain.registry.models import Models
from quintain.settings import Settings
from quintain.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)


class V1:
    def __init__(
        self,
        models: Models,
        directory: Directory,
        gateway: Gateway,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self._models = models
        self._directory = directory
        self._gateway = gateway
        self._settings = settings
        self._metrics = metrics
        self._logs_calls = settings.log_level == "debug"

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, actor: Actor, request_id: str
    ) -> None:
        """Answer one request below /v1. Raises QuintainError before anything was sent."""
        path: str = scope["path"]
        if scope["method"] == "POST":
            await self._call(scope, receive, send, actor, request_id)
            return
        if path == "/v1":
            body = orjson.dumps({"object": "api", "calls": ["/v1/models", *_CALLS]})
        elif path == "/v1/models":
            body = await self._list(actor)
        else:
            body = await self._show(actor, path.removeprefix("/v1/models/"))
        await answer(send, 200, body, [])

    async def _call(
        self, scope: Scope, receive: Receive, send: Send, actor: Actor, request_id: str
    ) -> None:
        asked = headers_of(scope)
        ask = ask_of(scope["path"], await read_body(receive, self._settings.max_gateway_body))
        name, version = named(asked, ask)
        compiled = await self._compiled(actor, name, version)
        wait_s = patience(asked, self._settings.max_wait_s)
        spelled = name if version is None else f"{name}:{version}"
        call = Call(request_id, compiled, ask, spelled, wait_s, session=session_name(asked))
        call.run = actor.run_id is not None
        self._note_client(call, asked)
        try:
            with Presence(receive):
                await self._answer(call, send)
        except ClientLeft:
            self._metrics.of(compiled.dialect).left.inc()
        except QuintainError as error:
            self._failed(call, error)
            raise

    async def _compiled(self, actor: Actor, name: str, version: str | None) -> Compiled:
        found = self._directory.cached(actor.project_id, name, version)
        compiled = found or await self._directory.find(actor.project_id, name, version)
        if actor.models is not None and not _listed(actor.models, compiled.identity):
            raise Forbidden(f"This key may not call {compiled.identity.saved_name}.")
        return compiled

    async def _answer(self, call: Call, send: Send) -> None:
        result = await self._gateway.call(call)
        if result.stream is None:
            await answer(
                send,
                result.status,
                result.body,
                _headers(call, result),
                _raw(result.content_type),
            )
        elif not await self._stream(call, result, result.stream, send):
            return
        tally = self._metrics.of(call.compiled.dialect)
        (tally.blocked if result.blocked else tally.answered).inc()
        if self._logs_calls:
            _log.debug("call answered", **_facts(call), status=result.status)

    async def _stream(
        self, call: Call, result: Result, stream: AsyncGenerator[bytes, None], send: Send
    ) -> bool:
        """Piece by piece as it comes; the first one is awaited, so that a failure has its status.

        Tells whether it came to its end.
        """
        try:
            piece = await anext(stream, b"")
            start = [
                (b"content-type", _raw(result.content_type)),
                (b"cache-control", b"no-cache"),
            ]
            headers = [*start, *_headers(call, result)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            whole = await self._rest(call, stream, send)
            await send({"type": "http.response.body", "body": b""})
            return whole
        finally:
            await result.close()

    async def _rest(self, call: Call, stream: AsyncGenerator[bytes, None], send: Send) -> bool:
        try:
            async for piece in stream:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except TargetError as error:
            # The status is out already: clients of OpenAI read an error event as a failed call.
            self._failed(call, error)
            event = b"data: " + openai_error(error) + b"\n\n"
            await send({"type": "http.response.body", "body": event, "more_body": True})
            return False
        return True

    def _failed(self, call: Call, error: QuintainError) -> None:
        failed = isinstance(error, TargetError)
        tally = self._metrics.of(call.compiled.dialect)
        (tally.failed if failed else tally.refused).inc()
        if isinstance(error, TargetError):
            self._metrics.errors.labels(error.stage).inc()
        _log.info(
            "call not answered",
            **_facts(call),
            code=error.code,
            status=error.status,
            target_status=error.http_status if isinstance(error, TargetError) else None,
        )

    def _note_client(self, call: Call, asked: Asked) -> None:
        call.repeat, call.client_id = asked.retry_count, asked.client_id
        if asked.retry_count not in {"", "0"}:
            self._metrics.repeats.inc()

    async def _list(self, actor: Actor) -> bytes:
        versions: dict[str, Model] = {}
        newest: dict[str, Model] = {}
        async for batch in self._models.batches(actor.project_id):
            newest |= {model.saved_name: model for model in batch}
            versions |= {f"{model.saved_name}:{model.version}": model for model in batch}
        mine = {
            spelled: model
            for spelled, model in (newest | versions).items()
            if actor.models is None or _listed(actor.models, model)
        }
        rows = [_row(spelled, model) for spelled, model in mine.items()]
        return orjson.dumps({"object": "list", "data": rows})

    async def _show(self, actor: Actor, spelled: str) -> bytes:
        model = await self._models.resolve(actor.project_id, spelled)
        if actor.models is not None and not _listed(actor.models, model):
            raise NotFound(f"There is no model {spelled}.")
        return orjson.dumps(_row(spelled, model))


MOST_DROPPED = 2048  # characters
# A caller may send any name: what is no usual one could not stand in a header.
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_KEPT = string.punctuation.replace("%", "")
_CALLS = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses")


def _raw(header: str) -> bytes:
    """A target's header as its bytes were, also where they are no UTF-8."""
    return header.encode("utf-8", "surrogateescape")


def _facts(call: Call) -> dict[str, object]:
    return {
        "request_id": call.id,
        "model": call.compiled.identity.label,
        "waited_ms": round(call.waited_s * 1000, 2),
        "upstream_ms": round(call.upstream_s * 1000, 2),
        "client_retry": call.repeat or None,
        "client_id": call.client_id[:128] or None,
    }


def _row(ident: str, model: Model) -> dict[str, object]:
    created = int(model.created_at.timestamp())
    return {
        "id": ident,
        "object": "model",
        "created": created,
        "owned_by": model.config.model_provider,
    }


def _listed(names: tuple[str, ...], model: Identity | Model) -> bool:
    """Whether a key's list of models names this one, with its version or without."""
    return model.saved_name in names or f"{model.saved_name}:{model.version}" in names


def _in_ascii(label: str) -> bytes:
    """A name for a header: clients that take only ASCII there would lose the whole answer."""
    return (label if label.isascii() else quote(label, safe=_KEPT)).encode()


def _headers(call: Call, result: Result) -> list[Header]:
    headers = [
        (b"x-quintain-model", _in_ascii(call.compiled.identity.label)),
        (b"x-quintain-wait-ms", b"%.2f" % (call.waited_s * 1000)),
        (b"x-quintain-overhead-ms", b"%.2f" % (call.overhead_s * 1000)),
    ]
    dropped = ",".join(name for name in call.dropped if _PLAIN.fullmatch(name))
    if dropped:
        headers.append((b"x-quintain-dropped", dropped[:MOST_DROPPED].encode()))
    if result.blocked:
        headers.append((b"x-quintain-blocked", b"1"))
    if result.session is not None:
        name, state = result.session
        headers.append((b"x-quintain-session", name.encode()))
        headers.append((b"x-quintain-session-state", state.encode()))
    if result.steps is not None and result.stream is None:
        headers += _trace(result.steps)
    return headers


def _trace(steps: list[object]) -> list[Header]:
    """How many steps an agent reports, and the steps themselves where they fit."""
    text = trace.header_of(steps)
    count = (b"x-quintain-trace-steps", b"%d" % len(steps))
    return [count] if text is None else [count, (b"x-quintain-trace", text)]
