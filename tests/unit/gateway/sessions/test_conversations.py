"""Which conversation goes on, and that none is kept for ever."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateway.fakes import FakeJq, call, compiled

from quintain.gateway.sessions import conversations as module
from quintain.gateway.sessions import history
from quintain.gateway.sessions.conversations import Conversations
from quintain.gateway.sessions.keeper import Keeper

OF = ("model", 1)


def test_the_same_words_find_the_conversation_once():
    kept = Conversations()
    made = kept.begin(OF)
    kept.continued(made, b"said")
    assert kept.by_words(OF, b"said") is made
    assert kept.by_words(("other", 1), b"said") is None
    kept.continued(made, b"said more")
    assert kept.by_words(OF, b"said") is None


async def test_one_under_way_is_not_continued_by_another_call():
    kept = Conversations()
    one, two = kept.begin(OF), kept.begin(OF)
    kept.continued(one, b"said")
    kept.continued(two, b"said")
    async with one.turn:
        assert kept.by_words(OF, b"said") is two
        async with two.turn:
            assert kept.by_words(OF, b"said") is None
    await asyncio.sleep(0)


def test_the_longest_untouched_is_forgotten_first():
    kept = Conversations(most=2)
    first, second = kept.begin(OF, "a"), kept.begin(OF, "b")
    kept.continued(first, b"x")
    kept.begin(OF, "c")
    assert kept.named(OF, "a") is first
    assert kept.named(OF, "b") is None
    kept.continued(second, b"late")  # its end finds nothing to note
    assert kept.by_words(OF, b"late") is None
    assert len(kept) == 2


def test_an_idle_one_is_forgotten(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    kept = Conversations(idle_s=10)
    kept.continued(kept.begin(OF, "a"), b"x")
    now[0] = 9.0
    assert kept.named(OF, "a") is not None
    now[0] = 10.5
    assert kept.named(OF, "a") is None
    assert kept.by_words(OF, b"x") is None


TURN = st.tuples(st.sampled_from(["user", "assistant", "tool"]), st.text())


@given(st.lists(TURN, max_size=6))
def test_the_words_count_and_not_how_they_are_written(turns):
    plain = [{"role": role, "content": text} for role, text in turns]
    parts = [
        {"role": role, "content": [{"type": "text", "text": text}], "name": "x"}
        for role, text in turns
    ]
    assert history.digest(plain) == history.digest([{"role": "system", "content": "be"}, *parts])


@given(st.lists(TURN, max_size=4), st.lists(TURN, max_size=4))
def test_other_words_are_another_history(one, other):
    def digest(turns):
        return history.digest([{"role": role, "content": text} for role, text in turns])

    same = [(r, t.encode(errors="replace").decode().strip()) for r, t in one] == [
        (r, t.encode(errors="replace").decode().strip()) for r, t in other
    ]
    assert (digest(one) == digest(other)) == same


def test_the_new_turn_begins_behind_the_last_answer():
    roles = ["system", "user", "assistant", "tool", "user"]
    assert history.after_last_answer([{"role": role} for role in roles]) == 3
    assert history.after_last_answer([{"role": "user"}]) == 0


async def test_a_turn_that_waited_for_one_that_failed_has_a_conversation_that_is_kept():
    model = compiled(metadata={"session": {"kind": "client"}})
    keeper = Keeper(FakeJq())

    async def turn():
        return await keeper.turn(call(model, session="s"), model.session)

    first = await turn()
    waiting = asyncio.create_task(turn())
    await asyncio.sleep(0)
    first.release()
    second = await waiting
    second.end("hello", [])
    second.release()
    third = await turn()
    assert third.conversation is second.conversation
    assert (second.state, third.state) == ("new", "held")
