"""One browser context with one page: its ticket on the network, its conversation, its end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from playwright.async_api import BrowserContext, Error, Page
from yarl import URL

from quintain.dialects.page import PageTarget
from quintain.egress.failures import OutboundError
from quintain.egress.route import route_of
from quintain.errors import TargetError
from quintain.pages import failures
from quintain.pages.chromium import Chromium
from quintain.pages.proxy import Proxy
from quintain.pages.talk import Talk
from quintain.pages.ticket import Ticket

_CLOSE_S = 10.0


class Tab:
    def __init__(
        self, chromium: Chromium, proxy: Proxy, target: PageTarget, *, limit: int, connect_s: float
    ) -> None:
        self._chromium, self._proxy, self._target = chromium, proxy, target
        self._ticket = Ticket(target.internal, limit, connect_s)
        self._context: BrowserContext | None = None
        self._talk: Talk | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def ask(self, prompt: str) -> str:
        """Raises TargetError."""
        self._ticket.begin()
        try:
            talk = self._talk or await self._opened()
            return await talk.say(prompt)
        except Error as error:
            raise self._ticket.over or _broken(self._target, error) from None

    async def _opened(self) -> Talk:
        self._proxy.admit(self._ticket)
        self._context = await self._chromium.context(self._ticket)
        page = await self._context.new_page()
        self._context.on("page", self._close_popup)
        self._talk = Talk(page, self._target, self._refused)
        await self._talk.open()
        return self._talk

    def _close_popup(self, page: Page) -> None:
        """Whatever opens beside the page is closed: a person would do the same."""
        task = asyncio.get_running_loop().create_task(_close(page))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _refused(self, url: str) -> TargetError | None:
        """What the network refused at an address; without one, what ended this call."""
        if not url or self._ticket.over:
            return self._ticket.over
        try:
            return self._ticket.refusals.get(route_of(URL(url)).where)
        except (ValueError, OutboundError):
            return None

    def too_late(self, seconds: float) -> TargetError:
        if self._ticket.over or self._talk is None:
            return self._ticket.over or failures.slow("starting", self._target.where, seconds)
        return self._talk.too_late(seconds)

    async def close(self) -> None:
        """Never fails, and never waits long: what hangs in it ends with its connections."""
        self._proxy.drop(self._ticket)
        if self._context is not None:
            await _close(self._context)


async def _close(thing: Page | BrowserContext) -> None:
    with suppress(Error, TimeoutError):
        async with asyncio.timeout(_CLOSE_S):
            await thing.close()


def _broken(target: PageTarget, error: Error) -> TargetError:
    said = str(error)
    if "closed" in said or "crash" in said.lower():
        return failures.crashed()
    return failures.not_loaded(target.where, said.splitlines()[0][:200])
