"""Noticing that a caller has left while its call is under way, and ending the call then.

Most calls end before anyone could leave, so nothing is watched for the first moment: a call costs
a timer, and only a longer one a task.
"""

from __future__ import annotations

import asyncio

from quintain.http.wire import ClientLeft, Receive

UNWATCHED_S = 0.1
_watching: set[asyncio.Task[None]] = set()


class Presence:
    """Use as a context manager around a call; raises ClientLeft out of it when the caller leaves."""

    __slots__ = ("_left", "_receive", "_task", "_timer", "_watcher")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(UNWATCHED_S, self._begin)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._left and self._task is not None:
            others = self._task.uncancel()
            if kind is asyncio.CancelledError and not others:
                raise ClientLeft

    def _begin(self) -> None:
        self._watcher = asyncio.create_task(self._watch())
        _watching.add(self._watcher)
        self._watcher.add_done_callback(_watching.discard)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = True
        if self._task is not None:
            self._task.cancel()
