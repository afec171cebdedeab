"""A bounded number of open pages, and who waits for one."""

from __future__ import annotations

import asyncio

import pytest

from quintain.errors import TargetError
from quintain.pages.tabs import Tabs


class Opened:
    """Counts what is open; `tabs` with the given bounds."""

    def __init__(
        self, limit: int = 2, line: int = 10, idle_s: float = 60, grace_s: float = 30
    ) -> None:
        self.made, self.closed = 0, []
        self.tabs: Tabs[int] = Tabs(limit, line, idle_s, self._close, grace_s)

    async def make(self) -> int:
        self.made += 1
        return self.made

    async def _close(self, thing: int) -> None:
        self.closed.append(thing)

    async def use(self, key: str | None = None) -> tuple[int, bool]:
        async with self.tabs.taken(key, self.make) as used:
            return used

    async def hold(self, key: str | None = None) -> asyncio.Task[None]:
        """A call that goes on until its task is cancelled."""
        begun = asyncio.Event()

        async def held() -> None:
            async with self.tabs.taken(key, self.make):
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(held())
        await begun.wait()
        return task


async def broken_off(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_without_a_conversation_each_call_opens_and_closes_one() -> None:
    opened = Opened()
    assert [await opened.use(), await opened.use()] == [(1, True), (2, True)]
    await opened.tabs.shut()
    assert opened.closed == [1, 2]


async def test_a_conversation_keeps_its_own() -> None:
    opened = Opened()
    assert [await opened.use("a"), await opened.use("b"), await opened.use("a")] == [
        (1, True),
        (2, True),
        (1, False),
    ]
    await opened.tabs.shut()


async def test_past_the_limit_a_call_waits_for_its_turn() -> None:
    opened = Opened(limit=1)
    first = await opened.hold()
    second = asyncio.create_task(opened.use())
    await asyncio.sleep(0)
    assert not second.done()
    await broken_off(first)
    assert await second == (2, True)
    await opened.tabs.shut()


async def test_a_full_line_turns_away() -> None:
    opened = Opened(limit=1, line=0)
    with pytest.raises(TargetError) as caught:
        await opened.use()
    assert (caught.value.code, caught.value.status) == ("browser_busy", 503)


async def test_a_caller_who_leaves_the_line_takes_no_place() -> None:
    opened = Opened(limit=1)
    first = await opened.hold()
    second = asyncio.create_task(opened.use())
    await asyncio.sleep(0)
    await broken_off(second)
    await broken_off(first)
    assert await opened.use() == (2, True)
    await opened.tabs.shut()
    assert opened.tabs.open == 0


async def test_the_longest_idle_conversation_makes_way_and_is_told() -> None:
    opened = Opened(limit=2, grace_s=0)
    await opened.use("a")
    await opened.use("b")
    assert (await opened.use("c"))[1]
    with pytest.raises(TargetError, match="QUINTAIN_BROWSER_TABS") as caught:
        await opened.use("a")
    assert caught.value.code == "conversation_lost"
    assert (await opened.use("a"))[1]
    await opened.tabs.shut()
    assert opened.closed[0] == 1


async def test_one_that_goes_on_is_spared_before_one_of_a_single_turn(monkeypatch) -> None:
    monkeypatch.setattr("quintain.pages.tabs.GRACE_ONE_S", 0)
    opened = Opened(limit=2)
    await opened.use("long")
    await opened.use("long")
    await opened.use("short")
    assert (await opened.use("third"))[1]
    assert await opened.use("long") == (1, False)
    await opened.tabs.shut()


async def test_a_conversation_that_was_just_used_makes_no_way() -> None:
    opened = Opened(limit=1, grace_s=30)
    await opened.use("a")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await opened.use("b")
    assert await opened.use("a") == (1, False)
    await opened.tabs.shut()


async def test_a_conversation_that_lay_idle_too_long_is_closed() -> None:
    opened = Opened(idle_s=0.01)
    await opened.use("a")
    async with asyncio.timeout(5):
        while opened.tabs.open:
            await asyncio.sleep(0.01)
    with pytest.raises(TargetError) as caught:
        await opened.use("a")
    assert caught.value.code == "conversation_lost"


async def test_a_failed_call_closes_its_conversation() -> None:
    opened = Opened()
    await opened.use("a")
    with pytest.raises(ZeroDivisionError):
        async with opened.tabs.taken("a", opened.make):
            raise ZeroDivisionError
    with pytest.raises(TargetError, match="begin it anew"):
        await opened.use("a")
    assert await opened.use("a") == (2, True)
    await opened.tabs.shut()


async def test_calls_of_one_conversation_take_turns() -> None:
    opened = Opened()
    first = await opened.hold("a")
    second = asyncio.create_task(opened.use("a"))
    await asyncio.sleep(0)
    assert opened.made == 1
    assert not second.done()
    await broken_off(first)
    assert (await second)[1]
    await opened.tabs.shut()


async def test_what_cannot_be_opened_takes_no_place() -> None:
    opened = Opened(limit=1)

    async def fails() -> int:
        raise OSError

    with pytest.raises(OSError):
        async with opened.tabs.taken(None, fails):
            pass
    assert await opened.use() == (1, True)
    await opened.tabs.shut()
