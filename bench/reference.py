"""The least that a gateway of uvicorn and aiohttp can do: check a key, put another on, pass it all.

The yardstick for what quintain adds to the servers and clients that it is made of.
"""

import argparse
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import uvicorn

from stub import CALLER_KEY, TARGET_KEY

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Gateway:
    def __init__(self, target: str) -> None:
        self._target = target
        self._session: aiohttp.ClientSession

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif dict(scope["headers"]).get(b"authorization") != b"Bearer " + CALLER_KEY.encode():
            await _answer(send, 401, [], b"")
        else:
            await self._forward(scope["path"], await _body(receive), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_read=300),
            auto_decompress=False,
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._session.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _forward(self, path: str, body: bytes, send: Send) -> None:
        headers = {"authorization": f"Bearer {TARGET_KEY}", "content-type": "application/json"}
        async with self._session.post(self._target + path, data=body, headers=headers) as reply:
            kind = [(b"content-type", reply.headers["content-type"].encode())]
            if reply.content_length is not None:
                await _answer(send, reply.status, kind, await reply.read())
                return
            await send({"type": "http.response.start", "status": reply.status, "headers": kind})
            async for chunk in reply.content.iter_any():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body"})


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message["more_body"]:
        message = await receive()
        body += message["body"]
    return body


async def _answer(send: Send, status: int, headers: list[Any], body: bytes) -> None:
    headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--target", required=True, help="such as http://127.0.0.1:9000")
    given = parser.parse_args()
    settings = uvicorn.Config(
        Gateway(given.target),
        port=given.port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
    )
    uvicorn.Server(settings).run()
