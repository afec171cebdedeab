"""Work side by side: a bounded crew for all probes, and what happens when one probe's is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Crew:
    """At most `size` at a time, and as many more waiting, so that a huge probe fills no memory."""

    def __init__(self, size: int) -> None:
        self._pool = ThreadPoolExecutor(size)
        self._room = threading.Semaphore(2 * size)
        self._broken: BaseException | None = None

    def submit(self, work: Callable[[], None]) -> None:
        """Raises what work before it raised: nothing that an attempt does, but a lost listener."""
        self._room.acquire()
        if self._broken:
            raise self._broken
        self._pool.submit(work).add_done_callback(self._ended)

    def finish(self) -> None:
        self._pool.shutdown()
        if self._broken:
            raise self._broken

    def _ended(self, future: Future[None]) -> None:
        self._broken = self._broken or future.exception()
        self._room.release()


class Batch:
    """The work of one probe; `end` is called once, when all of it is done."""

    def __init__(self, crew: Crew, end: Callable[[], None]) -> None:
        self._crew, self._end = crew, end
        self._left, self._lock = 1, threading.Lock()

    def add(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._left += 1

        def done() -> None:
            work()
            self.close()

        self._crew.submit(done)

    def close(self) -> None:
        with self._lock:
            self._left -= 1
            over = self._left == 0
        if over:
            self._end()
