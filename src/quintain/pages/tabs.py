"""A bounded number of open pages: handed out one call at a time, kept for conversations.

When all are in use, a kept one that has been idle for a while makes way, the longest idle first;
else the caller waits its turn. A conversation that was given up is remembered, so that its next
call is told, and not answered by a page that knows nothing of what was said before.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from quintain.pages import failures

T = TypeVar("T")
# An idle conversation makes way for nobody before this. One of a single turn does so sooner, since
# most callers say one thing and never come back.
GRACE_S = 30.0
GRACE_ONE_S = 5.0
MOST_LOST = 10_000


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    thing: T
    since: float
    turns: int


class Tabs(Generic[T]):
    """What can be open, and who waits for it.

    limit: the most things open at once. line: the most callers that wait. idle_s: how long a
    conversation is kept between calls. close: ends a thing; its failures are its own affair.
    """

    def __init__(
        self,
        limit: int,
        line: int,
        idle_s: float,
        close: Callable[[T], Awaitable[None]],
        grace_s: float = GRACE_S,
    ) -> None:
        self._limit, self._most_waiting, self._idle_s = limit, line, idle_s
        self._close, self._grace_s = close, grace_s
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()
        self._open = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._turns: dict[str, deque[asyncio.Future[None]]] = {}
        self._lost: OrderedDict[str, str] = OrderedDict()
        self._ending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def open(self) -> int:
        return self._open

    @asynccontextmanager
    async def taken(
        self, key: str | None, make: Callable[[], Awaitable[T]]
    ) -> AsyncGenerator[tuple[T, bool], None]:
        """A thing for this call alone, and whether it is new.

        key: of the conversation; its calls follow one another. Where the block fails, or is
        cancelled, the thing is closed. Raises TargetError: all are in use and the line is full, or
        the conversation was given up.
        """
        if key is None:
            async with self._used(None, make) as used:
                yield used
            return
        await self._turn(key)
        try:
            async with self._used(key, make) as used:
                yield used
        finally:
            self._next(key)

    @asynccontextmanager
    async def _used(
        self, key: str | None, make: Callable[[], Awaitable[T]]
    ) -> AsyncGenerator[tuple[T, bool], None]:
        kept = self._kept.pop(key, None) if key else None
        if kept is None:
            if key and key in self._lost:
                raise failures.lost(self._lost.pop(key))
            await self._room()
        thing: T | None = kept.thing if kept else None
        try:
            if thing is None:
                thing = await make()
            yield thing, kept is None
        except BaseException:
            if kept is not None and key:
                self._forget(key, "an earlier call of it failed or was broken off")
            self._end(thing)
            raise
        if key is None:
            self._end(thing)
        else:
            turns = kept.turns + 1 if kept else 1
            self._kept[key] = _Kept(thing, asyncio.get_running_loop().time(), turns)
        self._tend()

    async def _turn(self, key: str) -> None:
        """Wait until the conversation's earlier calls have ended."""
        if key not in self._turns:
            self._turns[key] = deque()
            return
        if len(self._turns[key]) >= self._most_waiting:
            raise failures.busy(self._limit)
        turn = asyncio.get_running_loop().create_future()
        self._turns[key].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next(key)
            raise

    def _next(self, key: str) -> None:
        line = self._turns[key]
        while line:
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._turns[key]

    async def _room(self) -> None:
        """Wait for a place; it is counted when this returns."""
        if len(self._line) >= self._most_waiting:
            raise failures.busy(self._limit)
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        self._tend()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._open -= 1
                self._tend()
            raise

    def _tend(self) -> None:
        """Give free places to those in line, close what was kept too long, look again in time."""
        now = asyncio.get_running_loop().time()
        for key, kept in list(self._kept.items()):
            if now - kept.since >= self._idle_s:
                self._give_up(key, f"nothing was said in it for {self._idle_s:g} s")
        self._line = deque(turn for turn in self._line if not turn.done())
        while self._line and (self._open < self._limit or self._make_way(now)):
            self._open += 1
            self._line.popleft().set_result(None)
        self._look_again(now)

    def _look_again(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._kept:
            leave = min(
                kept.since + (self._grace(kept) if self._line else self._idle_s)
                for kept in self._kept.values()
            )
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.01, leave - now), self._tend)

    def _grace(self, kept: _Kept[T]) -> float:
        grace_s = self._grace_s if kept.turns > 1 else min(GRACE_ONE_S, self._grace_s)
        return min(grace_s, self._idle_s)

    def _make_way(self, now: float) -> bool:
        """Close the longest idle one that may be; whether there was one."""
        for key, kept in self._kept.items():
            if now - kept.since >= self._grace(kept):
                self._give_up(
                    key, "its page had to make way for another: raise QUINTAIN_BROWSER_TABS"
                )
                return True
        return False

    def _give_up(self, key: str, why: str) -> None:
        self._forget(key, why)
        self._end(self._kept.pop(key).thing)

    def _forget(self, key: str, why: str) -> None:
        self._lost[key] = why
        if len(self._lost) > MOST_LOST:
            self._lost.popitem(last=False)

    def _end(self, thing: T | None) -> None:
        """Close it on the side: nobody waits for a page that hangs."""
        self._open -= 1
        if thing is not None:
            task = asyncio.get_running_loop().create_task(_run(self._close, thing))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        asyncio.get_running_loop().call_soon(self._tend)

    def give_up_all(self, why: str) -> None:
        """All conversations at once, since what they were kept in is gone."""
        for key in list(self._kept):
            self._give_up(key, why)

    async def shut(self) -> None:
        """Close what is kept, and wait for all that is closing."""
        self.give_up_all("the server stopped")
        if self._timer is not None:
            self._timer.cancel()
        while self._ending:
            await asyncio.gather(*self._ending)


async def _run(close: Callable[[T], Awaitable[None]], thing: T) -> None:
    await close(thing)
