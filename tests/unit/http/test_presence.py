"""Noticing that a caller has left."""

import asyncio
import contextlib

import pytest

from quintain.http import presence as presence_module
from quintain.http.presence import Presence
from quintain.http.wire import ClientLeft


@pytest.fixture(autouse=True)
def watches_at_once(monkeypatch):
    monkeypatch.setattr(presence_module, "UNWATCHED_S", 0)


class Caller:
    """A connection: `leave` ends it. asked: how often it was listened to."""

    def __init__(self):
        self._gone = asyncio.Event()
        self.asked = 0

    def leave(self):
        self._gone.set()

    async def receive(self):
        self.asked += 1
        if self.asked == 1:
            return {"type": "http.request"}  # what is left of the body is no leaving
        await self._gone.wait()
        return {"type": "http.disconnect"}


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_caller_that_leaves_ends_its_call():
    caller, ended = Caller(), []

    async def serve():
        with Presence(caller.receive):
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

    task = asyncio.create_task(serve())
    await settle()
    caller.leave()
    with pytest.raises(ClientLeft):
        await task
    assert ended
    assert task.cancelling() == 0


async def test_a_call_that_ends_by_itself_leaves_nothing_behind():
    caller = Caller()
    with Presence(caller.receive):
        await settle()
    await settle()
    assert caller.asked == 2
    assert not presence_module._watching


async def test_a_call_that_ends_at_once_is_never_watched():
    caller = Caller()
    with Presence(caller.receive):
        pass
    await settle()
    assert caller.asked == 0


async def test_an_error_of_the_call_passes():
    async def serve():
        with Presence(Caller().receive):
            await settle()
            raise KeyError

    with pytest.raises(KeyError):
        await serve()


async def test_a_cancellation_from_elsewhere_stays_one():
    caller = Caller()

    async def serve():
        with Presence(caller.receive):
            await asyncio.Event().wait()

    task = asyncio.create_task(serve())
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle()
    assert not presence_module._watching


async def test_a_cancellation_from_elsewhere_in_the_same_moment_stays_one():
    caller = Caller()

    async def serve():
        with Presence(caller.receive):
            try:
                await asyncio.Event().wait()
            finally:
                asyncio.current_task().cancel()  # the server stops while the call is being ended

    task = asyncio.create_task(serve())
    await settle()
    caller.leave()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_caller_that_leaves_as_its_call_ends_does_not_cancel_what_comes_after():
    caller = Caller()

    async def serve():
        # It had its answer already, so it swallows its end.
        with Presence(caller.receive), contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        async with asyncio.timeout(1):
            await asyncio.sleep(0)
        return asyncio.current_task().cancelling()

    task = asyncio.create_task(serve())
    await settle()
    caller.leave()
    assert await task == 0


@pytest.mark.parametrize("steps", range(8))
async def test_at_whatever_moment_the_caller_leaves_the_call_ends_one_way_or_the_other(steps):
    caller = Caller()

    async def serve():
        with Presence(caller.receive):
            for _ in range(4):
                await asyncio.sleep(0)
        return "answered"

    task = asyncio.create_task(serve())
    for _ in range(steps):
        await asyncio.sleep(0)
    caller.leave()
    with contextlib.suppress(ClientLeft):
        assert await task == "answered"
    await settle()
    assert task.cancelling() == 0
    assert not presence_module._watching
