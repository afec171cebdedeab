"""Cancelled runs whose server is gone, and runs that could not be queued."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.runs.fakes import a_run

from quintain.errors import Unavailable
from quintain.runs.control import Control, Halted
from quintain.runs.opening import executor_of
from quintain.runs.orphans import Orphans
from quintain.runs.service import Service
from quintain.runs.work import Means, Work
from quintain.settings import Settings

LEFT = replace(a_run(), state="running", wanted="cancel", turn=2)


class Kept:
    """Records and keys of one run."""

    def __init__(self, run=LEFT):
        self.run = run
        self.ended: list[str] = []
        self.revoked: list[int] = []

    async def by_id(self, run_id):
        return self.run

    async def unfinished(self):
        return [self.run]

    async def end(self, run_id, state, reason):
        self.ended.append(state)
        return self.run

    async def revoke(self, run_id):
        self.revoked.append(run_id)


class At:
    """The server's own work: it is at these runs."""

    def __init__(self, *runs):
        self.runs = runs

    def is_at(self, run_id):
        return run_id in self.runs


class Line:
    """A queue. away: how often it fails before it works. launched: whether it is open."""

    def __init__(self, away, *, launched=True):
        self.away = away
        self.launched = launched
        self.queued: list[tuple[int, int]] = []

    async def enqueue(self, run):
        if self.away:
            self.away -= 1
            raise Unavailable("The queue is away.")
        self.launched = True
        self.queued.append((run.id, run.turn))


async def test_one_that_is_seen_twice_is_ended_and_its_keys_with_it():
    kept = Kept()
    orphans = Orphans(kept, kept, At())
    await orphans.end([LEFT])
    assert kept.ended == []
    await orphans.end([LEFT])
    assert (kept.ended, kept.revoked) == (["cancelled"], [LEFT.id])


@pytest.mark.parametrize(
    ("looks", "at"),
    [
        ([LEFT, LEFT], [LEFT.id]),
        ([replace(LEFT, wanted="run")] * 2, []),
        ([replace(LEFT, state="queued")] * 2, []),
        ([LEFT, replace(LEFT, turn=3)], []),
    ],
)
async def test_one_that_somebody_may_be_at_work_on_is_left_alone(looks, at):
    kept = Kept()
    orphans = Orphans(kept, kept, At(*at))
    for run in looks:
        await orphans.end([run])
    assert (kept.ended, kept.revoked) == ([], [])


def work_on(kept):
    return Work(Means(kept, None, kept, None, None, versions=None))


async def test_a_turn_that_another_has_followed_ends_nothing_of_the_new_one():
    kept = Kept(replace(LEFT, wanted="run"))
    work, control = work_on(kept), Control()
    before = replace(LEFT, turn=1)
    await work._look(before, control, 1)
    with pytest.raises(Halted):
        control.check()
    await work._end(before, "cancelled", "")
    assert (kept.ended, kept.revoked) == ([], [])
    await work._end(LEFT, "cancelled", "")
    assert (kept.ended, kept.revoked) == (["cancelled"], [LEFT.id])


async def test_what_could_not_be_queued_is_queued_later_and_once():
    kept, line = Kept(replace(LEFT, state="queued", wanted="run")), Line(away=2)
    service = Service(kept, None, None, line, None, Orphans(kept, kept, At()))
    await service._queue(kept.run)
    for _ in range(3):
        await service.tend()
    assert line.queued == [(LEFT.id, 2)]


async def test_a_server_without_runs_of_its_own_opens_the_queue_for_those_of_others():
    kept, line = Kept(replace(LEFT, state="queued", wanted="run")), Line(0, launched=False)
    service = Service(kept, None, None, line, None, Orphans(kept, kept, At()))
    for _ in range(2):
        await service.tend()
    assert line.queued == [(LEFT.id, 2)]


def test_the_embedded_queue_knows_its_server_without_a_file(tmp_path):
    assert executor_of(Settings(data_dir=tmp_path)) == executor_of(
        Settings(data_dir=tmp_path / "b")
    )
    assert list(tmp_path.iterdir()) == []
    shared = Settings(data_dir=tmp_path, database_url="postgresql://db/quintain")
    assert executor_of(shared) == executor_of(shared) != executor_of(Settings(data_dir=tmp_path))
