"""What a person sees of a page: all frames together, told by page.js from inside each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, TypeVar

from playwright.async_api import ElementHandle, Error, Frame, JSHandle, Page

from quintain.dialects.page import PageTarget
from quintain.pages import failures
from quintain.pages.reading import Block

T = TypeVar("T")
_SCRIPT = files("quintain.pages").joinpath("page.js").read_text()
_FRAME_S = 3.0  # a frame that hangs is passed over
_MOST_FRAMES = 24
_LONGEST_SEEN = 600


@dataclass(frozen=True, slots=True)
class Box:
    """A message box. disabled: it takes nothing just now. score: how much it looks like one."""

    frame: Frame
    element: ElementHandle
    score: float
    disabled: bool


@dataclass(frozen=True, slots=True)
class BoxState:
    """editable: contenteditable. single: one line alone. most: characters that it takes."""

    there: bool
    text: str
    off: bool
    single: bool
    editable: bool
    most: int | None


@dataclass(frozen=True, slots=True)
class Press:
    """Something to click on."""

    frame: Frame
    element: ElementHandle
    score: float
    label: str = ""
    disabled: bool = False


@dataclass(slots=True)
class View:
    """busy: signs that something is under way. home: the place of the message box."""

    blocks: list[Block] = field(default_factory=list)
    busy: int = 0
    home: tuple[str, ...] = ()


class Eyes:
    """target: the registration, whose selectors win over what is found here."""

    def __init__(self, page: Page, target: PageTarget) -> None:
        self._page, self._hints = page, target.hints

    async def frames(self) -> list[Frame]:
        """The page's own frame and those in it, or the one that is named and those in it."""
        frames = self._page.frames[:_MOST_FRAMES]
        if not self._hints.frame:
            return frames
        within = await self._named_frame(self._hints.frame)
        return [each for each in frames if within in _chain(each)]

    async def _named_frame(self, selector: str) -> Frame:
        element = await self.first("frame", selector, self._page.frames)
        frame = await element.content_frame() if element else None
        if frame is None:
            raise failures.not_found("frame", "frame", await self.seen())
        return frame

    async def first(
        self, name: str, selector: str, frames: list[Frame] | None = None
    ) -> ElementHandle | None:
        """The first visible match of a selector of the registration, in any frame."""
        for frame in await self.frames() if frames is None else frames:
            for element in await _matches(frame, name, selector):
                if await _quick(element.is_visible(), default=False):
                    return element
        return None

    async def look(self, box: Box | None) -> View:
        """All text as it is shown now."""
        frames = await self.frames()
        views = await asyncio.gather(
            *(self._look(number, frame, box) for number, frame in enumerate(frames))
        )
        return View(
            [block for view in views for block in view.blocks],
            sum(view.busy for view in views),
            next((view.home for view in views if view.home), ()),
        )

    async def _look(self, number: int, frame: Frame, box: Box | None) -> View:
        given: dict[str, Any] = {"box": box.element if box and box.frame == frame else None}
        if self._hints.answer:
            given["inside"] = await _matches(frame, "answer", self._hints.answer)
        told = await _quick(frame.evaluate(_calling("look"), given), default=None)
        if told is None:
            return View()
        at = tuple(f"{number}.{told['at']}".split(".")) if told["at"] is not None else ()
        return View([_block(number, each) for each in told["blocks"]], told["busy"], at)

    async def box(self) -> Box | None:
        """What looks most like a message box; the one that is named, where one is."""
        if self._hints.input:
            element = await self.first("input", self._hints.input)
            frame = await element.owner_frame() if element else None
            if element is None or frame is None:
                return None
            return Box(frame, element, 100, (await self.state(element)).off)
        found = [await self._box(frame) for frame in await self.frames()]
        return max(filter(None, found), key=lambda box: box.score, default=None)

    async def again(self, box: Box) -> Box:
        """The same box, or the one that a page has made in its place."""
        if (await self.state(box.element)).there:
            return box
        return await self.box() or box

    async def _box(self, frame: Frame) -> Box | None:
        handle = await _quick(frame.evaluate_handle(_calling("box")), default=None)
        if handle is None or await handle.evaluate("(found) => !found"):
            return None
        element = await _element(handle)
        told = await handle.evaluate("(found) => ({score: found.score, disabled: found.disabled})")
        return Box(frame, element, **told) if element else None

    async def state(self, element: ElementHandle) -> BoxState:
        gone = BoxState(there=False, text="", off=False, single=False, editable=False, most=None)
        told = await _quick(element.evaluate(_calling("boxState")), default=None)
        return BoxState(**told) if told else gone

    async def send_button(self, box: Box) -> Press | None:
        if self._hints.send:
            element = await self.first("send", self._hints.send)
            return Press(box.frame, element, 100) if element else None
        handle = await _quick(
            box.frame.evaluate_handle(_calling("send"), box.element), default=None
        )
        pressed = await _presses(box.frame, [handle] if handle else [])
        return pressed[0] if pressed else None

    async def openers(self) -> list[Press]:
        """What may open the chat, the likeliest first."""
        found = [each for frame in await self.frames() for each in await _all(frame, "openers")]
        return sorted(found, key=lambda press: -press.score)

    async def unticked(self, button: Press) -> list[Press]:
        """The boxes to tick before a button that is disabled can be pressed."""
        return await _all(button.frame, "unticked", button.element)

    async def dismissers(self, *, covered: bool) -> list[Press]:
        """Buttons of banners that stand in the way; of any overlay, where the box is covered."""
        found = [
            each
            for frame in self._page.frames[:_MOST_FRAMES]
            for each in await _all(frame, "dismissers", covered)
        ]
        return sorted(found, key=lambda press: -press.score)

    async def covered(self, box: Box) -> bool:
        asked = box.frame.evaluate(_calling("covered"), box.element)
        return bool(await _quick(asked, default=False))

    async def seen(self) -> str:
        """What is there instead, in a few words, for an error."""
        told = [
            each
            for frame in self._page.frames[:4]
            if (each := await _quick(frame.evaluate(_calling("seen")), default=None))
        ]
        fields = "; ".join(name for each in told for name in each["fields"]) or "none"
        buttons = "; ".join(name for each in told for name in each["buttons"]) or "none"
        title = told[0]["title"] if told else ""
        text = " ".join(each["text"] for each in told)
        return f"title {title!r}; fields: {fields}; buttons: {buttons}; text: {text!r}"[
            :_LONGEST_SEEN
        ]


def _calling(function: str) -> str:
    return f"(given) => ({_SCRIPT})\n.{function}(given)"


def _block(frame: int, told: dict[str, str]) -> Block:
    path = (str(frame), *told["p"].split("."))
    bubble = (str(frame), *told["b"].split(".")) if told["b"] else ()
    return Block(told["t"], told["g"], path, told["k"], told["a"], bubble)


def _chain(frame: Frame) -> list[Frame]:
    found: list[Frame] = []
    one: Frame | None = frame
    while one is not None:
        found.append(one)
        one = one.parent_frame
    return found


async def _quick(asked: Awaitable[T], default: T) -> T:
    """What a frame says, or the default where it hangs or is just being replaced.

    That the page itself is gone shows in what is asked of it next.
    """
    try:
        async with asyncio.timeout(_FRAME_S):
            return await asked
    except (Error, TimeoutError) as error:
        if "closed" in str(error) and "arget" in str(error):
            raise
        return default


async def _matches(frame: Frame, name: str, selector: str) -> list[ElementHandle]:
    try:
        return await frame.query_selector_all(f"css={selector}")
    except Error as error:
        if "selector" in str(error).lower():
            raise failures.bad_selector(name) from None
        return []


async def _all(frame: Frame, function: str, given: Any = None) -> list[Press]:
    handle = await _quick(frame.evaluate_handle(_calling(function), given), default=None)
    if handle is None:
        return []
    return await _presses(frame, list((await handle.get_properties()).values()))


async def _presses(frame: Frame, handles: list[JSHandle]) -> list[Press]:
    found = []
    for handle in handles:
        element = await _element(handle)
        if element is not None:
            told = await handle.evaluate(
                "(one) => ({score: one.score, label: one.label || '', disabled: !!one.disabled})"
            )
            found.append(Press(frame, element, **told))
    return found


async def _element(handle: JSHandle) -> ElementHandle | None:
    if not (await handle.get_properties()).get("element"):
        return None
    return (await handle.get_property("element")).as_element()
