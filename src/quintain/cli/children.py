"""Processes of ours: started, waited for until they say that they are ready, and ended for sure."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from quintain.cli.exits import Failure

READY_S = 30.0
STOP_S = 5.0
_TAIL = 12  # lines of a log that are worth showing


@dataclass(frozen=True, slots=True)
class Child:
    """A running process. `ready` is the line by which it said so."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    ready: str

    async def ended(self) -> Failure:
        """Wait until it ends by itself, and return that as a failure in words."""
        status = await self.process.wait()
        return Failure(f"The {self.name} ended (status {status}).", hint=_tail(self.log))

    def last_error(self) -> str:
        """Return what its structured log last told as an error, in one line; "" if nothing."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        errors = (line for line in reversed(lines) if '"level": "error"' in line)
        try:
            record = orjson.loads(next(errors, "{}"))
        except orjson.JSONDecodeError:
            return ""
        trace = str(record.get("exception") or record.get("event") or "")
        return trace.strip().rpartition("\n")[2]


@asynccontextmanager
async def child(
    name: str,
    module: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    stdin: str = "",
) -> AsyncIterator[Child]:
    """Run `python -m <module>` for the length of the block.

    stdin: what it is given to read, keys above all: a command line is seen by every user.
    Raises Failure, with the end of its log, when it is not ready within READY_S.
    """
    log = folder / f"{name.replace(' ', '-')}.log"
    process = await _start(module, log, environ)
    try:
        yield Child(name, process, log, await _until_ready(process, name, log, stdin))
    finally:
        await _stop(process)


async def _start(
    module: Sequence[str], log: Path, environ: Mapping[str, str]
) -> asyncio.subprocess.Process:
    with log.open("wb") as file:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
            env=environ,
        )


async def _until_ready(
    process: asyncio.subprocess.Process, name: str, log: Path, stdin: str
) -> str:
    assert process.stdin  # noqa: S101  # both are pipes, see _start
    assert process.stdout  # noqa: S101
    process.stdin.write(stdin.encode())
    process.stdin.close()
    try:
        async with asyncio.timeout(READY_S):
            line = await process.stdout.readline()
    except TimeoutError as error:
        failure = Failure(f"The {name} was not ready within {READY_S:g} s.", hint=_tail(log))
        raise failure from error
    if not line:
        raise Failure(f"The {name} did not start.", hint=_tail(log))
    return line.decode().strip()


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask it to end, and end it when it does not."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()[-_TAIL:]
    return "Its last words: " + " | ".join(lines) if lines else "It left no word."
