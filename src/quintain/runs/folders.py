"""Where a run's engines have their home on disk: `<data_dir>/runs/<id>/<label>`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOG = "log"
TASKS = "tasks"  # in the data directory: what the operator puts there for Inspect


@dataclass(frozen=True, slots=True)
class Folders:
    """Not for the event loop: it reads and writes. root: `<data_dir>/runs`."""

    root: Path

    def part(self, run_id: int, label: str) -> Path:
        folder = self.root / str(run_id) / label
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


def data_set_file(folder: Path, number: int) -> Path:
    """numbered, since a data set's name may hold what a file's may not."""
    return folder / f"dataset-{number}.jsonl"


def write_once(path: Path, text: str) -> None:
    """Whole or not at all; one that is there stays, so that a run reads the same rows again."""
    if not path.exists():
        beside = path.with_name(f"{path.name}.new")
        beside.write_text(text, "utf-8")
        beside.replace(path)
