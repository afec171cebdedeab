"""A command's life: find the server, do the work, end cleanly."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from quintain.cli.access import find_access
from quintain.cli.wire import Wire

T = TypeVar("T")


def with_server(work: Callable[[Wire], Awaitable[T]]) -> T:
    """Run `work` against the server that the environment or the local-access file names."""

    async def run() -> T:
        async with Wire(find_access()) as wire:
            return await work(wire)

    return asyncio.run(run())
