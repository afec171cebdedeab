import asyncio

import pytest

from quintain.admission.gates import Gates
from quintain.admission.journal import Journal
from quintain.errors import RateLimited


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_what_went_out_is_found_again_with_its_age(tmp_path, clock):
    with Journal(tmp_path / "sent", entries=8, clock=clock) as journal:
        journal.recent(60)
        journal.note(7)
        clock.now += 10
        journal.note(7)
        journal.note(9)
    clock.now += 5
    with Journal(tmp_path / "sent", entries=8, clock=clock) as again:
        assert again.recent(60) == {7: [15.0, 5.0], 9: [5.0]}


def test_what_is_older_than_asked_for_is_left_out(tmp_path, clock):
    with Journal(tmp_path / "sent", entries=8, clock=clock) as journal:
        journal.note(7)
        clock.now += 60
        assert journal.recent(60) == {}


def test_the_ring_goes_on_behind_the_newest_entry(tmp_path, clock):
    for model in range(1, 7):
        with Journal(tmp_path / "sent", entries=4, clock=clock) as journal:
            journal.recent(60)
            clock.now += 1
            journal.note(model)
    with Journal(tmp_path / "sent", entries=4, clock=clock) as last:
        assert sorted(last.recent(60)) == [3, 4, 5, 6]


def test_a_clock_that_was_set_back_makes_nobody_wait_longer_than_a_window(tmp_path, clock):
    with Journal(tmp_path / "sent", entries=8, clock=clock) as journal:
        journal.note(7)
        clock.now -= 3600
        assert journal.recent(60) == {7: [0.0]}


async def test_a_restart_opens_no_new_window(tmp_path):
    for _ in range(2):
        with Journal(tmp_path / "sent", entries=64) as journal:
            gates = Gates(journal=journal)
            gates.restore(journal.recent(60.5))
            gate = gates.gate(7)
            gate.set_rate(3, revision=1)
            while (slot := gate.try_enter()) is not None:
                slot.sent()
    with Journal(tmp_path / "sent", entries=64) as journal:
        assert len(journal.recent(60.5)[7]) == 3
        with pytest.raises(RateLimited):
            await asyncio.wait_for(gate.enter(0), 1)


async def test_unsaved_models_are_not_noted(tmp_path):
    with Journal(tmp_path / "sent", entries=64) as journal:
        slot = Gates(journal=journal).gate(("unsaved", 1, "origin")).try_enter()
        slot.sent()
        assert journal.recent(60) == {}
