"""A run as it goes on in the server, followed by its events until it is over."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import orjson

from quintain.cli.exits import Code, Failure
from quintain.cli.sse import Event, named_events
from quintain.cli.wire import Wire

Run = dict[str, Any]
OVER = frozenset({"finished", "failed", "cancelled"})

PATIENCE_S = 120.0  # a server that restarts is back within that
_AGAIN_S = 0.5
_STREAM_S = 60.0  # a connection that died without a word is noticed after that
_TOLD_OF = 1000  # attempts; of a run that has more, those that ended before are not told again
_NONE_OF_THEM = str(2**63 - 1)
_PASSING = frozenset({Code.UNREACHABLE, Code.LATER, Code.FAILED})


class Watcher:
    """What is told on the way; all of it may be called often."""

    def see(self, run: Run) -> None:
        """The run as it is now."""

    def hear(self, attempt: Mapping[str, Any]) -> None:
        """One attempt that ended."""

    def wait(self, why: str) -> None:
        """The server is away; it is asked again."""


async def get_run(wire: Wire, run_id: int) -> Run:
    found: Run = await wire.ask("GET", f"/runs/{run_id}")
    return found


async def follow(
    wire: Wire, run_id: int, watcher: Watcher, *, patience_s: float = PATIENCE_S
) -> Run:
    """The run when it is over. Raises Failure when the server stays away longer than patience_s."""
    follower = _Follower(wire, run_id, watcher)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            run = await follower.look()
        except Failure as failure:
            _bear(failure, run_id, late=time.monotonic() > deadline)
            watcher.wait(failure.message)
        else:
            if run["state"] in OVER:
                return run
            await follower.listen()
            deadline = time.monotonic() + patience_s
        await asyncio.sleep(_AGAIN_S)


def _bear(failure: Failure, run_id: int, *, late: bool) -> None:
    """Raise what will not pass, and what did not for too long."""
    if failure.exit_code not in _PASSING:
        raise failure
    if late:
        hint = (
            f"Run {run_id} goes on by itself when the server is back."
            f" Follow it: quintain runs watch {run_id}"
        )
        raise Failure(failure.message, Code.UNREACHABLE, hint=hint) from failure


class _Follower:
    def __init__(self, wire: Wire, run_id: int, watcher: Watcher) -> None:
        self._wire, self._run_id, self._watcher = wire, run_id, watcher
        self._run: Run = {}
        self._last_id = ""

    async def look(self) -> Run:
        self._run = await get_run(self._wire, self._run_id)
        if not self._last_id and self._run["progress"]["done"] > _TOLD_OF:
            self._last_id = _NONE_OF_THEM
        self._watcher.see(self._run)
        return self._run

    async def listen(self) -> None:
        """Hear events until the last one, or until the stream breaks off.

        What went wrong with it, the next look will tell.
        """
        try:
            await self._listen()
        except Failure as failure:
            if failure.exit_code not in _PASSING:
                raise

    async def _listen(self) -> None:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        path = f"/runs/{self._run_id}/events"
        async with self._wire.send("GET", path, headers=headers, deadline_s=_STREAM_S) as reply:
            async for event in named_events(reply.content.iter_any()):
                self._last_id = event.id or self._last_id
                self._tell(event.name, _data(event))
                if event.name == "end":
                    return

    def _tell(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "attempt":
            self._watcher.hear(data)
        elif name in {"progress", "end"} and data:
            told = {key: data[key] for key in ("state", "reason") if key in data}
            self._run = {**self._run, **told, "progress": data}
            self._watcher.see(self._run)


def _data(event: Event) -> Mapping[str, Any]:
    """{} for what a newer server may say."""
    try:
        data = orjson.loads(event.data)
    except orjson.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) else {}
