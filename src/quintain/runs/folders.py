"""Where a run's engines have their home on disk: `<data_dir>/runs/<id>/<label>`."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quintain.errors import Unavailable

LOG = "log"
TASKS = "tasks"  # in the data directory: what the operator puts there for Inspect


@dataclass(frozen=True, slots=True)
class Folders:
    """Not for the event loop: it reads and writes. root: `<data_dir>/runs`.

    Raises Unavailable while the disk is full.
    """

    root: Path

    def part(self, run_id: int, label: str) -> Path:
        folder = self.root / str(run_id) / label
        with _room():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


def data_set_file(folder: Path, number: int) -> Path:
    """numbered, since a data set's name may hold what a file's may not."""
    return folder / f"dataset-{number}.jsonl"


def write_once(path: Path, text: str) -> None:
    """Whole or not at all; one that is there stays, so that a run reads the same rows again.

    Raises Unavailable while the disk is full.
    """
    if not path.exists():
        beside = path.with_name(f"{path.name}.new")
        with _room():
            beside.write_text(text, "utf-8")
            beside.replace(path)


@contextmanager
def _room() -> Iterator[None]:
    """A full disk is waited for, as a store is that is away."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise Unavailable(
            "The disk of the data directory is full: make room.", code="store_unavailable"
        ) from error
