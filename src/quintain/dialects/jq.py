"""jq programs of registered models, run in processes of their own (see jqworker.py)."""

from __future__ import annotations

import asyncio
import math
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any, NamedTuple, cast

import orjson

from quintain.dialects import jqworker
from quintain.errors import TargetError

Json = Any

_START_S = 15.0
_MEMORY_BYTES = 768 * 1024 * 1024
_MAX_OUTPUTS = 1000
_MAX_OUTPUT_BYTES = 16 * 1024 * 1024
_MAX_SENTENCE = 300
# Past the deadline, so that only a worker without its parent ever comes to it.
_CPU_SLACK_S = 5


class JqFailed(TargetError):
    """The program does not fit the target's answer, or yielded too much."""

    def __init__(
        self, message: str, *, code: str = "mapping_failed", passing: bool = False
    ) -> None:
        super().__init__("mapping", message, code=code, passing=passing)


class JqTimeout(JqFailed):
    """The program ran past its deadline and was ended."""


class JqBusy(JqFailed):
    """No worker was to be had in time; a later try may succeed."""


class _Running(NamedTuple):
    process: Process
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader

    async def receive(self) -> tuple[int, bytes]:
        head = await self.stdout.readexactly(jqworker.ANSWER.size)
        status, length = jqworker.ANSWER.unpack(head)
        return status, await self.stdout.readexactly(length)


class _Worker:
    """One process: started before its first program, and anew after it died or was killed."""

    def __init__(self) -> None:
        self._running: _Running | None = None
        self._ended = False

    async def ready(self) -> _Running:
        """Give the process, started if need be. Raises JqBusy when it does not start."""
        running = self._running
        if running is None or running.process.returncode is not None:
            running = await self._start()
        return running

    async def _start(self) -> _Running:
        try:
            async with asyncio.timeout(_START_S):
                running = self._running = await self._spawn()
                if self._ended:  # while it was starting: what is read next is its end
                    running.process.kill()
                await running.receive()
        except BaseException as error:
            await self.kill()
            if isinstance(error, (OSError, EOFError)):
                raise _not_started() from error
            raise
        return running

    async def _spawn(self) -> _Running:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # or this very module would be found as `jq`
            str(Path(jqworker.__file__)),
            str(_MEMORY_BYTES),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
            cwd="/",
            # Ctrl-C in the terminal is for the parent, which ends its workers itself.
            start_new_session=True,
        )
        stdin = cast("asyncio.StreamWriter", process.stdin)
        return _Running(process, stdin, cast("asyncio.StreamReader", process.stdout))

    async def ask(self, message: bytes, deadline_s: float) -> tuple[int, bytes]:
        """Give its answer. Raises TimeoutError, or EOFError or OSError when the process died."""
        running = await self.ready()
        try:
            async with asyncio.timeout(deadline_s):
                running.stdin.write(message)
                await running.stdin.drain()
                return await running.receive()
        except BaseException:
            # Also when the caller left: the process is busy with what nobody waits for.
            await self.kill()
            raise

    async def kill(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            # One whose output ended is ending itself; to signal it now could reap it under the eyes
            # of asyncio, which then warns of an unknown child.
            if running.process.returncode is None and not running.stdout.at_eof():
                running.process.kill()
            running.stdin.close()
            await running.process.wait()

    async def end(self) -> None:
        """Kill it for good."""
        self._ended = True
        await self.kill()


class Jq:
    """workers: how many programs run at once, each in a process of some 20 MB.

    queue: how many more may wait; past that, JqBusy at once. timeout_s: the longest run of one
    program, where a call says nothing else.
    """

    def __init__(self, workers: int = 2, *, queue: int = 1000, timeout_s: float = 2.0) -> None:
        self._timeout_s = timeout_s
        self._workers = tuple(_Worker() for _ in range(workers))
        # The last one used comes first, since it has the program compiled most likely.
        self._idle: list[_Worker] = []
        # In order of arrival: a stream with a program for each event must not keep others waiting.
        self._places = asyncio.Semaphore(0)
        self._queue, self._waiting, self._open = queue, 0, False

    async def start(self) -> None:
        """Start the processes. Raises JqBusy when they do not come up."""
        await asyncio.gather(*[worker.ready() for worker in self._workers])
        for worker in self._workers:
            self._give_back(worker)
        self._open = True

    async def close(self) -> None:
        """End the processes, also those at work."""
        self._open = False
        await asyncio.gather(*[worker.end() for worker in self._workers])

    async def check(self, program: str, *, timeout_s: float | None = None) -> None:
        """Compile a program. Raises ValueError with jq's own sentence; JqFailed when it cannot."""
        status, body = await self._ask(jqworker.COMPILE, program, b"", timeout_s or self._timeout_s)
        if status != jqworker.DONE:
            raise ValueError(_sentence(body))

    async def run(
        self, program: str, data: Json | bytes, *, timeout_s: float | None = None
    ) -> list[Json]:
        """Run a program over JSON (bytes are taken as JSON text) and give all its outputs.

        timeout_s: seconds, for the wait for a worker and again for the run. Raises JqFailed, or its
        kinds JqTimeout and JqBusy.
        """
        text = data if isinstance(data, bytes) else orjson.dumps(data)
        status, body = await self._ask(jqworker.RUN, program, text, timeout_s or self._timeout_s)
        if status == jqworker.TOO_MUCH:
            raise JqFailed(
                f"The jq program yields more than {_MAX_OUTPUTS} values or {_MAX_OUTPUT_BYTES} "
                "bytes: let it pick less of the answer."
            )
        if status != jqworker.DONE:
            raise JqFailed(_mismatch(_sentence(body)))
        return _parsed(body)

    async def _ask(
        self, kind: int, program: str, data: bytes, deadline_s: float
    ) -> tuple[int, bytes]:
        text = program.encode(errors="replace")
        seconds = math.ceil(deadline_s) + _CPU_SLACK_S
        message = jqworker.REQUEST.pack(
            kind, seconds, _MAX_OUTPUTS, _MAX_OUTPUT_BYTES, len(text), len(data)
        )
        worker = await self._take(deadline_s)
        try:
            return await worker.ask(message + text + data, deadline_s)
        except TimeoutError as error:
            raise JqTimeout(
                f"The jq program did not end within {deadline_s:g} s: make it simpler.",
                code="mapping_timeout",
            ) from error
        except (OSError, EOFError) as error:
            raise JqFailed(
                "The process of the jq program broke down, as it does when the program needs too "
                "much memory: make it simpler."
            ) from error
        finally:
            self._give_back(worker)

    def _give_back(self, worker: _Worker) -> None:
        self._idle.append(worker)
        self._places.release()

    async def _take(self, deadline_s: float) -> _Worker:
        if self._waiting >= self._queue:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(deadline_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise _busy() from error
        finally:
            self._waiting -= 1
        if not self._open:
            self._places.release()
            raise _busy()
        return self._idle.pop()


def _not_started() -> JqBusy:
    return JqBusy(
        "The process for jq programs did not start: look into the machine's limits of memory and "
        "processes.",
        code="mapping_busy",
        passing=True,
    )


def _busy() -> JqBusy:
    sentence = "Too many jq programs are waiting to run: try again later."
    return JqBusy(sentence, code="mapping_busy", passing=True)


def _sentence(body: bytes) -> str:
    """Take jq's message without its prefix, its drawing of the place and its count of errors."""
    first = body.decode(errors="replace").partition("\n")[0]
    return first.removeprefix("jq: error: ").rstrip(": ")[:_MAX_SENTENCE]


def _mismatch(sentence: str) -> str:
    if sentence.startswith("parse error"):
        return f"What the jq program was to read is not JSON ({sentence.removeprefix('parse error: ')})."
    return f"The jq program does not fit what the target answered: {sentence}."


def _parsed(body: bytes) -> list[Json]:
    try:
        return list(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise JqFailed(
            "The jq program yields a value that is nested too deeply: let it pick less."
        ) from error
