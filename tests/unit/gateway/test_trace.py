"""The steps that an agent reports: bounded, and put where there is a place for them."""

import pytest
from tests.unit.gateway.fakes import FakeJq

from quintain.errors import TargetError
from quintain.gateway import trace as module
from quintain.gateway.trace import MOST_STEPS, Trace


@pytest.mark.parametrize("yielded", [[["x"] * (MOST_STEPS + 1)], ["x" * 100]])
async def test_more_steps_than_can_be_kept_are_refused(yielded, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 100)
    with pytest.raises(TargetError, match="let it pick less"):
        await Trace(".", FakeJq(yielded)).hear_body(b"{}")


@pytest.mark.parametrize("body", [b"", b"[1]", b"null", b"\xff"])
def test_an_answer_that_is_no_object_has_no_place_for_steps(body):
    with pytest.raises(TargetError) as failed:
        Trace(".", FakeJq()).put_into(body)
    assert failed.value.stage == "mapping"


async def test_a_stream_of_endless_events_is_not_read_for_ever(monkeypatch):
    monkeypatch.setattr(module, "MOST_EVENTS", 3)
    jq = FakeJq()
    with pytest.raises(TargetError, match="more than 3 events"):
        await Trace(".", jq).hear_chunk(b"data: 1\n\n" * 5)
    assert len(jq.asked) == 3
