"""The door: every request gets an id, is judged by the one table of rules, and is sent to its plane."""

from __future__ import annotations

import asyncio

import structlog

from quintain.errors import QuintainError, ShuttingDown, Unauthorized, UnsupportedMedia
from quintain.http.answers import Unexpected, control_error, openai_error, retry_headers
from quintain.http.doorman import Doorman
from quintain.http.rules import kinds_for, rule_for
from quintain.http.v1 import V1
from quintain.http.wire import (
    App,
    ClientLeft,
    Message,
    Receive,
    Scope,
    Send,
    answer,
    header,
    new_request_id,
    read_body,
)
from quintain.registry.model import Actor
from quintain.settings import Settings
from quintain.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)
_BEARER = "bearer "


class Front:
    """closing: set when the server stops, so that new requests are turned away."""

    def __init__(
        self, doorman: Doorman, v1: V1, control: App, settings: Settings, metrics: Metrics
    ) -> None:
        self._doorman = doorman
        self._v1 = v1
        self._control = control
        self._settings = settings
        self._metrics = metrics
        self.closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request_id = new_request_id()
        gateway = scope["path"] == "/v1" or scope["path"].startswith("/v1/")
        door = _Sending(send, request_id)
        try:
            await self._admit(scope, receive, door.send, request_id, gateway=gateway)
        except ClientLeft:
            pass
        except asyncio.CancelledError:
            if not self.closing:
                raise
            # The server's last word to a call that outlasted its deadline.
            await _refuse(door, ShuttingDown(), request_id, gateway=gateway)
        except QuintainError as error:
            await _refuse(door, error, request_id, gateway=gateway)
        except Exception:  # noqa: BLE001
            # The last resort of the whole server: logged with its id, told without its text.
            _log.exception("unexpected error", request_id=request_id, path=scope["path"])
            await _refuse(door, Unexpected(), request_id, gateway=gateway)
        if not gateway:
            self._metrics.control.labels(scope["method"], door.status).inc()

    async def _admit(
        self, scope: Scope, receive: Receive, send: Send, request_id: str, *, gateway: bool
    ) -> None:
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
            send = _without_body(send)
        rule = rule_for(scope["method"], scope["path"])
        if rule.public:
            scope["state"] = {"request_id": request_id, "actor": None}
            await self._control(scope, receive, send)
            return
        if self.closing:
            raise ShuttingDown
        key = _key(scope, bearer=gateway)
        actor = self._doorman.recognise(key) or await self._doorman.identify(key)
        rule.admit(actor.role)
        if gateway:
            await self._v1.serve(scope, receive, send, actor, request_id)
        else:
            await self._control_call(scope, receive, send, actor, request_id)

    async def _control_call(
        self, scope: Scope, receive: Receive, send: Send, actor: Actor, request_id: str
    ) -> None:
        """The control plane gets its body whole, bounded and of a known kind by its own word."""
        body = await read_body(receive, self._settings.max_control_body)
        kind = header(scope, b"content-type").partition(";")[0].strip().lower()
        taken = kinds_for(scope["method"], scope["path"])
        if body and kind not in taken:
            raise UnsupportedMedia(f"The body must be sent as Content-Type: {' or '.join(taken)}.")
        scope["state"] = {"request_id": request_id, "actor": actor, "body": body}
        await self._control(scope, _replay(body, receive), send)


class _Sending:
    """Remembers the status of the answer that has begun, and puts the request id on it."""

    __slots__ = ("_request_id", "_send", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self._request_id)]
        await self._send(message)


async def _refuse(door: _Sending, error: QuintainError, request_id: str, *, gateway: bool) -> None:
    if door.status:
        return  # too late for a status: the connection ends without the end of the answer
    body = openai_error(error) if gateway else control_error(error, request_id)
    await answer(door.send, error.status, body, retry_headers(error))


def _without_body(send: Send) -> Send:
    """Ends an answer after its head: the rest, such as a stream that goes on for hours, is not made."""

    async def head_alone(message: Message) -> None:
        await send(message)
        if message["type"] == "http.response.start":
            await send({"type": "http.response.body", "body": b""})
            raise ClientLeft

    return head_alone


def _key(scope: Scope, *, bearer: bool) -> str:
    """The key that a request carries. Raises Unauthorized where there is none."""
    key = header(scope, b"apikey")
    if not key and bearer:
        authorization = header(scope, b"authorization")
        if authorization[: len(_BEARER)].lower() == _BEARER:
            key = authorization[len(_BEARER) :].strip()
    if not key:
        raise Unauthorized
    return key


def _replay(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, for the framework to read once more; then what comes after it.

    So an answer that is a long stream ends when its caller leaves.
    """
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again
