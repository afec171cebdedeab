"""A Chromium for the tests of a module, chat pages on loopback, and pages with a public name."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from types import SimpleNamespace

import pytest
import pytest_asyncio
from yarl import URL

from quintain.dialects.page import PageTarget
from quintain.egress.dial import Dialler
from quintain.egress.outbound import Egress
from quintain.egress.policy import EgressPolicy
from quintain.pages.browser import Browser
from quintain.registry.schema import Page
from quintain.settings import Settings
from tests.integration.pages.site_server import Site

PUBLIC = "93.184.215.14"  # what a public name resolves to here; nothing is ever sent there


class Rerouted(Dialler):
    """Judges as always; a connection that may go to the public address goes to the test's site."""

    def __init__(self, port: int, policy: EgressPolicy) -> None:
        async def getaddrinfo(host: str, _: int) -> list[str]:
            return {"chat.example": [PUBLIC], "inside.example": ["127.0.0.1"]}.get(host, [host])

        super().__init__(policy, getaddrinfo, None)
        self._port = port

    async def connect(self, route, addresses):
        if addresses == [PUBLIC]:
            route, addresses = SimpleNamespace(port=self._port, where=route.where), ["127.0.0.1"]
        return await super().connect(route, addresses)


@pytest.fixture(scope="session", autouse=True)
def chromium():
    assert shutil.which("chromium"), "the tests of pages need a browser: apt-get install chromium"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(node_modules):
    made = await Site(node_modules).start()
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def egress():
    made = Egress(EgressPolicy(("127.0.0.0/8", "localhost")))
    await made.start()
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(egress):
    """For internal models: the site is on loopback."""
    made = Browser(egress, Settings(browser_tabs=4))
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outer(site):
    """For external models: the site is `chat.example`, all else is as it is."""
    port = int(site.url.rpartition(":")[2])
    dialler = Rerouted(port, EgressPolicy(("127.0.0.0/8", "localhost", "inside.example")))
    made = Browser(SimpleNamespace(dialler=dialler), Settings())
    yield made
    await made.close()


@pytest.fixture
def page(site):
    """A page of the site, with these selectors."""

    def page(name: str, **hints) -> PageTarget:
        path = name if name.startswith("/") else f"/site/{name}"
        return PageTarget(URL(site.url + path), Page(**hints), internal=True)

    return page


@pytest.fixture
def outside():
    def outside(path: str, **hints) -> PageTarget:
        return PageTarget(URL(f"http://chat.example{path}"), Page(**hints), internal=False)

    return outside


@pytest.fixture
def conversation() -> str:
    return uuid.uuid4().hex


class Inner:
    """A server on loopback that nobody may come to. came: connections and datagrams."""

    def __init__(self) -> None:
        self.came: list[str] = []

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self.came), local_addr=("127.0.0.1", 0)
        )
        self.udp = self._udp.get_extra_info("sockname")[1]

    async def _serve(self, reader, writer) -> None:
        self.came.append("tcp")
        writer.close()

    async def close(self) -> None:
        self._server.close()
        self._udp.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, came: list[str]) -> None:
        self._came = came

    def datagram_received(self, data, addr) -> None:
        self._came.append("udp")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inner():
    made = Inner()
    await made.start()
    yield made
    await made.close()
