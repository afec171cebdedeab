"""`n` choices as n calls: each target call yields one, so that no target can give fewer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from typing import Any

import orjson

from quintain.dialects.base import CHAT, COMPLETIONS, Ask
from quintain.dialects.sse import EVENT_STREAM, Events, data_of
from quintain.dialects.words import DONE
from quintain.errors import BadRequest, TargetError
from quintain.gateway import trace
from quintain.gateway.call import Result

MOST_CHOICES = 128
_GATHERED = {trace.FIELD}  # lists of the answer that all calls add to
# One event; None where a stream has ended, an exception where it broke.
_Item = bytes | Exception | None


def take_n(ask: Ask) -> int:
    """How many choices are asked for; the field is taken off, since each target call yields one.

    Raises BadRequest for anything but 1 to 128.
    """
    if ask.kind not in {CHAT, COMPLETIONS} or "n" not in ask.fields:
        return 1
    n = ask.value("n")
    if n is None:
        return 1
    if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= MOST_CHOICES:
        raise BadRequest(f"n must be a whole number from 1 to {MOST_CHOICES}.", param="n")
    if n > 1:
        del ask.fields["n"]
    return n


async def together(calls: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """All of them, or the first failure, which ends the others."""
    started: list[asyncio.Task[Result]] = []
    try:
        async with asyncio.TaskGroup() as group:
            started += [group.create_task(call) for call in calls]
    except BaseException as failed:
        await _close([task.result() for task in started if _succeeded(task)])
        if isinstance(failed, BaseExceptionGroup):
            raise failed.exceptions[0] from None
        raise
    return [task.result() for task in started]


def _succeeded(task: asyncio.Task[Result]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


async def _close(results: Sequence[Result]) -> None:
    for result in results:
        await result.close()


async def joined(results: Sequence[Result], *, stream: bool) -> Result:
    """One result with every choice; a refusal among them stands for all.

    Raises TargetError where the answers cannot be put together.
    """
    refused = next((result for result in results if result.status != 200), None)
    if refused is not None:
        await _close([result for result in results if result is not refused])
        return refused
    return _streamed(results) if stream else merged(results)


def _streamed(results: Sequence[Result]) -> Result:
    return Result(
        stream=interleaved([result.stream for result in results if result.stream is not None]),
        content_type=EVENT_STREAM,
        blocked=any(result.blocked for result in results),
        ends=tuple(end for result in results for end in result.ends),
    )


def merged(results: Sequence[Result]) -> Result:
    """One whole answer with every choice, their usage added up.

    Raises TargetError(stage="mapping") where the answers do not fit together.
    """
    try:
        body = orjson.dumps(_merged([orjson.loads(result.body) for result in results]))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise _unfitting() from None
    steps = [step for result in results for step in result.steps or []]
    return Result(
        body,
        blocked=any(result.blocked for result in results),
        steps=steps if results[0].steps is not None else None,
    )


def _unfitting() -> TargetError:
    return TargetError("mapping", "The target's answers cannot be put together to n choices.")


def _merged(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    whole = bodies[0]
    whole["choices"] = sorted(
        (
            {**choice, "index": _place(choice, number, len(bodies))}
            for number, body in enumerate(bodies)
            for choice in body["choices"]
        ),
        key=lambda choice: choice["index"],
    )
    for name in _GATHERED & whole.keys():
        whole[name] = [each for body in bodies for each in body.get(name) or []]
    usages = [body["usage"] for body in bodies if isinstance(body.get("usage"), dict)]
    if usages:
        whole["usage"] = _added(usages)
    return whole


def _place(choice: dict[str, Any], number: int, n: int) -> int:
    """The index that OpenAI gives the choice: a completion of several prompts has n for each."""
    index: int = (choice.get("index") or 0) * n + number
    return index


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
    """One stream of every choice's events as they come, numbered, with one end.

    Raises TargetError as soon as one of them does.
    """
    items: asyncio.Queue[_Item] = asyncio.Queue(maxsize=len(streams))
    tasks = [
        asyncio.create_task(_pump(stream, number, len(streams), items))
        for number, stream in enumerate(streams)
    ]
    try:
        for _ in tasks:
            while (item := await items.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    yield DONE


async def _pump(
    stream: AsyncGenerator[bytes, None], number: int, n: int, items: asyncio.Queue[_Item]
) -> None:
    end: _Item = None
    try:
        async with aclosing(stream):
            await _events(stream, number, n, items)
    except Exception as error:  # noqa: BLE001  # handed over: the reader raises it
        end = error
    await items.put(end)  # not when cancelled: nobody reads any more


async def _events(
    stream: AsyncGenerator[bytes, None], number: int, n: int, items: asyncio.Queue[_Item]
) -> None:
    events = Events()
    async for chunk in stream:
        for event in events.feed(chunk):
            data = data_of(event)
            if data and data != b"[DONE]":
                await items.put(_numbered(data, number, n))


def _numbered(data: bytes, number: int, n: int) -> bytes:
    try:
        body = orjson.loads(data)
        for choice in body.get("choices") or []:
            choice["index"] = _place(choice, number, n)
        return b"data: " + orjson.dumps(body) + b"\n\n"
    except (ValueError, TypeError, LookupError, AttributeError):
        raise _unfitting() from None
