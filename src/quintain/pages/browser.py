"""Chat pages, driven as a person would: one Chromium, a bounded number of pages in it.

Playwright and Chromium are looked for when the first page is called: without them everything else
works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quintain.dialects.page import PageTarget
from quintain.egress.outbound import Egress
from quintain.pages import failures
from quintain.pages.proxy import Proxy
from quintain.pages.tabs import Tabs
from quintain.settings import Settings

if TYPE_CHECKING:
    from quintain.pages.chromium import Chromium
    from quintain.pages.tab import Tab

UNUSED_S = 120.0  # after which a Chromium without pages is ended, and its memory is free


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """text: what the bot said. new: the conversation began with this call."""

    text: str
    new: bool


class Browser:
    """egress: started. It decides where pages may go."""

    def __init__(self, egress: Egress, settings: Settings) -> None:
        self._egress, self._settings = egress, settings
        self._proxy: Proxy | None = None
        self._chromium: Chromium | None = None
        self._starting = asyncio.Lock()
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._resting: asyncio.Task[None] | None = None
        self._tabs: Tabs[Tab] = Tabs(
            settings.browser_tabs,
            settings.max_waiting,
            settings.browser_idle_s,
            close=self._close_tab,
        )

    async def ask(
        self,
        page: PageTarget,
        conversation: str | None,
        prompt: str,
        deadline_s: float,
        sent: Callable[[], None] | None = None,
    ) -> PageAnswer:
        """Say something on the page, and give what the bot says to it.

        conversation: the key under which the page stays open for later calls; None takes a fresh
        page. deadline_s: for all of it, in seconds. sent: called when a page is at hand, just before
        anything is asked of it. Raises TargetError: `config` (no browser, a bad
        selector), `dns`, `egress`, `connect`, `tls`, `http`, `mapping` (a part of the page was not
        found), `answer`. Cancelled, it closes the page.
        """
        tab: Tab | None = None
        try:
            async with (
                asyncio.timeout(deadline_s),
                self._tabs.taken(conversation, lambda: self._open_tab(page)) as (tab, new),
            ):
                if sent is not None:
                    sent()
                return PageAnswer(await tab.ask(prompt), new)
        except TimeoutError:
            if tab is None:
                raise failures.busy(self._settings.browser_tabs) from None
            raise tab.too_late(deadline_s) from None
        finally:
            self._rest_later()

    async def _open_tab(self, page: PageTarget) -> Tab:
        """A tab of its own; the page itself is gone to by its first call."""
        chromium, proxy = await self._running()  # first: it says so where Playwright is missing
        from quintain.pages.tab import Tab  # noqa: PLC0415  # Playwright is an extra

        limit = self._settings.max_answer_body
        connect_s = page.connect_s or self._settings.connect_s
        return Tab(chromium, proxy, page, limit=limit, connect_s=connect_s)

    async def _close_tab(self, tab: Tab) -> None:
        await tab.close()

    async def _running(self) -> tuple[Chromium, Proxy]:
        """The one Chromium, started now if there is none or it broke down."""
        async with self._starting:
            if self._closing:
                raise failures.stopping()
            proxy = await self._proxying()
            if self._chromium is None or not self._chromium.alive:
                if self._chromium is not None:
                    self._tabs.give_up_all("the browser broke down")
                    await self._chromium.end()
                    self._chromium = None
                self._chromium = await _started(proxy, self._settings)
            return self._chromium, proxy

    async def _proxying(self) -> Proxy:
        if self._proxy is None:
            proxy = Proxy(self._egress.dialler)
            await proxy.start()
            self._proxy = proxy
        return self._proxy

    def _rest_later(self) -> None:
        """End a Chromium that nobody uses, some time after its last page."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._closing:
            self._timer = asyncio.get_running_loop().call_later(UNUSED_S, self._rest)

    def _rest(self) -> None:
        if self._tabs.open:
            self._rest_later()
        else:
            self._resting = asyncio.create_task(self._end_unused())

    async def _end_unused(self) -> None:
        async with self._starting:
            if self._chromium is not None and not self._tabs.open:
                chromium, self._chromium = self._chromium, None
                await chromium.end()

    async def close(self) -> None:
        """End all pages and the browser. Calls under way fail."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        await self._tabs.shut()
        async with self._starting:
            chromium, self._chromium = self._chromium, None
            if chromium is not None:
                await chromium.end()
            if self._proxy is not None:
                await self._proxy.close()


async def _started(proxy: Proxy, settings: Settings) -> Chromium:
    try:
        from quintain.pages.chromium import Chromium  # noqa: PLC0415  # Playwright is an extra
    except ImportError:
        raise failures.no_browser(
            "install quintain[browser] (pip install 'quintain[browser]')"
        ) from None
    chromium = Chromium(proxy, settings.browser, settings.ca_file)
    await chromium.start()
    return chromium
