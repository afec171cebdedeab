"""The part of the fake server that has runs: what it answers is laid out beforehand."""

import json

from aiohttp import web

from tests.served.run_views import FINDING, run_view


def sse(name, data, number=None):
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n"


def progress(view):
    told = {key: view[key] for key in ("run_id", "state", "reason")}
    return sse("progress", told | view["progress"])


class FakeRuns:
    """views: what GET /runs/12 answers, one after the other, the last one for good.

    streams: what each connection to /events is told before it ends. hold: the last of them stays
    open until the server ends. slow: a run is made only when the server is told to go on. listed: what
    GET /runs answers by `model:version`.
    """

    def __init__(self):
        self.views = [run_view()]
        self.streams = []
        self.heard_from = []
        self.listed = {}
        self.comparison = {}
        self.hold = False
        self.slow = False
        self.down = 0  # how many looks are answered 503

    async def answer(self, request, body, gate):
        parts = request.path.strip("/").split("/")
        if request.method == "POST" and parts == ["runs"]:
            if self.slow:
                await gate()
            return web.json_response({"run": self.views[0]})
        if parts == ["runs", "estimate"]:
            view = self.views[0]
            told = {"estimate": view["estimate"], "parts": [], "skipped": view["skipped"]}
            return web.json_response(told)
        if parts == ["runs"]:
            return self._list(request)
        if len(parts) == 2:
            return self._look()
        if parts[2] == "events":
            return await self._stream(request, gate)
        return self._rest(request, parts)

    def _list(self, request):
        name = f"{request.query.get('model')}:{request.query.get('version')}"
        runs = self.listed.get(name, []) if "model" in request.query else [self.views[-1]]
        return web.json_response({"runs": runs, "next": None})

    def _look(self):
        if self.down:
            self.down -= 1
            return web.json_response({"message": "Shutting down.", "error": "x"}, status=503)
        view = self.views.pop(0) if len(self.views) > 1 else self.views[0]
        return web.json_response(view)

    async def _stream(self, request, gate):
        self.heard_from.append(request.headers.get("Last-Event-ID"))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in self.streams.pop(0) if self.streams else []:
            await response.write(event.encode())
        if self.hold and not self.streams:
            await gate()
        return response

    def _rest(self, request, parts):
        what = parts[2]
        if what in {"cancel", "resume"}:
            return web.json_response({"run": run_view(state="cancelled")})
        if what == "findings":
            return web.json_response({"findings": [FINDING]})
        if what == "compare":
            return web.json_response(self.comparison)
        if what.startswith("report."):
            return web.Response(text=f"the report as {what.partition('.')[2]}")
        attempt = {
            "attempt_id": 5,
            "verdict": "breached",
            "probe": "core:x",
            "category": "jailbreak",
            "technique": "role_play",
            "prompt": [{"role": "user", "content": "Pretend."}],
            "answer": "I am\x1b[2J playing.",
            "reason": "It played along.",
        }
        if len(parts) == 4:
            return web.json_response(attempt)
        return web.json_response({"attempts": [attempt], "next": 5})
