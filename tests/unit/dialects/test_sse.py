"""Server-sent events, cut out of a byte stream."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.dialects.sse import MAX_EVENT, Events, data_of
from quintain.errors import TargetError

STREAMS = st.lists(
    st.sampled_from(
        [b"data: a", b"data:b", b": ping", b"\n", b"\r", b"\r\n", b"\n\n", b"x", b"\xff", b""]
    ),
    max_size=30,
).map(b"".join)


def cut(stream, places):
    places = sorted({min(place, len(stream)) for place in places})
    return [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]


def through(chunks):
    events = Events()
    found = [event for chunk in chunks for event in events.feed(chunk)]
    return found, events.rest()


@given(STREAMS, st.lists(st.integers(0, 120)))
def test_any_cutting_of_a_stream_gives_the_same_events(stream, places):
    assert through(cut(stream, places)) == through([stream])


@given(STREAMS, st.lists(st.integers(0, 120)))
def test_the_events_put_together_are_the_stream(stream, places):
    events, rest = through(cut(stream, places))
    assert b"".join(events) + rest == stream


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\n\n"])
def test_an_event_ends_with_a_blank_line_in_every_spelling(end):
    assert through([b"data: a" + end + b"data: b"]) == ([b"data: a" + end], b"data: b")


def test_what_was_taken_as_rest_does_not_come_again():
    events = Events()
    assert events.feed(b"data: a") == []
    assert events.rest() == b"data: a"
    assert events.rest() == b""
    assert events.feed(b"data: b\n\n") == [b"data: b\n\n"]


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: a\n\n", b"a"),
        (b"data:a\n\n", b"a"),
        (b"data:  a\r\n\r\n", b" a"),
        (b"event: x\nid: 1\ndata: a\ndata: b\n\n", b"a\nb"),
        (b"data\ndata: b\n\n", b"\nb"),
        (b": a comment\n\n", b""),
        (b"database: a\n\n", b""),
        (b"event: data: a\n\n", b""),
        (b"", b""),
    ],
)
def test_the_data_of_an_event(event, data):
    assert data_of(event) == data


def test_an_event_without_an_end_is_refused_before_it_fills_the_memory():
    events = Events()
    events.feed(b"x" * MAX_EVENT)
    with pytest.raises(TargetError) as caught:
        events.feed(b"x")
    assert caught.value.stage == "mapping"


def test_a_large_event_in_small_pieces_costs_no_more_than_its_length():
    events, piece = Events(), b"x" * 1000
    began = time.perf_counter()
    for _ in range(8000):
        events.feed(piece)
    assert time.perf_counter() - began < 2.0


@given(
    st.lists(st.sampled_from([b"data", b"da", b":", b" ", b"x", b"\n", b"\r", b"\r\n", b"\x0b"]))
)
def test_the_data_is_what_reading_line_by_line_finds(parts):
    event = b"".join(parts)
    lines = [line.partition(b":") for line in event.splitlines()]
    values = [value.removeprefix(b" ") for name, _, value in lines if name == b"data"]
    assert data_of(event) == b"\n".join(values)
