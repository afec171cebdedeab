"""The queue of runs on a real SQLite file; work is a function of the test's."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quintain.errors import Unavailable
from quintain.runs import durable
from quintain.runs.durable import Durable
from quintain.runs.model import Outcome, Plan, Run


def a_run(number, turn=1):
    names = ("m", "v1", 1, "digest", "suite", "digest", 0, "qt_admin", "queued", "run", "")
    plan = Plan((), {}, {}, {}, {})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Run(number, 1, 1, *names, turn, now, None, None, plan, Outcome())


class Doing:
    """Work that waits until it is let go. at_once: most that were under way together."""

    def __init__(self):
        self.began: list[tuple[int, int]] = []
        self.ended: list[tuple[int, int]] = []
        self.now = self.at_once = 0
        self.go = asyncio.Event()
        self.tasks: set[asyncio.Task] = set()

    async def __call__(self, run_id, turn):
        self.tasks.add(asyncio.current_task())
        self.began.append((run_id, turn))
        self.now += 1
        self.at_once = max(self.at_once, self.now)
        try:
            await self.go.wait()
        finally:
            self.now -= 1
        self.ended.append((run_id, turn))

    def leave(self):
        for task in self.tasks:
            task.cancel()


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(durable, "POLL_S", 0.02)


@pytest.fixture
async def made(tmp_path):
    """Makes a queue on the test's file; closed at the end."""
    queues = []

    def make(work, executor="one", at_once=2, url=f"sqlite:///{tmp_path / 'jobs.db'}"):
        queues.append(Durable(url, executor, at_once, work))
        return queues[-1]

    yield make
    for queue in queues:
        await queue.close()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_nothing_is_loaded_before_the_first_run(made, tmp_path):
    queue = made(Doing())
    assert not queue.launched
    await queue.close()
    assert not (tmp_path / "jobs.db").exists()


async def test_what_is_enqueued_is_done_once_however_often_it_is_said(made):
    doing = Doing()
    doing.go.set()
    queue = made(doing)
    for run in (a_run(1), a_run(1), a_run(2), a_run(1), a_run(1, turn=2)):
        await queue.enqueue(run)
    await until(lambda: len(doing.ended) == 3)
    assert sorted(doing.ended) == [(1, 1), (1, 2), (2, 1)]


async def test_only_so_many_are_worked_on_at_once(made):
    doing = Doing()
    queue = made(doing, at_once=2)
    for number in range(5):
        await queue.enqueue(a_run(number))
    await until(lambda: len(doing.began) == 2)
    doing.go.set()
    await until(lambda: len(doing.ended) == 5)
    assert doing.at_once == 2


async def test_what_was_under_way_goes_on_at_the_next_start(made):
    first = Doing()
    queue = made(first)
    for number in range(3):
        await queue.enqueue(a_run(number))
    await until(lambda: len(first.began) == 2)
    first.leave()
    await queue.close()

    second = Doing()
    second.go.set()
    again = made(second)
    await again.launch()
    await until(lambda: len(second.ended) == 3)
    assert sorted(second.ended) == [(0, 1), (1, 1), (2, 1)]
    assert first.ended == []
    assert second.at_once <= 2


async def test_another_server_takes_what_waits_and_not_what_is_under_way_elsewhere(made):
    first = Doing()
    queue = made(first, at_once=1)
    await queue.enqueue(a_run(1))
    await until(lambda: first.began)
    await queue.enqueue(a_run(2))
    first.leave()
    await queue.close()

    second = Doing()
    second.go.set()
    other = made(second, executor="two")
    await other.enqueue(a_run(3))
    await until(lambda: len(second.ended) == 2)
    assert sorted(second.ended) == [(2, 1), (3, 1)]


async def test_a_store_made_anew_does_not_take_its_runs_for_those_of_the_old_one(made):
    doing = Doing()
    doing.go.set()
    queue = made(doing)
    await queue.enqueue(a_run(1))
    await until(lambda: len(doing.ended) == 1)
    await queue.enqueue(replace(a_run(1), created_at=datetime(2026, 1, 2, tzinfo=UTC)))
    await until(lambda: len(doing.ended) == 2)


async def test_a_queue_that_cannot_be_opened_is_tried_again(made, tmp_path, caplog):
    url = f"sqlite:///{tmp_path / 'later' / 'jobs.db'}"
    doing = Doing()
    doing.go.set()
    queue = made(doing, url=url)
    with pytest.raises(Unavailable, match="cannot be used"):
        await queue.enqueue(a_run(1))
    (tmp_path / "later").mkdir()
    await queue.enqueue(a_run(1))
    await until(lambda: doing.ended)


async def test_being_stopped_is_no_error_in_the_log(made, caplog):
    caplog.set_level(logging.WARNING)
    doing = Doing()
    queue = made(doing)
    await queue.enqueue(a_run(1))
    await until(lambda: doing.began)
    doing.leave()
    await queue.close()
    assert [record.getMessage() for record in caplog.records] == []


def test_what_is_said_over_and_over_is_said_once(caplog):
    durable._keep_quiet()
    logger = logging.getLogger("dbos")
    with caplog.at_level(logging.WARNING, "dbos"):
        for number in range(3):
            logger.warning("the database is away, try %d", number)
        logger.warning("something else")
        logger.warning("Asyncio task cancelled: one")
    assert [record.getMessage() for record in caplog.records] == [
        "the database is away, try 0",
        "something else",
    ]
