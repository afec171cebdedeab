from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.cli.sse import events, named_events

STREAM = 'data: {"a": "größe 🎯"}\r\n\r\n: a comment\n\ndata: one\ndata: two\n\nevent: x\ndata:[DONE]\n\n'
EVENTS = ['{"a": "größe 🎯"}', "one\ntwo", "[DONE]"]


async def read(chunks):
    async def source():
        for chunk in chunks:
            yield chunk

    return [event async for event in events(source())]


async def test_events_are_read_whole():
    assert await read([STREAM.encode()]) == EVENTS


@given(cuts=st.lists(st.integers(0, len(STREAM.encode())), max_size=12))
async def test_a_cut_anywhere_changes_nothing(cuts):
    raw = STREAM.encode()
    at = [0, *sorted(cuts), len(raw)]
    assert await read([raw[a:b] for a, b in pairwise(at)]) == EVENTS


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_byte_by_byte_gives_the_same(size):
    raw = STREAM.encode()
    assert await read([raw[i : i + size] for i in range(0, len(raw), size)]) == EVENTS


async def test_an_event_without_its_end_is_none():
    assert await read([b"data: half"]) == []


async def test_names_and_ids_are_read_and_the_id_holds_on():
    async def source():
        yield b"retry: 1000\n\nid: 7\nevent: attempt\ndata: a\n\nevent: end\ndata: b\n\ndata: c\n\n"

    found = [(event.name, event.id, event.data) async for event in named_events(source())]
    assert found == [("attempt", "7", "a"), ("end", "7", "b"), ("message", "7", "c")]
