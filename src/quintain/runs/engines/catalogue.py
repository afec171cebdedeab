"""What an engine has: asked of it once, when it is installed, and then read from its folder."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from quintain.runners.inspect_ai.files import listed
from quintain.runs.engines.pip import TAIL_LINES, NotMade
from quintain.runs.engines.table import Engine
from quintain.runs.folders import TASKS
from quintain.runs.process import MAIN, Engines

FILE = "catalogue.jsonl"
LONGEST_S = 300
Entry = dict[str, Any]


def kept_in(place: Path) -> list[Entry]:
    """What the engine in this environment has.

    Entries: {probe, title, category, technique, tags, prompts, needs, ...}.
    """
    if place.name == "inspect":  # its tasks are the operator's files, which come and go
        return list(listed(place.parents[1] / TASKS))
    return [json.loads(line) for line in (place / FILE).read_text("utf-8").splitlines()]


@cache
def built_in(python: Path, engine: Engine) -> tuple[Entry, ...]:
    """That of an engine which comes with quintain: asked once a process, since it does not change."""
    return tuple(_asked(python, engine))


def write_catalogue(place: Path, engine: Engine) -> None:
    """Ask the engine in this environment, and keep what it says there. Raises NotMade."""
    entries = _asked(place / "bin" / "python", engine)
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    (place / FILE).write_text(text, "utf-8")


def _asked(python: Path, engine: Engine) -> Iterator[Entry]:
    command = Engines(MAIN).command(python, engine.module, "catalogue")
    try:
        done = subprocess.run(  # noqa: S603
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=True,
        )
    except subprocess.SubprocessError as error:
        said = str(getattr(error, "stderr", None) or error).strip().splitlines()
        message = f"{engine.title} does not work in its environment; its last words:"
        raise NotMade(message, tuple(said[-TAIL_LINES:])) from error
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return (_entry(event) for event in events if event["event"] == "entry")


def _entry(event: Entry) -> Entry:
    return {key: event[key] for key in event if key != "event"}


def _environment() -> dict[str, str]:
    """Without what would change an interpreter, or tell an engine anything of the server."""
    dropped = ("PYTHON", "QUINTAIN_")
    kept = {key: os.environ[key] for key in os.environ if not key.startswith(dropped)}
    return kept | {"PYTHONHASHSEED": "0"}
