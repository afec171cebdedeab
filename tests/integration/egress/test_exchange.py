"""One request and its answer, with targets that behave well and badly."""

import asyncio
import itertools
import socket

import pytest

from quintain.egress.failures import OutboundError


async def until(condition):
    """Let the loop turn until something that crosses the kernel has arrived."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


def wires(egress):
    return list(egress._pools[True]._wires)


async def failure(awaitable):
    with pytest.raises(OutboundError) as caught:
        await awaitable
    return caught.value


async def test_a_call_goes_out_and_comes_back(listen, outbound, ask):
    target = await listen()
    egress = await outbound()
    marks = []
    request = ask(target.url("/v1/chat?a=1"), b'{"x": 1}', headers={"authorization": "Bearer k"})
    reply = await egress.send(request, lambda: marks.append("sent"))
    assert (reply.status, reply.headers["content-length"]) == (200, "8")
    assert await reply.read(100) == b'{"x": 1}'
    head, body = target.requests[0]
    assert head.startswith(b"POST /v1/chat?a=1 HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer k\r\n" in head
    assert body == b'{"x": 1}'
    assert marks == ["sent"]


async def test_a_connection_is_kept_for_the_next_call(listen, outbound, ask):
    target = await listen()
    egress = await outbound()
    for number in range(3):
        reply = await egress.send(ask(target.url(), b"%d" % number))
        assert await reply.read(100) == b"%d" % number
    assert len(target.connections) == 1


async def test_calls_at_once_have_a_connection_each(listen, outbound, ask):
    target = await listen()
    egress = await outbound()

    async def call(number):
        reply = await egress.send(ask(target.url(), b"%d" % number))
        return await reply.read(100)

    assert await asyncio.gather(*map(call, range(20))) == [b"%d" % n for n in range(20)]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
async def test_a_target_on_ipv6_is_reached(listen, outbound, ask):
    target = await listen(host="::1")
    egress = await outbound()
    assert await (await egress.send(ask(target.url(host="[::1]")))).read(100) == b"{}"


async def test_the_next_address_of_a_name_is_tried_when_the_first_refuses(
    listen, outbound, ask, names
):
    target = await listen()
    egress = await outbound(getaddrinfo=names({"two.lan": ["127.0.0.9", "127.0.0.1"]}))
    assert await (await egress.send(ask(target.url(host="two.lan")))).read(100) == b"{}"


@pytest.mark.parametrize(("method", "status"), [("HEAD", b"200 OK"), ("GET", b"304 Not Modified")])
async def test_an_answer_without_a_body_ends_with_its_head(listen, outbound, ask, method, status):
    async def bodyless(target, connection):
        while True:
            await connection.request()
            await connection.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 99\r\n\r\n")

    target = await listen(bodyless)
    egress = await outbound()
    for _ in range(2):
        reply = await egress.send(ask(target.url(), None, method))
        assert await reply.read(100) == b""
    assert len(target.connections) == 1


async def test_204_ends_with_its_head(listen, outbound, ask):
    async def nothing(target, connection):
        while True:
            await connection.request()
            await connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    target = await listen(nothing)
    egress = await outbound()
    for _ in range(2):
        reply = await egress.send(ask(target.url()))
        assert (reply.status, await reply.read(100)) == (204, b"")
    assert len(target.connections) == 1


async def test_interim_answers_are_passed_over(listen, outbound, ask):
    async def patient(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await connection.answer(b"real")

    target = await listen(patient)
    reply = await (await outbound()).send(ask(target.url()))
    assert (reply.status, await reply.read(100)) == (200, b"real")


async def test_a_compressed_body_passes_as_it_is(listen, outbound, ask):
    async def compressed(target, connection):
        await connection.request()
        await connection.answer(b"\x1f\x8bnot really", b"200 OK", b"Content-Encoding: gzip")

    target = await listen(compressed)
    reply = await (await outbound()).send(ask(target.url()))
    assert await reply.read(100) == b"\x1f\x8bnot really"


async def test_a_body_without_a_length_ends_with_the_connection(listen, outbound, ask):
    async def until_eof(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.0 200 OK\r\n\r\n", b"all of it")

    target = await listen(until_eof)
    reply = await (await outbound()).send(ask(target.url()))
    assert await reply.read(100) == b"all of it"


# Streams


async def test_pieces_are_given_out_as_they_arrive(listen, outbound, ask):
    go_on = asyncio.Event()

    async def piecewise(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in itertools.count():
            await connection.send(b"7\r\npiece %d\r\n" % number)
            await go_on.wait()
            go_on.clear()

    target = await listen(piecewise)
    reply = await (await outbound()).send(ask(target.url()))
    for number in range(5):  # the target sends the next one only after this one was received
        assert await reply.chunk() == b"piece %d" % number
        go_on.set()
    reply.close()


async def test_a_stream_that_ends_gives_its_connection_back(listen, outbound, ask):
    async def stream(target, connection):
        while True:
            await connection.request()
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            await connection.send(head, b"1\r\na\r\n", b"1\r\nb\r\n", b"0\r\n\r\n")

    target = await listen(stream)
    egress = await outbound()
    for _ in range(3):
        reply = await egress.send(ask(target.url()))
        pieces = [await reply.chunk() for _ in range(3)]
        assert (b"".join(pieces), pieces[-1]) == (b"ab", b"")
    assert len(target.connections) == 1


async def test_closing_a_reply_closes_the_connection_to_the_target(listen, outbound, ask):
    gone = asyncio.Event()

    async def endless(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        await connection.gone()
        gone.set()

    target = await listen(endless)
    reply = await (await outbound()).send(ask(target.url()))
    assert await reply.chunk() == b"a"
    reply.close()
    reply.close()
    await asyncio.wait_for(gone.wait(), 5)


async def test_a_reader_of_a_reply_that_is_closed_is_woken(listen, outbound, ask):
    async def endless(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await connection.gone()

    target = await listen(endless)
    reply = await (await outbound()).send(ask(target.url()))
    reading = asyncio.create_task(reply.read(100))
    await asyncio.sleep(0)
    reply.close()
    assert (await asyncio.wait_for(failure(reading), 5)).stage == "http"


@pytest.mark.parametrize("moment", ["before the head", "within the body"])
async def test_a_caller_who_leaves_closes_the_connection_to_the_target(
    listen, outbound, ask, moment
):
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def slow(target, connection):
        await connection.request()
        if moment == "within the body":
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
        arrived.set()
        await connection.gone()
        gone.set()

    target = await listen(slow)
    egress = await outbound()

    async def call():
        reply = await egress.send(ask(target.url()))
        await reply.read(100)

    task = asyncio.create_task(call())
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(gone.wait(), 5)


# Sizes


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_reading_stops_at_its_limit(listen, outbound, ask, framing):
    gone = asyncio.Event()

    async def large(target, connection):
        await connection.request()
        try:
            if framing == "length":
                await connection.answer(b"x" * 3_000_000)
            else:
                await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    await connection.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        finally:
            gone.set()

    target = await listen(large)
    reply = await (await outbound()).send(ask(target.url()))
    error = await failure(reply.read(1_000_000))
    assert (error.stage, error.code, error.passing) == ("answer", "answer_too_large", False)
    await asyncio.wait_for(gone.wait(), 5)


@pytest.mark.parametrize("size", [0, 1, 65536, 1_000_000])
async def test_an_answer_of_just_the_limit_is_read_and_one_byte_more_is_not(
    listen, outbound, ask, size
):
    target = await listen()
    egress = await outbound()
    reply = await egress.send(ask(target.url(), b"x" * size))
    assert await reply.read(size) == b"x" * size
    reply = await egress.send(ask(target.url(), b"x" * (size + 1)))
    assert (await failure(reply.read(size))).code == "answer_too_large"


async def test_an_answer_that_nobody_reads_is_not_buffered(listen, outbound, ask):
    """The target is held up by flow control long before it has sent all."""

    async def flood(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await connection.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    target = await listen(flood)
    reply = await (await outbound()).send(ask(target.url()))
    await until(lambda: reply._wire._reading_paused)
    assert reply._payload._size < 1_000_000
    reply.close()


async def test_a_large_body_goes_up_whole(listen, outbound, ask):
    target = await listen()
    body = bytes(range(256)) * 80_000
    egress = await outbound()
    for _ in range(2):
        reply = await egress.send(ask(target.url(), body))
        assert await reply.read(len(body)) == body
    assert len(target.connections) == 1


async def test_an_answer_before_the_body_has_gone_up_is_taken(listen, outbound, ask):
    async def impatient(target, connection):
        await connection.reader.readuntil(b"\r\n\r\n")
        await connection.answer(b"too large", b"413 Content Too Large")
        await connection.gone()

    target = await listen(impatient)
    egress = await outbound()
    for _ in range(2):
        reply = await egress.send(ask(target.url(), b"x" * 20_000_000))
        assert (reply.status, await reply.read(100)) == (413, b"too large")
    assert len(target.connections) == 2  # the first one still had a body half sent


# Failures


async def test_nobody_listening_is_stage_connect(listen, outbound, ask):
    target = await listen()
    await target.stop()
    marks = []
    egress = await outbound()
    error = await failure(egress.send(ask(target.url()), lambda: marks.append("sent")))
    assert (error.stage, error.status, error.passing, error.sent) == ("connect", 502, True, False)
    assert f"127.0.0.1:{target.port}" in error.message
    assert "refused" in error.message
    assert not marks


@pytest.mark.parametrize(("step", "moment"), [("silence", "head"), ("silence", "body")])
async def test_silence_past_the_read_deadline_is_a_timeout(listen, outbound, ask, step, moment):
    gone = asyncio.Event()

    async def silent(target, connection):
        await connection.request()
        if moment == "body":
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
        await connection.gone()
        gone.set()

    target = await listen(silent)
    egress = await outbound()

    async def call():
        reply = await egress.send(ask(target.url(), read_s=0.2))
        await reply.read(100)

    error = await failure(call())
    assert (error.stage, error.code, error.status) == ("http", "target_read_timeout", 504)
    assert error.passing
    assert error.sent
    assert "0.2 s" in error.message
    await asyncio.wait_for(gone.wait(), 5)


async def test_a_target_that_stops_taking_a_large_body_is_a_timeout(listen, outbound, ask):
    async def deaf(target, connection):
        connection.writer.transport.pause_reading()
        await asyncio.Event().wait()

    target = await listen(deaf)
    egress = await outbound()
    error = await failure(egress.send(ask(target.url(), b"x" * 50_000_000, read_s=0.3)))
    assert error.code == "target_read_timeout"


BROKEN_HEADS = [
    b"",
    b"HTTP/1.1 200",
    b"HTTP/1.1 200 OK\r\nContent-Le",
    b"HTTP/1.1 100 Continue\r\n\r\n",
]


@pytest.mark.parametrize("sent", BROKEN_HEADS)
@pytest.mark.parametrize("kind", ["end", "reset"])
async def test_a_target_that_leaves_before_its_head_is_whole(listen, outbound, ask, sent, kind):
    async def leave(target, connection):
        await connection.request()
        await connection.send(sent)
        if kind == "reset":
            connection.reset()

    target = await listen(leave)
    error = await failure((await outbound()).send(ask(target.url())))
    assert (error.stage, error.code, error.status) == ("http", "target_disconnected", 502)
    assert error.passing
    assert error.sent


BROKEN_BODIES = [
    b"Content-Length: 10\r\n\r\nhalf",
    b"Content-Length: 10\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n9\r\nhalf",
]


@pytest.mark.parametrize("sent", BROKEN_BODIES)
@pytest.mark.parametrize("kind", ["end", "reset"])
async def test_a_target_that_leaves_within_its_body(listen, outbound, ask, sent, kind):
    async def leave(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n" + sent)
        if kind == "reset":
            connection.reset()

    target = await listen(leave)
    reply = await (await outbound()).send(ask(target.url()))
    error = await failure(reply.read(100))
    assert (error.stage, error.code) == ("http", "target_disconnected")
    assert "in the middle" in error.message


async def test_a_reset_is_no_end_of_a_body_without_a_length(listen, outbound, ask):
    received = asyncio.Event()

    async def leave(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await received.wait()
        connection.writer.transport.get_extra_info("socket").setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")
        connection.reset()

    target = await listen(leave)
    reply = await (await outbound()).send(ask(target.url()))
    assert await reply.chunk() == b"half"
    received.set()
    assert (await failure(reply.chunk())).code == "target_disconnected"


@pytest.mark.parametrize(
    "sent", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b"<html>\r\n\r\n"]
)
async def test_what_is_not_http_is_said_to_be_so(listen, outbound, ask, sent):
    async def other(target, connection):
        await connection.request()
        await connection.send(sent)
        await connection.gone()

    target = await listen(other)
    error = await failure((await outbound()).send(ask(target.url())))
    assert (error.stage, error.code, error.passing) == ("http", "target_not_http", False)
    assert "endpoint.scheme" in error.message


# Kept connections


async def test_a_kept_connection_that_the_target_closed_is_not_used(listen, outbound, ask):
    async def once(target, connection):
        await connection.request()
        await connection.answer(b"one")

    target = await listen(once)
    egress = await outbound()
    for number in (1, 2):
        reply = await egress.send(ask(target.url()))
        assert await reply.read(100) == b"one"
        await until(lambda: not any(wire.is_connected() for wire in wires(egress)))
        assert len(target.connections) == number


async def test_an_answer_that_nobody_asked_for_is_never_given_to_the_next_caller(
    listen, outbound, ask
):
    taken = asyncio.Event()

    async def talkative(target, connection):
        await connection.request()
        await connection.answer(b"first")
        await taken.wait()
        await connection.answer(b"for nobody")
        await connection.gone()

    target = await listen(talkative)
    egress = await outbound()
    assert await (await egress.send(ask(target.url()))).read(100) == b"first"
    taken.set()
    await until(lambda: wires(egress)[0].should_close)
    assert await (await egress.send(ask(target.url()))).read(100) == b"first"
    assert len(target.connections) == 2


async def test_two_answers_in_one_piece_end_the_connection(listen, outbound, ask):
    async def talkative(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1" * 2)
        await connection.gone()

    target = await listen(talkative)
    egress = await outbound()
    for number in (1, 2):
        assert await (await egress.send(ask(target.url()))).read(100) == b"1"
        assert len(target.connections) == number


async def test_a_target_that_closes_at_once_is_dialled_once(listen, outbound, ask):
    async def shut(target, connection):
        pass

    target = await listen(shut)
    egress = await outbound()
    handshake = egress.dialler.tls

    async def until_closed(*arguments):
        wire = await handshake(*arguments)
        await until(lambda: not wire.is_connected())
        return wire

    egress.dialler.tls = until_closed
    marks = []
    error = await failure(egress.send(ask(target.url()), lambda: marks.append("sent")))
    assert (error.stage, error.passing, error.sent) == ("connect", True, False)
    assert len(target.connections) == 1
    assert not marks


async def test_a_connection_that_was_broken_off_is_not_kept(listen, outbound, ask):
    async def stream(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")
        await connection.gone()

    target = await listen(stream)
    egress = await outbound()
    for number in (1, 2):
        reply = await egress.send(ask(target.url()))
        assert await reply.chunk() == b"ha"
        reply.close()
        assert len(target.connections) == number


# Waits


async def test_a_name_server_that_is_silent_is_stage_dns(outbound, ask, listen):
    async def never(host, port):
        await asyncio.Event().wait()

    target = await listen()
    egress = await outbound(getaddrinfo=never)
    error = await failure(egress.send(ask(target.url(host="slow.lan"), connect_s=0.1)))
    assert (error.stage, error.code, error.status) == ("dns", "target_dns_timeout", 504)
    assert error.passing


async def test_a_name_that_does_not_resolve_is_stage_dns(outbound, ask, listen, names):
    target = await listen()
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    egress = await outbound(getaddrinfo=names({"gone.lan": unknown, "empty.lan": []}))
    for host in ("gone.lan", "empty.lan"):
        error = await failure(egress.send(ask(target.url(host=host))))
        assert (error.stage, error.passing, error.sent) == ("dns", False, False)
        assert host in error.message


async def test_a_target_that_does_not_take_connections_is_a_timeout_of_stage_connect(outbound, ask):
    from yarl import URL

    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = []
        for _ in range(4):  # the kernel drops what comes after the queue is full
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        egress = await outbound()
        error = await failure(egress.send(ask(URL(f"http://127.0.0.1:{port}/"), connect_s=0.3)))
        for one in waiting:
            one.close()
    assert (error.stage, error.code, error.status) == ("connect", "target_connect_timeout", 504)
    assert not error.sent


async def test_calls_past_the_limit_wait_for_a_connection(listen, outbound, ask):
    target = await listen()
    egress = await outbound(limit=1)
    first = await egress.send(ask(target.url(), b"1"))
    second = asyncio.create_task(egress.send(ask(target.url(), b"2")))
    await asyncio.sleep(0)
    assert not second.done()
    assert await first.read(10) == b"1"
    assert await (await second).read(10) == b"2"


async def test_who_waits_too_long_for_a_connection_is_told_so(listen, outbound, ask):
    async def slow(target, connection):
        await connection.request()
        await connection.gone()

    target = await listen(slow)
    egress = await outbound(limit=1)
    holding = asyncio.create_task(egress.send(ask(target.url())))
    while not target.connections:
        await asyncio.sleep(0)
    error = await failure(egress.send(ask(target.url(), connect_s=0.1)))
    assert (error.code, error.status, error.passing, error.sent) == (
        "egress_busy",
        503,
        True,
        False,
    )
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)


# The end


async def test_close_breaks_off_what_is_under_way(listen, outbound, ask):
    async def deaf(target, connection):
        connection.writer.transport.pause_reading()
        await asyncio.Event().wait()

    target, idle = await listen(deaf), await listen()
    egress = await outbound()
    await (await egress.send(ask(idle.url()))).read(10)
    call = asyncio.create_task(egress.send(ask(target.url(), b"x" * 50_000_000)))
    while not target.connections:
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await egress.close()
        error = await failure(call)
    assert error.stage == "http"


async def test_a_call_after_close_is_refused(listen, outbound, ask):
    target = await listen()
    egress = await outbound()
    await egress.close()
    error = await failure(egress.send(ask(target.url())))
    assert (error.status, error.sent) == (503, False)
