"""Fixtures for tests of calls: a model registered in one line, and the stock client."""

from __future__ import annotations

import uuid

import pytest

from tests.served.hold import Hold
from tests.served.raw import RawTarget


@pytest.fixture
def register(quintain, target):
    """Registers a model that reaches `target`, with these fields of model_config; gives its name."""

    def register(config=None, /, *, of=quintain, **fields) -> str:
        name = f"model-{uuid.uuid4().hex}"
        of.add(name, config or target.config(**fields))
        return name

    return register


@pytest.fixture
def stock(quintain):
    """The stock client without its own retries."""
    with quintain.openai() as client:
        yield client


@pytest.fixture
async def stock_async(quintain):
    async with quintain.openai_async() as client:
        yield client


@pytest.fixture
def hold():
    """A point where the target waits for the test; released at the end."""
    made = Hold()
    yield made
    made.release()


@pytest.fixture
def raw():
    """Targets below HTTP, made by calling it with a function for each connection."""
    made: list[RawTarget] = []

    def make(*connections, **options) -> RawTarget:
        made.append(RawTarget(*connections, **options))
        return made[-1]

    yield make
    for target in made:
        target.close()
