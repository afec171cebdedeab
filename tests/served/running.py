"""A runner's process, as the host of runs starts one, and what it says."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import quintain.runners
from quintain.runners.wire import Config

START = Path(quintain.runners.__file__).parent / "__main__.py"
Event = dict[str, Any]


class Runner:
    """One process at work; `events` grow as it speaks."""

    def __init__(
        self, python: Path, name: str, mode: str, config: Config | None, **env: str
    ) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("QUINTAIN_", "PYTHON"))}
        self.events: list[Event] = []
        self.process = subprocess.Popen(
            [str(python), "-P", "-s", str(START), name, mode],
            env=clean | {"PYTHONHASHSEED": "0"} | env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if config is not None:
            self.process.stdin.write(config.as_line())
            self.process.stdin.flush()
        self.errors = b""
        self._reader = threading.Thread(target=self._read_errors)
        self._reader.start()

    def _read_errors(self) -> None:
        self.errors = self.process.stderr.read()

    def each(self) -> Iterator[Event]:
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            yield self.events[-1]

    def end(self) -> int:
        self.process.stdin.close()
        code = self.process.wait(30)
        self._reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def runner(
    python: Path, name: str, mode: str, config: Config | None = None, **env: str
) -> Iterator[Runner]:
    """env: on top of what the host gives."""
    at_work = Runner(python, name, mode, config, **env)
    try:
        yield at_work
    finally:
        at_work.kill()
        at_work.end()


def told(python: Path, name: str, mode: str, config: Config | None = None) -> list[Event]:
    """All that a process says that comes to its end."""
    with runner(python, name, mode, config) as at_work:
        list(at_work.each())
        code = at_work.end()
        assert code == 0, at_work.errors.decode()
        assert at_work.events[-1]["event"] == "done"
        return at_work.events


def told_until(
    python: Path, name: str, config: Config, enough: Callable[[list[Event]], bool]
) -> list[Event]:
    """What a process says that is killed as soon as that is enough."""
    with runner(python, name, "run", config) as at_work:
        for _ in at_work.each():
            if enough(at_work.events):
                break
        at_work.kill()
        list(at_work.each())  # what was on its way, as the host would read it
        return at_work.events


def of_kind(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event["event"] == kind]


def with_done(config: Config, events: list[Event]) -> Config:
    """The config of the next process: what these events tell of is recorded."""
    done: dict[str, list[list[int]]] = {name: list(known) for name, known in config.done.items()}
    for event in of_kind(events, "attempt"):
        done.setdefault(event["probe"], []).append([event["seq"], event["seq"]])
    return replace(config, done={name: sorted(known) for name, known in done.items()})
