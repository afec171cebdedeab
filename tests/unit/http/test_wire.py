"""Reading a bounded body, sending an answer."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.errors import TooLarge
from quintain.http.wire import ClientLeft, answer, header, new_request_id, read_body, text_of

GONE = {"type": "http.disconnect"}


def request(body=b"", more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def saying(*messages):
    left = list(messages)

    async def receive():
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


@given(st.lists(st.binary(max_size=10), min_size=1, max_size=6))
async def test_a_body_comes_whole_however_it_is_cut(parts):
    messages = [request(part, more=True) for part in parts[:-1]] + [request(parts[-1])]
    assert await read_body(saying(*messages), 100) == b"".join(parts)


async def test_a_message_without_a_body_is_an_empty_one():
    assert await read_body(saying({"type": "http.request"}), 10) == b""


@pytest.mark.parametrize(
    "messages", [[request(b"x" * 11)], [request(b"x" * 6, more=True), request(b"x" * 5, more=True)]]
)
async def test_a_body_past_the_limit_is_refused_as_soon_as_that_is_known(messages):
    with pytest.raises(TooLarge, match="10 bytes"):
        await read_body(saying(*messages), 10)


async def test_a_body_of_just_the_limit_is_taken():
    assert await read_body(saying(request(b"x" * 10)), 10) == b"x" * 10
    assert await read_body(saying(request(b"x" * 6, more=True), request(b"x" * 4)), 10) == b"x" * 10


@pytest.mark.parametrize("messages", [[GONE], [request(b"a", more=True), GONE]])
async def test_a_caller_that_leaves_before_its_body_is_whole(messages):
    with pytest.raises(ClientLeft):
        await read_body(saying(*messages), 10)


async def test_an_answer_is_framed_by_its_length():
    sent = []

    async def send(message):
        sent.append(message)

    await answer(send, 418, "ü".encode(), [(b"x-a", b"1")], b"text/plain")
    start, body = sent
    assert (start["status"], body["body"]) == (418, "ü".encode())
    assert start["headers"] == [
        (b"content-type", b"text/plain"),
        (b"content-length", b"2"),
        (b"x-a", b"1"),
    ]


def test_headers_are_read_as_utf8_where_they_are_and_else_as_latin1():
    scope = {"headers": [(b"a", "ü".encode()), (b"b", b"\xfc"), (b"a", b"second")]}
    assert [header(scope, name) for name in (b"a", b"b", b"c")] == ["ü", "ü", ""]


@given(st.binary())
def test_any_header_is_text(value):
    text_of(value)


def test_request_ids_are_all_different():
    assert len({new_request_id() for _ in range(100)}) == 100
