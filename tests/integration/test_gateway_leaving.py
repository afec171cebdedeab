"""A caller that leaves: its place goes to the next one, and the target is not kept busy."""

import asyncio
import contextlib
import json
import socket
import threading
import time

import httpx
import pytest

from tests.served.quintain import ADMIN_KEY, until
from tests.served.target import answers, chunk, streams

HI = [{"role": "user", "content": "Hi"}]


class Caller:
    """One call on a connection of its own, that can be dropped at any moment."""

    def __init__(self, server, body, **headers):
        host, port = server.url.removeprefix("http://").split(":")
        raw = json.dumps(body).encode()
        lines = [
            "POST /v1/chat/completions HTTP/1.1",
            f"Host: {host}",
            f"apikey: {ADMIN_KEY}",
            f"Content-Length: {len(raw)}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        self.sock = socket.create_connection((host, int(port)), timeout=30)
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode() + raw)

    def read_until(self, words: bytes) -> bytes:
        seen = b""
        while words not in seen:
            seen += self.sock.recv(65536)
        return seen

    def leave(self) -> None:
        self.sock.close()


@pytest.fixture
def call(quintain):
    made = []

    def call(model, **more):
        headers = more.pop("headers", {})
        made.append(Caller(quintain, {"model": model, "messages": HI} | more, **headers))
        return made[-1]

    yield call
    for each in made:
        each.leave()


def waiting(server) -> int:
    page = server.call("GET", "/metrics").text
    line = next(line for line in page.splitlines() if line.startswith("quintain_waiting "))
    return int(float(line.split()[1]))


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_leaving_before_the_answer_ends_the_call_at_the_target(
    call, register, target, hold, stream
):
    target.does(hold.then(answers()))
    caller = call(register(), stream=stream)
    hold.arrived()
    caller.leave()
    until(lambda: target.left == 1)


def test_leaving_in_the_middle_of_a_stream_ends_it_at_the_target(call, register, target, hold):
    target.does(streams(chunk("first"), hold, chunk("second")))
    caller = call(register(), stream=True)
    assert b"first" in caller.read_until(b"first")
    hold.arrived()
    caller.leave()
    until(lambda: target.left == 1)


def test_leaving_ends_every_choice_of_a_call(call, register, target, hold):
    target.does(streams(chunk("first"), hold, chunk("second")))
    caller = call(register(), stream=True, n=3)
    caller.read_until(b'"index":2')
    caller.leave()
    until(lambda: target.left == 3)


def test_leaving_ends_the_streams_of_a_caller_that_does_not_read(call, register, target):
    """Everything between target and caller is full when the caller leaves."""
    busy = threading.Event()
    big = chunk("x" * 200_000)

    async def floods(request):
        from aiohttp import web

        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            try:
                await asyncio.wait_for(asyncio.shield(response.write(big)), 1)
            except TimeoutError:
                busy.set()
                await asyncio.sleep(30)

    target.does(floods)
    caller = call(register(), stream=True, n=2)
    assert busy.wait(30), "the target could send without end: someone buffers"
    caller.leave()
    until(lambda: target.left == 2)


def test_a_choice_that_fails_ends_the_others(stock, register, target, hold):
    target.does(
        streams(chunk("first"), hold, chunk("second")), answers({"error": "no"}, status=401)
    )
    with pytest.raises(Exception, match="refused our key"):
        list(stock.chat.completions.create(model=register(), messages=HI, n=2, stream=True))
    until(lambda: target.left == 1)


def test_a_place_in_line_goes_to_the_next_when_its_holder_leaves(own_quintain, target):
    """Of three in line for two places, the first one leaves: the other two are served."""
    server = own_quintain()
    server.add("line", target.config(rate_per_min=1))
    server.call("POST", "/v1/chat/completions", {"model": "line", "messages": HI})
    callers = []
    for number in range(3):
        turns = [{"role": "user", "content": str(number)}]
        callers.append(Caller(server, {"model": "line", "messages": turns}))
        until(lambda number=number: waiting(server) == number + 1)
    callers[0].leave()
    until(lambda: waiting(server) == 2)
    changed = server.call(
        "PATCH",
        "/models/modify-model",
        {"model_config": {"rate_per_min": 3}},
        headers={"X-Enkrypt-Model": "line"},
    )
    assert changed.status_code == 200
    for caller in callers[1:]:
        assert caller.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
        caller.leave()
    prompts = [each.json["messages"][0]["content"] for each in target.arrivals]
    assert prompts == ["Hi", "1", "2"]


def test_leaving_in_line_costs_nothing_and_reaches_nobody(own_quintain, target):
    server = own_quintain()
    server.add("line", target.config(rate_per_min=1))
    server.call("POST", "/v1/chat/completions", {"model": "line", "messages": HI})
    caller = Caller(server, {"model": "line", "messages": HI})
    until(lambda: waiting(server) == 1)
    caller.leave()
    until(lambda: waiting(server) == 0)
    assert len(target.arrivals) == 1
    assert 'quintain_calls_total{dialect="openai",outcome="left"} 1.0' in (
        server.call("GET", "/metrics").text
    )


def test_leaving_during_the_pause_before_a_retry_ends_the_call(own_quintain, target):
    server = own_quintain()
    server.add("flaky", target.config())
    target.does(answers({"error": "no"}, status=503, headers={"Retry-After": "1"}), answers())
    caller = Caller(server, {"model": "flaky", "messages": HI})
    until(lambda: len(target.arrivals) == 1)
    caller.leave()
    left = 'quintain_calls_total{dialect="openai",outcome="left"} 1.0'
    until(lambda: left in server.call("GET", "/metrics").text)
    assert len(target.arrivals) == 1


def test_a_call_whose_caller_left_before_it_began_reaches_its_end_quietly(
    quintain, register, target
):
    caller = Caller(quintain, {"model": register(), "messages": HI})
    caller.leave()
    assert quintain.call("GET", "/healthz").status_code == 200
    assert "unexpected error" not in quintain.logs()


async def test_a_client_s_own_timeout_ends_the_call_at_the_target(quintain, register, target, hold):
    target.does(hold.then(answers()))
    async with httpx.AsyncClient(trust_env=False, timeout=0.5) as client:
        with contextlib.suppress(httpx.ReadTimeout):
            await client.post(
                f"{quintain.url}/v1/chat/completions",
                json={"model": register(), "messages": HI},
                headers={"apikey": ADMIN_KEY},
            )
    began = time.monotonic()
    await asyncio.to_thread(until, lambda: target.left == 1)
    assert time.monotonic() - began < 5
