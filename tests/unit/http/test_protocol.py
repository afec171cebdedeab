import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from quintain.http import protocol
from quintain.http.protocol import BoundedArrival

HEAD = b"POST /v1/x HTTP/1.1\r\nHost: q\r\nContent-Length: 5\r\n\r\n"


class Pipe(asyncio.Transport):
    """A connection without a network."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.closed = asyncio.Event()

    def write(self, data):
        self.written += data

    def close(self):
        self.closed.set()

    def is_closing(self):
        return self.closed.is_set()


async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.fixture
async def connection(monkeypatch):
    monkeypatch.setattr(protocol, "ARRIVAL_S", 0.05)
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
    config.load()
    made = BoundedArrival(config=config, server_state=ServerState(), app_state={})
    pipe = Pipe()
    made.connection_made(pipe)
    yield made, pipe
    made.connection_lost(None)


async def closes(pipe):
    async with asyncio.timeout(5):
        await pipe.closed.wait()


@pytest.mark.parametrize("sent", [b"", HEAD[:20], HEAD, HEAD + b"12"])
async def test_a_request_that_does_not_come_to_its_end_is_not_waited_for_for_ever(connection, sent):
    made, pipe = connection
    if sent:
        made.data_received(sent)
    await closes(pipe)


async def test_a_request_that_came_whole_has_no_deadline(connection):
    made, pipe = connection
    made.data_received(HEAD + b"12345")
    assert made._deadline is None
    assert not pipe.closed.is_set()


async def test_the_next_request_of_a_connection_has_a_deadline_of_its_own(connection):
    made, pipe = connection
    made.data_received(HEAD + b"12345")
    made.data_received(HEAD[:10])
    await closes(pipe)


async def test_a_head_without_end_is_cut_off(connection):
    made, pipe = connection
    made.data_received(HEAD[:-2])
    while not pipe.closed.is_set():
        made.data_received(b"X-More: " + b"x" * 8000 + b"\r\n")
    assert b" 431 " in pipe.written
