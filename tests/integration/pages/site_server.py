"""Chat pages of every build, served on loopback, with one bot behind all of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from aiohttp import web

SITE = Path(__file__).parent / "site"


class Site:
    """prompts: what the bot was told, in order. answers: by prompt; else an answer of its own."""

    def __init__(self, node_modules: Path | None = None) -> None:
        self.prompts: list[str] = []
        self.answers: dict[str, str] = {}
        self.visits: list[str] = []
        self._node_modules = node_modules
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.held = asyncio.Event()
        self.go = asyncio.Event()

    async def start(self) -> Site:
        app = web.Application()
        app.router.add_get("/site/{name:.+}", self._page)
        app.router.add_post("/api/reply", self._reply)
        app.router.add_post("/api/stream", self._stream)
        app.router.add_route("*", "/api/n8n", self._n8n)
        app.router.add_route("*", "/status/{status}", self._status)
        app.router.add_get("/download", self._download)
        app.router.add_get("/to", self._redirect)
        app.router.add_get("/big", self._big)
        app.router.add_get("/hold", self._hold)
        if self._node_modules:
            app.router.add_static("/npm", self._node_modules)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def close(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    def say(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self.answers.get(prompt, f"Answer {len(self.prompts)} to {len(prompt)} characters.")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        self.visits.append(request.match_info["name"])
        return web.FileResponse(SITE / request.match_info["name"])

    async def _reply(self, request: web.Request) -> web.Response:
        said = self.say(await request.text())
        await asyncio.sleep(0.3)
        return web.Response(text=said)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        said = self.say(await request.text())
        response = web.StreamResponse()
        await response.prepare(request)
        for place in range(0, len(said), 5):
            await asyncio.sleep(0.1)
            await response.write(said[place : place + 5].encode())
        return response

    async def _n8n(self, request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        if body["action"] == "loadPreviousSession":
            return web.json_response({"data": []})
        await asyncio.sleep(0.3)
        return web.json_response({"output": self.say(body["chatInput"])})

    async def _status(self, request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), text="no")

    async def _download(self, request: web.Request) -> web.Response:
        return web.Response(
            body=b"x" * 1000,
            headers={"Content-Disposition": "attachment; filename=a.zip"},
            content_type="application/zip",
        )

    async def _big(self, request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (1 << 18))

    async def _hold(self, request: web.Request) -> web.Response:
        self.held.set()
        await self.go.wait()
        return web.Response(text="now")

    async def _redirect(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["url"])
