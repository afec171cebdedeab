"""One conversation on one page: find the way to the message box, say something, read the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from playwright.async_api import Error, Page, Response

from quintain.dialects.page import PageTarget
from quintain.errors import TargetError
from quintain.pages import failures, reading
from quintain.pages.eyes import Box, Eyes, View
from quintain.pages.hands import Hands
from quintain.pages.traffic import Traffic
from quintain.pages.way import Way

POLL_S = 0.15
SETTLE_S = 1.0
BUSY_S = 15.0  # how long an answer may pause while the page shows that more comes
LOADING_S = 5.0  # the same while only a request of the page is under way
LENIENT_S = 10.0  # after which a text counts that looks like a label or a chip
GREETING_S = 5.0
DISABLED_S = 20.0


class Talk:
    """refused: what the network refused of this page, worst first; None while nothing ended it."""

    def __init__(
        self, page: Page, target: PageTarget, refused: Callable[[str], TargetError | None]
    ) -> None:
        self._page, self._target, self._refused = page, target, refused
        self._eyes = Eyes(page, target)
        self._traffic = Traffic(page)
        self._hands = Hands(page, self._eyes, self._traffic)
        self._way = Way(page, target, self._eyes, self._hands)
        settle_ms = target.hints.settle_ms
        self._settle_s = settle_ms / 1000 if settle_ms else SETTLE_S
        self.step = "open"

    async def open(self) -> None:
        """Go to the page. Raises TargetError where it cannot be shown."""
        url = str(self._target.url)
        try:
            response = await self._page.goto(url, wait_until="domcontentloaded", timeout=0)
        except Error as error:
            raise self._unreachable(str(error)) from None
        self._check(response)
        await self._way.clear()

    async def say(self, prompt: str) -> str:
        """Type and send, and give what the bot says. Without an end of its own: see too_late."""
        self.step = "find"
        box = await self._way.find()
        before = await self._quiet(box)
        self.step = "write"
        box = await self._hands.write(box, prompt)
        typed = await self._eyes.look(box)
        await self._hands.send(box, prompt, typed)
        self.step = "wait"
        return await self._answer(box, before, prompt)

    def too_late(self, seconds: float) -> TargetError:
        """What it means that time ran out just now."""
        where = self._target.where
        if self.step == "wait":
            return failures.silent(where, seconds)
        if self.step == "grow":
            return failures.endless(where, seconds)
        return failures.slow(_STEPS[self.step], where, seconds)

    async def _quiet(self, box: Box) -> View:
        """The page once its greeting is out and the box takes text."""
        view = await self._eyes.look(box)
        began = changed = time.monotonic()
        while True:
            await asyncio.sleep(POLL_S)
            box = await self._eyes.again(box)
            seen = await self._eyes.look(box)
            off = (await self._eyes.state(box.element)).off
            now = time.monotonic()
            changed = now if _texts(seen) != _texts(view) else changed
            view = seen
            waited = now - began
            if waited > (DISABLED_S if off else GREETING_S):
                return view
            if not off and now - changed >= min(self._settle_s, SETTLE_S) / 2:
                return view

    async def _answer(self, box: Box, before: View, prompt: str) -> str:
        kept, text, loose = before.blocks, "", ""
        changed = time.monotonic()
        while True:
            self._check_network()
            box = await self._eyes.again(box)
            view = await self._eyes.look(box)
            home = view.home or before.home
            found = reading.answer(before.blocks, view.blocks, prompt, home)
            if not found:
                kept = reading.still(kept, view.blocks)
                found = reading.answer(kept, view.blocks, prompt, home)
            spare = found or reading.answer(before.blocks, view.blocks, prompt, home, lenient=True)
            now = time.monotonic()
            if (found, spare) != (text, loose):
                text, loose, changed = found, spare, now
                self.step = "grow" if text else "wait"
            busy = await self._busy(box, before, view, text)
            if text and now - changed >= max(self._settle_s, busy):
                return text
            if loose and not busy and now - changed >= LENIENT_S:
                return loose
            await asyncio.sleep(POLL_S)

    async def _busy(self, box: Box, before: View, view: View, text: str) -> float:
        """How long the answer may pause, by what the page shows; 0 where nothing is under way."""
        state = await self._eyes.state(box.element)
        shown = view.busy > before.busy or (state.there and state.off) or reading.unfinished(text)
        if shown or reading.waiting(before.blocks, view.blocks):
            return BUSY_S
        return LOADING_S if self._traffic.under_way else 0.0

    def _check(self, response: Response | None) -> None:
        self._check_network()
        reached = response.url if response else self._traffic.navigated
        refusal = self._refused(reached)
        if refusal is not None:
            raise refusal
        if response is not None and response.status >= 400:
            raise failures.refused(response.status)

    def _check_network(self) -> None:
        """Raises TargetError where this call has used up what it may move."""
        over = self._refused("")
        if over is not None:
            raise over

    def _unreachable(self, said: str) -> TargetError:
        refusal = self._refused("") or self._refused(self._traffic.navigated)
        if refusal is not None:
            return refusal
        if "closed" in said or "crash" in said.lower():
            return failures.crashed()
        if "ERR_CERT" in said:
            return failures.bad_certificate(self._target.where)
        if "ERR_ABORTED" in said or "Download" in said:
            return failures.not_loaded(self._target.where, "it is a download, not a page")
        why = said.partition("net::")[2].split(" ")[0] or said.splitlines()[0][:120]
        return failures.not_loaded(self._target.where, why.removeprefix("ERR_").lower())


_STEPS = {"open": "loading the page", "find": "finding the message box", "write": "typing"}


def _texts(view: View) -> list[str]:
    return [block.text for block in view.blocks if block.kind != "busy"]
