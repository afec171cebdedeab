"""A point where a target waits until the test lets it go on, so that no test needs to sleep."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from aiohttp import web

from tests.served.target import Behaviour

LONGEST_S = 30


class Hold:
    """Awaited by a target. reached: set once a request has come so far."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._free: Future[None] = Future()

    async def __call__(self) -> None:
        self.reached.set()
        # Shielded, since many requests may wait here and one that is broken off frees no other.
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._free)), LONGEST_S)

    def arrived(self) -> None:
        """Return once a request is here."""
        assert self.reached.wait(LONGEST_S), "no request came"

    def release(self) -> None:
        if not self._free.done():
            self._free.set_result(None)

    def then(self, behaviour: Behaviour) -> Behaviour:
        """That behaviour, once this was released."""

        async def held(request: web.Request) -> web.StreamResponse:
            await self()
            return await behaviour(request)

        return held
