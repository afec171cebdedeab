"""One engine at work: a process of its own, in a session of its own, killed as a whole.

It gets its config as a line of the standard input, which then stays open: when this server dies,
that input ends, and so does the engine. What it says comes as lines, and it waits while nobody
reads them.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from quintain import runners
from quintain.runners.wire import LONGEST_LINE
from quintain.runs.engine_log import EngineLog

MAIN = Path(runners.__file__).with_name("__main__.py")  # of the runners
SILENCE_S = 7200.0  # with neither word nor call, which is sent anew every quarter of an hour
MOST_SILENCES = 12  # in a row, with calls: an attempt of many turns may wait for a rate limit
GRACE_S = 0.7  # between being asked to end and being killed
_CHUNK = 1 << 18
_log = structlog.get_logger(__name__)
# Neither a proxy nor any variable of the server's: engines reach the gateway and nothing else.
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # or prompts would differ from start to start
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "ANONYMIZED_TELEMETRY": "False",
}


Calls = Callable[[float], Awaitable[bool]]


async def _no_calls(_seconds: float) -> bool:
    return False


class SaidTooMuch(Exception):
    """An engine said a line above LONGEST_LINE."""


@dataclass(frozen=True, slots=True)
class Engines:
    """How engines are started. main: of the runners (runners/__main__.py)."""

    main: Path

    def command(self, python: Path, module: str, mode: str) -> list[str]:
        return [str(python), "-P", "-s", str(self.main), module, mode]


class EngineProcess:
    def __init__(self, process: Process, log: EngineLog) -> None:
        self._process, self._log = process, log

    @property
    def last_words(self) -> str:
        return self._log.last_words

    async def batches(self, calls: Calls = _no_calls) -> AsyncGenerator[list[bytes], None]:
        """Lines, those together that are there at once. Ends with its output.

        calls: whether it called the gateway within so many seconds. Raises SaidTooMuch, or
        TimeoutError after SILENCE_S with neither word nor call.
        """
        rest = b""
        while chunk := await self._chunk(calls):
            *lines, last = chunk.split(b"\n")
            if lines:
                lines[0], rest = rest + lines[0], b""
                yield [line for line in lines if line]
            rest += last
            if len(rest) > LONGEST_LINE:
                raise SaidTooMuch

    async def _chunk(self, calls: Calls) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - it was asked for
        for _ in range(MOST_SILENCES):
            with suppress(TimeoutError):
                return await asyncio.wait_for(stdout.read(_CHUNK), SILENCE_S)
            if not await calls(SILENCE_S):
                break
        raise TimeoutError

    def acknowledge(self, number: int) -> None:
        """That so many more attempts are recorded (runners/wire.py: Config.acknowledged)."""
        stdin = self._process.stdin
        if number and stdin is not None and not stdin.is_closing():
            stdin.write(b"." * number)

    def stop(self, *, at_once: bool = False) -> None:
        """Ask it to end, and kill it where it does not; at_once: kill it now."""
        self._signal(signal.SIGKILL if at_once else signal.SIGTERM)
        if not at_once:
            asyncio.get_running_loop().call_later(GRACE_S, self._signal, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            self.sweep(number)

    def sweep(self, number: signal.Signals = signal.SIGKILL) -> None:
        """The process and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


@asynccontextmanager
async def engine_at_work(
    command: Sequence[str], config: bytes, folder: Path, log: EngineLog
) -> AsyncIterator[EngineProcess]:
    """An engine, until the block ends; then nothing of it is left.

    folder: its home. Raises OSError where it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=_CHUNK,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    )
    engine = EngineProcess(process, log)
    keeping = asyncio.create_task(_keep(process, log))
    try:
        _tell(process, config)
        yield engine
    finally:
        engine.sweep()
        await _ended(process, keeping)


def _tell(process: Process, config: bytes) -> None:
    """Not waited for: an engine that does not read must not hold up who could stop it."""
    assert process.stdin is not None  # noqa: S101 - it was asked for
    process.stdin.write(config)


async def _keep(process: Process, log: EngineLog) -> None:
    assert process.stderr is not None  # noqa: S101 - it was asked for
    while chunk := await process.stderr.read(_CHUNK):
        await asyncio.to_thread(_kept, log.write, chunk)
    await asyncio.to_thread(_kept, log.close)


def _kept(keep: Callable[..., None], *chunk: bytes) -> None:
    """A full disk costs the log, and no more: an engine that nobody listens to would stand still."""
    try:
        keep(*chunk)
    except OSError as error:
        _log.warning("an engine's words are not kept", reason=str(error))


async def _ended(process: Process, keeping: asyncio.Task[None]) -> None:
    """To the end also where this is cancelled: a process that nobody waits for stays a zombie."""
    waiting = asyncio.ensure_future(_reaped(process, keeping))
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        await waiting
        raise


async def _reaped(process: Process, keeping: asyncio.Task[None]) -> None:
    await process.wait()
    with suppress(TimeoutError):  # where somebody who left the session holds its error output
        await asyncio.wait_for(keeping, GRACE_S)


def _environment(folder: Path) -> dict[str, str]:
    return _ENVIRONMENT | {"HOME": str(folder), "PATH": os.environ.get("PATH", os.defpath)}
