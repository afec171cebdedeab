"""Real targets on loopback, scripted byte by byte, and both event loops that quintain may run on."""

import asyncio
import contextlib

import pytest
import trustme
import uvloop
from yarl import URL

from quintain.egress.outbound import Egress, Request
from quintain.egress.policy import EgressPolicy

LOOPBACK = ("127.0.0.0/8", "::1")


def pytest_asyncio_loop_factories(config, item):
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Connection:
    """One connection as the target sees it."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.task = None

    async def request(self):
        """Read one request whole; (head, body)."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return head, await self.reader.readexactly(length)

    async def send(self, *pieces):
        for piece in pieces:
            self.writer.write(piece)
        await self.writer.drain()

    async def answer(self, body=b"ok", status=b"200 OK", *headers):
        lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
        await self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    async def gone(self):
        """Wait until the other side has closed, however it did."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass

    def reset(self):
        self.writer.transport.abort()


class Target:
    """A listening socket; `script` is what it does with each connection."""

    def __init__(self, script, tls=None):
        self.script, self.tls = script, tls
        self.connections, self.requests = [], []

    async def start(self, host="127.0.0.1"):
        self.server = await asyncio.start_server(self._serve, host, 0, ssl=self.tls)
        self.host, self.port = self.server.sockets[0].getsockname()[:2]

    async def _serve(self, reader, writer):
        connection = Connection(reader, writer)
        connection.task = asyncio.current_task()
        self.connections.append(connection)
        try:
            await self.script(self, connection)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def stop(self):
        self.server.close()
        for connection in self.connections:
            connection.task.cancel()
            connection.writer.transport.abort()
        await asyncio.gather(*[one.task for one in self.connections], return_exceptions=True)

    def url(self, path="/v1/chat", host=None):
        return URL(f"{'https' if self.tls else 'http'}://{host or self.host}:{self.port}{path}")


async def echo(target, connection):
    """Answer every request with 200 and its body, for ever."""
    while True:
        request = await connection.request()
        target.requests.append(request)
        await connection.answer(request[1])


@pytest.fixture
async def listen():
    """A target for a script: `target = await listen(script)`."""
    targets = []

    async def start(script=echo, tls=None, host="127.0.0.1"):
        target = Target(script, tls)
        await target.start(host)
        targets.append(target)
        return target

    yield start
    for target in targets:
        await target.stop()


@pytest.fixture
async def outbound():
    """An Egress: `egress = await outbound(allow=...)`."""
    made = []

    async def start(allow=LOOPBACK, **options):
        egress = Egress(EgressPolicy(allow), **options)
        await egress.start()
        made.append(egress)
        return egress

    yield start
    for egress in made:
        await egress.close()


@pytest.fixture
def ask():
    """A request to an internal model with short deadlines."""

    def build(url, body=b"{}", method="POST", **more):
        settings = {"internal": True, "connect_s": 5.0, "read_s": 5.0, "headers": {}, **more}
        return Request(method, url, settings.pop("headers"), body, **settings)

    return build


@pytest.fixture
def names():
    """A getaddrinfo that answers from a table; a list of lists is used up look-up by look-up."""

    def table(hosts):
        asked = []

        async def getaddrinfo(host, port):
            asked.append(host)
            addresses = hosts[host]
            if isinstance(addresses, BaseException):
                raise addresses
            if addresses and isinstance(addresses[0], list):
                return addresses.pop(0)
            return addresses

        getaddrinfo.asked = asked
        return getaddrinfo

    return table


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path
