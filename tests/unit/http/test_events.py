"""A stream of a run, with a store that is told what to answer."""

from types import SimpleNamespace

import pytest

from quintain.errors import Unavailable
from quintain.http import events
from quintain.http.events import Following


class Records:
    """A run that is over after so many looks at its state."""

    def __init__(self, looks, away=()):
        self._left, self._away = looks, set(away)

    async def by_id(self, run_id):
        return SimpleNamespace(
            id=run_id, state="running" if self._left > 0 else "finished", reason=""
        )

    async def attempts(self, run_id, *, after, limit):
        self._left -= 1
        if self._left in self._away:
            raise Unavailable("The store is too busy; try again.")
        return []


@pytest.fixture
def quick(monkeypatch):
    """Time passes in large steps; gives how often was waited."""
    now, waits = [100.0], []

    async def sleep(seconds):
        waits.append(seconds)
        now[0] += 10

    monkeypatch.setattr(events, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(events, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(events, "Looks", _Looks)
    return waits


class _Looks:
    def __init__(self, _):
        pass

    async def at(self, runs):
        return [SimpleNamespace(progress={"done": 0})]


async def told(records, closing=lambda: False):
    return [chunk async for chunk in Following(records, 1, 0).stream(closing)]


async def test_a_silent_stream_is_kept_alive(quick):
    chunks = await told(Records(12))
    assert chunks.count(b": still here\n\n") >= 3
    assert chunks[-1].startswith(b"event: end\n")


async def test_progress_is_told_once_as_long_as_nothing_changes(quick):
    chunks = await told(Records(12))
    assert sum(b'progress\ndata: {"run_id":1,"state":"running"' in chunk for chunk in chunks) == 1


async def test_a_store_that_is_away_for_a_moment_ends_no_stream(quick):
    chunks = await told(Records(9, away=(5, 4)))
    assert chunks[-1].startswith(b"event: end\n")


async def test_a_server_that_closes_ends_it_without_an_end(quick):
    chunks = await told(Records(10_000), closing=lambda: len(quick) > 5)
    assert not any(b"event: end" in chunk for chunk in chunks)
