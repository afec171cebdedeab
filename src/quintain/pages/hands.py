"""What a person does on a page: clicks, types and sends, with real key strokes and clicks."""

from __future__ import annotations

import asyncio

from playwright.async_api import ElementHandle, Error, Page

from quintain.pages import failures, reading
from quintain.pages.eyes import Box, BoxState, Eyes, Press, View
from quintain.pages.traffic import Traffic

_CLICK_MS = 3000
_SURE = 5.0  # the score of a button that says of itself that it sends
_SENT_S = 1.5
_ENABLED_S = 1.0
_POLL_S = 0.1
_MOST_TRIES = 5  # on pages that replace their box again and again
_INVISIBLE = str.maketrans("", "", "\u200b\ufeff\u00ad")


class Hands:
    def __init__(self, page: Page, eyes: Eyes, traffic: Traffic) -> None:
        self._page, self._eyes, self._traffic = page, eyes, traffic

    async def click(self, element: ElementHandle) -> bool:
        """Click as a person; where something lies over it or it never stands still, click anyway."""
        for force in (False, True):
            try:
                await element.click(timeout=_CLICK_MS, force=force)
            except Error as error:
                if _is_gone(error):
                    raise
                if "not attached" in str(error):
                    return False
            else:
                return True
        return False

    async def write(self, box: Box, prompt: str) -> Box:
        """Put the prompt into the box; line breaks never send it.

        Gives the box that holds it, since a page may have made it anew. Raises TargetError where
        the box does not take all of it.
        """
        box, state = await self._focus(box)
        text = prompt.replace("\r\n", "\n").replace("\r", "\n")
        text = " ".join(text.split("\n")) if state.single else text
        await self._clear(state.text)
        await (self._lines(text) if state.editable else self._insert(text))
        box = await self._eyes.again(box)
        taken = (await self._eyes.state(box.element)).text
        if _plain(taken) != _plain(text):
            box = await self._fill(box, text)
        return box

    async def _focus(self, box: Box) -> tuple[Box, BoxState]:
        for _ in range(_MOST_TRIES):
            box = await self._eyes.again(box)
            try:
                await box.element.click(timeout=_CLICK_MS)
                await box.element.focus()
            except Error as error:
                if _is_gone(error):
                    raise
                if "not attached" in str(error):
                    continue
                await self.click(box.element)
            return box, await self._eyes.state(box.element)
        raise failures.not_found("message box for long", "input", await self._eyes.seen())

    async def _clear(self, text: str) -> None:
        if text.strip():
            await self._page.keyboard.press("Control+A")
            await self._page.keyboard.press("Delete")

    async def _lines(self, text: str) -> None:
        """For editable elements, where a line break is a key of its own."""
        for number, line in enumerate(text.split("\n")):
            if number:
                await self._page.keyboard.press("Shift+Enter")
            await self._insert(line)

    async def _insert(self, text: str) -> None:
        """The last character as a key stroke, since some pages listen to nothing else."""
        if not text:
            return
        keyed = text[-1].isascii() and text[-1].isprintable()
        if rest := text[:-1] if keyed else text:
            await self._page.keyboard.insert_text(rest)
        if keyed:
            await self._page.keyboard.type(text[-1])

    async def _fill(self, box: Box, text: str) -> Box:
        """Once more, in the way in which a form is filled."""
        try:
            await box.element.fill(text, timeout=_CLICK_MS)
        except Error as error:
            if _is_gone(error):
                raise
        box = await self._eyes.again(box)
        taken = (await self._eyes.state(box.element)).text
        if _plain(taken) != _plain(text):
            raise failures.cut(len(taken), len(text))
        return box

    async def send(self, box: Box, prompt: str, typed: View) -> None:
        """By the button that says so, else by Enter, else by the button beside the box.

        typed: the page with the prompt in its box. Raises TargetError where nothing sends it.
        """
        self._traffic.mark()
        button = await self._button(box)
        sure = button is not None and button.score >= _SURE
        ways = [self._by_button, self._by_enter] if sure else [self._by_enter, self._by_button]
        for way in ways:
            if await way(box) and await self._sent(box, prompt, typed):
                return
            await self._unbreak(box, prompt)
        if not reading.added(typed.blocks, (await self._eyes.look(box)).blocks):
            raise failures.not_sent(await self._eyes.seen())

    async def _unbreak(self, box: Box, prompt: str) -> None:
        """Take back the line break that Enter has made where it sends nothing."""
        text = (await self._eyes.state((await self._eyes.again(box)).element)).text
        if text.endswith("\n") and not prompt.endswith("\n"):
            await self._page.keyboard.press("Backspace")

    async def _button(self, box: Box) -> Press | None:
        """The button, once it can be pressed: many can only when there is a text."""
        button = await self._eyes.send_button(box)
        waited = 0.0
        while button and button.disabled and waited < _ENABLED_S:
            await asyncio.sleep(_POLL_S)
            waited += _POLL_S
            button = await self._eyes.send_button(box)
        return None if button and button.disabled else button

    async def _by_enter(self, box: Box) -> bool:
        box = await self._eyes.again(box)
        try:
            await box.element.focus()
        except Error as error:
            if _is_gone(error):
                raise
            return False
        await self._page.keyboard.press("Enter")
        return True

    async def _by_button(self, box: Box) -> bool:
        for _ in range(_MOST_TRIES):
            button = await self._button(await self._eyes.again(box))
            if button is None:
                return False
            if await self.click(button.element):
                return True
        return False

    async def _sent(self, box: Box, prompt: str, typed: View) -> bool:
        """Whether the prompt has left the box, or the page does something about it."""
        waited, left = 0.0, 0
        while waited < _SENT_S:
            box = await self._eyes.again(box)
            # Seen twice, since a page that is just being made anew shows nothing for a moment.
            left = left + 1 if await self._has_left(box, prompt) else 0
            view = await self._eyes.look(box)
            if left > 1 or view.busy > typed.busy:
                return True
            if reading.echoed(typed.blocks, view.blocks, prompt):
                return True
            await asyncio.sleep(_POLL_S)
            waited += _POLL_S
        return self._traffic.begun

    async def _has_left(self, box: Box, prompt: str) -> bool:
        state = await self._eyes.state(box.element)
        return not state.there or state.off or _plain(state.text) != _plain(prompt)


def _plain(text: str) -> str:
    return "".join(text.translate(_INVISIBLE).split())


def _is_gone(error: Error) -> bool:
    return "closed" in str(error) or "crash" in str(error).lower()
