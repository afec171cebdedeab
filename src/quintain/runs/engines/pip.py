"""pip in an environment of its own: started, listened to, and its complaints made short."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quintain.errors import Unavailable

TAIL_LINES = 12
_KEPT_LINES = 200
_GRACE_S = 5.0
# What would send packages elsewhere than into the environment.
_STRAY = frozenset({"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV"})
_AT_WORK = re.compile(r"^\s*(?:Collecting|Downloading|Using cached|Processing) (\S+)")
_FULL = ("No space left on device", "Disk quota exceeded")
_AWAY = ("Temporary failure in name resolution", "NewConnectionError", "Could not find a version")


class NotMade(Unavailable):
    """An environment that could not be made. said: the last lines of who could not."""

    code = "engine_not_made"

    def __init__(self, message: str, said: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.said = said


@dataclass(frozen=True, slots=True)
class Source:
    """Where packages come from.

    wheels: this folder alone, for a machine without network; None for what pip's own configuration
    says.
    """

    wheels: Path | None = None

    def options(self) -> list[str]:
        return [] if self.wheels is None else ["--no-index", "--find-links", str(self.wheels)]


def make_environment(folder: Path) -> None:
    """An environment with pip. Raises NotMade where this Python cannot make any."""
    command = [_base_python(), "-I", "-m", "venv", "--clear", str(folder)]
    code, said = _run(command, dict(os.environ), lambda _: None)
    if code:
        raise _unmade("This Python cannot make an environment", said)


def _base_python() -> str:
    """The interpreter below quintain's own environment, so that the new one stands by itself."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def pip(python: Path, words: Sequence[str], heard: Callable[[str], None]) -> None:
    """Run `pip <words>`, telling `heard` each package that it is at. Raises NotMade."""
    command = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", *words]
    code, said = _run(command, _environment(), lambda line: _hear(line, heard))
    if code:
        raise _unmade("pip could not install it", said, words)


def _hear(line: str, heard: Callable[[str], None]) -> None:
    if found := _AT_WORK.match(line):
        heard(found[1])


def _run(
    command: Sequence[str], env: Mapping[str, str], heard: Callable[[str], None]
) -> tuple[int, str]:
    """Its exit code and last lines. Where this is broken off, so is all that it started."""
    process = subprocess.Popen(  # noqa: S603
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    try:
        for line in _lines(process):
            last.append(line)
            heard(line)
    finally:
        _end(process)
    return process.returncode, "\n".join(last)


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    if process.stdout is None:
        raise RuntimeError("it was started without a pipe")
    with process.stdout as output:
        yield from (line.rstrip() for line in output)
    process.wait()


def _end(process: subprocess.Popen[str]) -> None:
    """As by Ctrl-C, so that pip takes its temporary files away, and by force where that is ignored."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment() -> dict[str, str]:
    """The user's own, with the pip configuration of quintain's environment where it has one."""
    kept = {key: value for key, value in os.environ.items() if key not in _STRAY}
    own = Path(sys.prefix) / "pip.conf"
    return ({"PIP_CONFIG_FILE": str(own)} if own.is_file() else {}) | kept


def _unmade(what: str, said: str, words: Sequence[str] = ()) -> NotMade:
    return NotMade(f"{what}: {_why(said, words)}", tuple(said.strip().splitlines()[-TAIL_LINES:]))


def _why(said: str, words: Sequence[str]) -> str:
    if any(word in said for word in _FULL):
        return "the disk is full."
    if "ensurepip" in said or "No module named venv" in said:
        return "its modules venv and ensurepip are missing (Debian and Ubuntu: python3-venv)."
    if "DO NOT MATCH THE HASHES" in said:
        return "a package is not the one that was pinned."
    if any(word in said for word in _AWAY):
        if "--no-index" in words:
            return "the folder of --wheels lacks a package: fetch all with `engines download`."
        return "a package was not found, or its place not reached. Offline: --wheels DIR."
    return "its last words:"
