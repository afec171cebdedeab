"""What one turn looks at of its answer."""

from tests.unit.gateway.fakes import FakeJq, compiled

from quintain.gateway.sessions import turn as module
from quintain.gateway.sessions.conversations import Conversations
from quintain.gateway.sessions.turn import Turn


async def test_a_stream_is_looked_into_for_an_id_so_far_and_no_further(monkeypatch):
    monkeypatch.setattr(module, "_MOST_EVENTS", 3)
    jq, kept = FakeJq(["the-id"]), Conversations()
    plan = compiled(metadata={"session": {"kind": "server", "read": ".id"}}).session
    turn = Turn(plan, kept.begin("model"), kept, [], "new", jq)
    await turn.hear_chunk(b"data: {}\n\n" * 5)
    await turn.hear_chunk(b"data: {}\n\n")
    assert len(jq.asked) == 3
    assert turn.conversation.target_id == "the-id"
