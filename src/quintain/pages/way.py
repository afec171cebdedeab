"""The way from a loaded page to its message box: past banners, through a bubble, into a frame."""

from __future__ import annotations

import asyncio
import time

from playwright.async_api import ElementHandle, Page

from quintain.dialects.page import PageTarget
from quintain.pages import failures
from quintain.pages.eyes import Box, Eyes, Press
from quintain.pages.hands import Hands

_POLL_S = 0.2
_STRONG = 7.0  # the score of a box that is one for messages beyond doubt
_LOAD_S = 1.5  # before which nothing is clicked to open a chat: it may come by itself
_OPENED_S = 2.5  # what a click is given to show a box
_WEAK_S = 4.0  # after which a box will do that may be one
_FIND_S = 20.0
_NAMED_S = 10.0
_BANNER_S = 2.0
_MOST_BANNERS = 4


class Way:
    def __init__(self, page: Page, target: PageTarget, eyes: Eyes, hands: Hands) -> None:
        self._page, self._hints = page, target.hints
        self._eyes, self._hands = eyes, hands
        self._pressed: set[str] = set()
        self._banners = 0

    async def clear(self) -> None:
        """What the registration says to do first: dismiss, open, wait."""
        for selector in self._hints.dismiss or []:
            if element := await self._named("dismiss", selector, _BANNER_S):
                await self._hands.click(element)
        for selector in self._hints.open or []:
            element = await self._named("open", selector, _NAMED_S)
            if element is None:
                raise failures.not_found("opener", "open", await self._eyes.seen())
            await self._hands.click(element)
        ready = self._hints.ready
        if ready and await self._named("ready", ready, _FIND_S) is None:
            raise failures.not_found("sign that it is ready", "ready", await self._eyes.seen())

    async def _named(self, name: str, selector: str, patience_s: float) -> ElementHandle | None:
        began = time.monotonic()
        while time.monotonic() - began < patience_s:
            if element := await self._eyes.first(name, selector, self._page.frames):
                return element
            await asyncio.sleep(_POLL_S)
        return None

    async def find(self) -> Box:
        """The message box. Raises TargetError, with what is there instead, where there is none."""
        began = time.monotonic()
        pressed_at = began - _OPENED_S
        while True:
            await self._dismiss(covered=False)
            box = await self._eyes.box()
            if box and box.score >= _STRONG:
                return await self._uncovered(box)
            now = time.monotonic()
            if now - began > _LOAD_S and now - pressed_at > _OPENED_S and await self._press():
                pressed_at = time.monotonic()
            elif box and box.score > 0 and now - max(began, pressed_at) > _WEAK_S:
                return await self._uncovered(box)
            elif now - max(began, pressed_at) > _FIND_S:
                raise failures.not_found("message box", "input", await self._eyes.seen())
            await asyncio.sleep(_POLL_S)

    async def _press(self) -> bool:
        """Click on what may open the chat, each thing once."""
        if self._hints.open or self._hints.input:
            return False
        for opener in await self._eyes.openers():
            if self._name(opener) not in self._pressed:
                self._pressed.add(self._name(opener))
                for tick in await self._eyes.unticked(opener):
                    await self._hands.click(tick.element)
                return await self._hands.click(opener.element)
        return False

    def _name(self, opener: Press) -> str:
        return f"{opener.frame.url} {opener.label}"

    async def _uncovered(self, box: Box) -> Box:
        for _ in range(_MOST_BANNERS):
            if not await self._eyes.covered(box) or not await self._dismiss(covered=True):
                break
        return box

    async def _dismiss(self, *, covered: bool) -> bool:
        """Click a banner away, as often as a person would put up with."""
        if self._banners >= _MOST_BANNERS or self._hints.dismiss:
            return False
        for button in (await self._eyes.dismissers(covered=covered))[:1]:
            self._banners += 1
            return await self._hands.click(button.element)
        return False
