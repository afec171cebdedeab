"""Fixtures for tests of the whole."""

from __future__ import annotations

import pytest

from tests.served.aimock import aimock_running
from tests.served.mocks import fakellm_running, llmock_running
from tests.served.quintain import Quintain
from tests.served.target import Hosted, answers


@pytest.fixture(scope="session")
def quintain(tmp_path_factory: pytest.TempPathFactory):
    """One server for all tests of a worker: each test uses model names and projects of its own."""
    server = Quintain(tmp_path_factory.mktemp("served") / "data").start()
    yield server
    assert server.stop() == 0, server.logs()


@pytest.fixture
def own_quintain(tmp_path):
    """Servers with settings of their own, made by calling it; stopped at the end."""
    made: list[Quintain] = []

    def make(name: str = "data", **env: str) -> Quintain:
        server = Quintain(tmp_path / name, **env)
        made.append(server)
        return server.start()

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="session")
def _hosted():
    hosted = Hosted()
    yield hosted
    hosted.close()


@pytest.fixture
def target(_hosted):
    """A target that answers with a completion unless told otherwise."""
    _hosted.target.does(answers())
    _hosted.target.arrivals.clear()
    _hosted.target.left = 0
    return _hosted.target


@pytest.fixture(scope="session")
def _aimock(tmp_path_factory: pytest.TempPathFactory):
    with aimock_running(tmp_path_factory.mktemp("aimock") / "log") as running:
        yield running


@pytest.fixture
def aimock(_aimock):
    """A mock that speaks every provider's own format, with an empty journal."""
    _aimock.forget()
    return _aimock


@pytest.fixture(scope="session")
def fakellm(tmp_path_factory: pytest.TempPathFactory):
    """The address of a mock that keeps no journal."""
    with fakellm_running(tmp_path_factory.mktemp("fakellm")) as url:
        yield url


@pytest.fixture(scope="session")
def _llmock(tmp_path_factory: pytest.TempPathFactory):
    with llmock_running(tmp_path_factory.mktemp("llmock") / "log") as running:
        yield running


@pytest.fixture
def llmock(_llmock):
    """Another one, which journals every request and judges how its client behaves."""
    _llmock.forget()
    return _llmock


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A model name of the test's own."""
    return f"{request.node.name[:90]}"
