"""What the browser's way out takes for a request, and what for an attempt to hide a second one."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest

from quintain.egress.outbound import Egress
from quintain.egress.policy import EgressPolicy
from quintain.pages.proxy import Proxy
from quintain.pages.ticket import Ticket


@pytest.fixture
async def proxy():
    egress = Egress(EgressPolicy(["127.0.0.1/32"]))
    await egress.start()
    made = Proxy(egress.dialler)
    await made.start()
    yield made
    await made.close()
    await egress.close()


@pytest.fixture
async def far():
    """A server that keeps the head that came to it, answers it, and ends."""
    came = bytearray()

    async def serve(reader, writer):
        came.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.came = came
    yield server
    server.close()


async def sent(proxy, far, framing):
    ticket = Ticket(internal=True, limit=1 << 20, connect_s=5)
    ticket.begin()
    proxy.admit(ticket)
    shown = b64encode(f"{ticket.user}:{ticket.password}".encode()).decode()
    host, port = proxy.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    where = f"127.0.0.1:{far.sockets[0].getsockname()[1]}"
    head = (
        f"POST http://{where}/ HTTP/1.1\r\nHost: {where}\r\nProxy-Authorization: Basic {shown}\r\n"
    )
    writer.write(f"{head}{framing}\r\n\r\nGET /second HTTP/1.1\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_request_goes_on_without_what_shows_the_ticket(proxy, far):
    assert (await sent(proxy, far, "Content-Length: 0")).endswith(b"\r\n\r\nhi")
    assert far.came.startswith(b"POST / HTTP/1.1\r\n")
    assert b"authorization" not in far.came.lower()


@pytest.mark.parametrize(
    "framing",
    ["Content-Length: ten", "Content-Length: 1_0", "Content-Length: +5", "Content-Length: -1", "Transfer-Encoding: chunked"],
)  # fmt: skip
async def test_a_length_that_can_be_read_in_two_ways_goes_nowhere(framing, proxy, far, caplog):
    assert await sent(proxy, far, framing) == b""
    assert far.came == b""
    assert not caplog.records
