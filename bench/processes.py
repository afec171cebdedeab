"""Starting processes, waiting for them, and what they cost by the kernel's own count (Linux)."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
START_S = 120.0


class NotStarted(Exception):
    """A process did not come up. The text says why, with the end of its output."""


@dataclass(frozen=True)
class Usage:
    """CPU seconds (user and system) and resident megabytes of a process and its descendants."""

    cpu_s: float = 0.0
    rss_mb: float = 0.0


def usage(pid: int) -> Usage:
    """Read what a process and all its descendants used so far; nothing for pid 0."""
    if not pid:
        return Usage()
    cpu = rss = 0.0
    for each in _family(pid):
        with suppress(OSError):  # it ended in the meantime
            # proc(5): the fields after the command, which may itself hold spaces and brackets.
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ended = int(fields[13]) + int(fields[14])  # children that were waited for
            cpu += _cpu_clock(each) + ended / _TICKS
            rss += int(fields[21]) * _PAGE / 1e6
    return Usage(cpu, rss)


def _cpu_clock(pid: int) -> float:
    """User and system seconds of a process, exact where /proc counts in hundredths.

    The clock's number is that of clock_getcpuclockid(3), which Python does not offer.
    """
    return time.clock_gettime((~pid << 3) | 2)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that ended in the meantime
            for child in children.read_text().split():
                yield from _family(int(child))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    ready: Callable[[], bool],
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Run a command until the block ends; yields its pid once `ready` says so.

    Raises NotStarted when it ends or is not ready within 120 s.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        _await(process, ready, log)
        yield process.pid
    finally:
        _stop(process)


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-600:]
            raise NotStarted(f"it did not start: {tail.strip() or process.returncode}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):  # children that outlived it
        os.killpg(process.pid, signal.SIGKILL)


def answers(port: int, path: str) -> bool:
    """Tell whether a GET is answered with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
