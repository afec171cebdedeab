"""A small server with quintain's contract, for what the real one cannot be brought to do on demand.

It keeps models in memory and notes every request; `answers` overrides any route.
"""

import asyncio
import json
import threading
from dataclasses import dataclass, field

from aiohttp import web

from tests.integration.fake_runs import FakeRuns

KEY = "qt_fake0000_0123456789abcdef0123456789abcdef"


@dataclass
class Seen:
    method: str
    path: str
    headers: dict
    query: dict
    body: object


@dataclass
class Override:
    status: int
    body: object
    headers: dict = field(default_factory=dict)


def model_of(body, number):
    config = dict(body["model_config"])
    config["apikeys"] = ["xxxxx" for _ in config.get("apikeys", [])]
    config.setdefault("hosting_type", "External")
    config.setdefault("rate_per_min", 20)
    return {
        **body,
        "model_config": config,
        "model_id": number,
        "created_at": "2025-06-01T12:00:00.000000+00:00",
        "updated_at": "2025-06-01T12:00:00.000000+00:00",
        "project_name": "default",
        "model_provider": config["model_provider"],
        "hosting_type": config["hosting_type"],
    }


def chunk(text, finish=None):
    delta = {"content": text} if text else {}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


class FakeQuintain:
    """Runs in a thread with a loop of its own; use as a context manager."""

    def __init__(self):
        self.models = []
        self.runs = FakeRuns()
        self.seen = []
        self.answers = {}
        self.stream = [chunk("Hel"), chunk("lo."), chunk("", "stop")]
        self.finish_stream = True
        self.gate = threading.Event()  # a held stream goes on when it is set
        self.hold_after = None
        self.rotation = [None]
        self.arrived = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self.gate.set()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def last(self):
        return self.seen[-1]

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, request):
        raw = await request.read()
        is_json = "json" in request.content_type and "jsonl" not in request.content_type
        body = (json.loads(raw) if is_json else raw) if raw else None
        self.seen.append(
            Seen(request.method, request.path, dict(request.headers), dict(request.query), body)
        )
        self.arrived.set()
        route = (request.method, request.path)
        if override := self.answers.get(route):
            if isinstance(override.body, str):
                return web.Response(
                    status=override.status, text=override.body, headers=override.headers
                )
            return web.json_response(
                override.body, status=override.status, headers=override.headers
            )
        if request.headers.get("apikey") != KEY:
            return self._error(401, "unauthorized", "The API key is missing or not valid.")
        if route == ("POST", "/v1/chat/completions"):
            return await self._chat(request, body)
        if request.path.split("/")[1] == "runs":
            wait = lambda: asyncio.to_thread(self.gate.wait, 20)
            return await self.runs.answer(request, body, wait)
        if (handler := self._routes().get(route)) is None:
            return self._error(404, "not_found", "There is no such thing.")
        return handler(request, body)

    def _routes(self):
        return {
            ("GET", "/models/list-models"): lambda r, _: web.json_response(
                {
                    "models": [
                        m for m in self.models if r.query.get("q", "") in m["model_saved_name"]
                    ]
                }
            ),
            ("POST", "/models/add-model"): self._add,
            ("PATCH", "/models/modify-model"): lambda r, b: self._done(
                "updated", self._named(r) | b
            ),
            ("DELETE", "/models/delete-model"): lambda r, _: self._done("deleted", self._named(r)),
            ("GET", "/vault"): lambda *_: self._vault(),
            ("POST", "/vault/rotate"): lambda *_: self._vault(),
        }

    def _named(self, request):
        return next(
            m
            for m in self.models
            if m["model_saved_name"] == request.headers["X-Enkrypt-Model"]
            and m["model_version"] == request.headers["X-Enkrypt-Model-Version"]
        )

    def _add(self, _, body):
        self.models.append(model_of(body, len(self.models) + 1))
        return self._done("added", self.models[-1])

    def _done(self, what, model):
        return web.json_response({"message": f"Model details {what} successfully", "data": model})

    def _vault(self):
        rotation = self.rotation.pop(0) if len(self.rotation) > 1 else self.rotation[0]
        keys = [{"id": "0a1b2c3d4e5f", "primary": True, "models": 3}]
        return web.json_response({"keys": keys, "needs_reentry": 0, "rotation": rotation})

    def _error(self, status, code, message):
        return web.json_response({"message": message, "error": code}, status=status)

    async def _chat(self, request, body):
        if not body["stream"]:
            text = "".join(c["choices"][0]["delta"].get("content", "") for c in self.stream)
            message = {"role": "assistant", "content": text}
            return web.json_response({"choices": [{"message": message, "finish_reason": "stop"}]})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for at, piece in enumerate(self.stream):
            if at == self.hold_after and not await asyncio.to_thread(self.gate.wait, 5):
                return response  # nobody let it go on: broken off, so that the test fails
            await response.write(b"data: " + json.dumps(piece).encode() + b"\n\n")
        if self.finish_stream:
            await response.write(b"data: [DONE]\n\n")
        return response
