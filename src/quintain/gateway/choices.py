"""`n` choices as n calls: each target call yields one, so that no target can give fewer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import msgspec
import orjson

from quintain.dialects.base import CHAT, COMPLETIONS, Ask
from quintain.dialects.sse import Events, data_of
from quintain.dialects.words import DONE
from quintain.errors import BadRequest
from quintain.gateway.call import Result

MOST_CHOICES = 128
_T = TypeVar("_T")


def take_n(ask: Ask) -> int:
    """How many choices are asked for; the field is taken off, since each target call yields one.

    Raises BadRequest for anything but 1 to 128.
    """
    if ask.kind not in {CHAT, COMPLETIONS} or "n" not in ask.fields:
        return 1
    n = msgspec.json.decode(ask.fields["n"])
    if n is None or n == 1:
        return 1
    if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= MOST_CHOICES:
        raise BadRequest(f"n must be a whole number from 1 to {MOST_CHOICES}.", param="n")
    del ask.fields["n"]
    return n


async def together(tasks: Sequence[Coroutine[Any, Any, _T]]) -> list[_T]:
    """All of them, or the first failure, which ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            started = [group.create_task(task) for task in tasks]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in started]


def merged(results: Sequence[Result]) -> Result:
    """One whole answer with every choice, their usage added up."""
    bodies = [orjson.loads(result.body) for result in results]
    whole = bodies[0]
    whole["choices"] = [
        {**choice, "index": number}
        for number, choice in enumerate(choice for body in bodies for choice in body["choices"])
    ]
    usages = [body["usage"] for body in bodies if isinstance(body.get("usage"), dict)]
    if usages:
        whole["usage"] = _added(usages)
    return Result(orjson.dumps(whole), blocked=any(result.blocked for result in results))


def _added(usages: list[dict[str, Any]]) -> dict[str, Any]:
    """Numbers added; what is no number (details) from the first."""
    total = dict(usages[0])
    for usage in usages[1:]:
        for name, value in usage.items():
            if isinstance(value, int) and isinstance(total.get(name, 0), int):
                total[name] = total.get(name, 0) + value
    return total


async def interleaved(
    streams: Sequence[AsyncGenerator[bytes, None]],
) -> AsyncGenerator[bytes, None]:
    """One stream of every choice's events as they come, numbered, with one end."""
    events: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=len(streams))
    async with aclosing(_drained(streams, events)) as drained:
        async for event in drained:
            yield event
    yield DONE


async def _drained(
    streams: Sequence[AsyncGenerator[bytes, None]], events: asyncio.Queue[bytes | None]
) -> AsyncGenerator[bytes, None]:
    tasks = [asyncio.create_task(_pump(n, stream, events.put)) for n, stream in enumerate(streams)]
    open_streams = len(tasks)
    try:
        while open_streams:
            event = await events.get()
            if event is None:
                open_streams -= 1
            else:
                yield event
        for task in tasks:
            await task  # a stream that failed raises here
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(
    number: int, stream: AsyncGenerator[bytes, None], put: Callable[[bytes | None], Awaitable[None]]
) -> None:
    events = Events()
    try:
        async for chunk in stream:
            for event in events.feed(chunk):
                data = data_of(event)
                if data and data != b"[DONE]":
                    await put(_numbered(number, data))
    finally:
        await put(None)


def _numbered(number: int, data: bytes) -> bytes:
    body = orjson.loads(data)
    for choice in body.get("choices", []):
        choice["index"] = number
    return b"data: " + orjson.dumps(body) + b"\n\n"
