"""A target that does what a test tells it, in a thread of its own, and remembers what came."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEY = "sk-target-key-0123456789-abcdefghij"


@dataclass
class Arrival:
    """at: time.monotonic() when its body had been read."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Target:
    """behaviours: used up one a request; the last one stays. left: requests whose caller went away."""

    behaviours: list[Behaviour] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    left: int = 0
    port: int = 0

    def does(self, *behaviours: Behaviour) -> Target:
        self.behaviours = list(behaviours)
        return self

    def config(self, **more: Any) -> dict[str, Any]:
        """A model_config that reaches this target as an OpenAI-compatible one."""
        return {
            "model_provider": "openai_compatible",
            "hosting_type": "Internal",
            "rate_per_min": 100_000,
            "endpoint": {
                "scheme": "http",
                "host": "127.0.0.1",
                "port": self.port,
                "base_path": "/v1",
            },
            "apikeys": [KEY],
        } | more

    def custom(self, **more: Any) -> dict[str, Any]:
        """A model_config for a chatbot with a JSON format of its own."""
        return (
            self.config(
                model_provider="custom",
                paths={"chat": "/reply"},
                auth_data={
                    "header_name": "X-Bot-Key",
                    "header_prefix": "",
                    "space_after_prefix": False,
                },
                custom_payload={"question": "{prompt}", "history": "{messages}"},
                custom_response_format=".answer.text",
                custom_response_content_type="json",
            )
            | more
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.arrivals.append(
            Arrival(time.monotonic(), request.method, request.path_qs, dict(request.headers), body)
        )
        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        try:
            return await behaviour(request)
        except (asyncio.CancelledError, ConnectionError):
            self.left += 1
            raise


def completion(
    text: str | None = "Hello there.", reason: str = "stop", **message: Any
) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": "target-model",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **message},
                "finish_reason": reason,
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
    }


def answers(
    body: Any = None, status: int = 200, headers: dict[str, str] | None = None, delay: float = 0
) -> Behaviour:
    """A whole answer. body: JSON, or bytes sent as they are."""

    async def behaviour(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(delay)
        raw = (
            body
            if isinstance(body, bytes)
            else json.dumps(completion() if body is None else body).encode()
        )
        return web.Response(
            body=raw, status=status, headers={"Content-Type": "application/json", **(headers or {})}
        )

    return behaviour


def chunk(text: str | None = None, reason: str | None = None) -> bytes:
    delta = {} if text is None else {"role": "assistant", "content": text}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_750_000_000,
        "model": "target-model",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def streams(*pieces: bytes | Callable[[], Awaitable[None]], done: bool = True) -> Behaviour:
    """An event stream: bytes are sent, functions awaited in between."""

    async def behaviour(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in pieces:
            if callable(piece):
                await piece()
            else:
                await response.write(piece)
        if done:
            await response.write(b"data: [DONE]\n\n")
        return response

    return behaviour


class Hosted:
    """Runs a Target until closed."""

    def __init__(self, ssl_context: Any = None) -> None:
        self.target = Target([answers()])
        self._ssl = ssl_context
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self.target.handle)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._ssl)
        await site.start()
        self.target.port = self._runner.addresses[0][1]

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
