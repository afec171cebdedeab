"""A task's samples in an order that never changes, and those of them that are still to be done."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai._eval.loader import load_tasks
from inspect_ai.dataset import MemoryDataset, Sample

from ..given import Refused
from ..wire import Config
from .choosing import Choice
from .files import TaskFile

_SAME = "The task gives other samples than when the run began: run it anew."


@dataclass(frozen=True, slots=True)
class Planned:
    """A task, its samples in order, and how often each is to be done."""

    probe: str
    task: Task
    samples: tuple[Sample, ...]
    epochs: int

    @property
    def number(self) -> int:
        return len(self.samples) * self.epochs

    def sample(self, seq: int) -> Sample:
        """Sample after sample, all epochs of one before the next."""
        return self.samples[seq // self.epochs]


def load(choice: Choice, file: TaskFile, config: Config) -> list[Planned]:
    """The tasks of a file, made anew: its code runs here. Raises Refused."""
    random.seed(f"{config.seed}:{file.label}")  # for those that shuffle without a seed
    try:
        tasks = load_tasks(file.specs, dict(choice.task_args))
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise Refused(f"The task file {file.label} does not load: {told}"[:1000]) from error
    probes = [file.probe(name, choice.task_args) for name in file.names]
    return [_planned(*each, choice) for each in zip(probes, tasks, strict=True)]


def _planned(probe: str, task: Task, choice: Choice) -> Planned:
    if task.sample_source is not None:
        raise Refused(f"The task {task.name} makes its samples on the way, so none can be resumed.")
    samples = tuple(task.dataset)[: choice.limit]
    return Planned(probe, task, samples, choice.epochs or task.epochs or 1)


def in_first_order(planned: Planned, folder: Path) -> Planned:
    """The order of the run's first start, kept in its folder. Raises Refused."""
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(planned.probe.encode()).hexdigest()[:16]
    kept = folder / f"samples-{name}.json"
    now = _keyed(planned.samples)
    if not kept.exists():
        _write(kept, json.dumps(list(now)))
        return planned
    first = json.loads(kept.read_text("utf-8"))
    if any(key not in now for key in first):
        raise Refused(_SAME)
    return replace(planned, samples=tuple(now[key] for key in first))


def _keyed(samples: tuple[Sample, ...]) -> dict[str, Sample]:
    """By what they are; of equal ones, by which it is."""
    seen: Counter[str] = Counter()
    keyed: dict[str, Sample] = {}
    for sample in samples:
        key = digest(sample)
        keyed[f"{key}.{seen[key]}"] = sample
        seen[key] += 1
    return keyed


def digest(sample: Sample) -> str:
    """Equal for what asks the same. Messages carry ids that are new each time."""
    told: dict[str, Any] = sample.model_dump(
        mode="json", include={"id", "input", "choices", "target", "files", "setup"}, fallback=str
    )
    if isinstance(told["input"], list):
        told["input"] = [{k: v for k, v in each.items() if k != "id"} for each in told["input"]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _write(path: Path, text: str) -> None:
    """Whole or not at all, whenever this process is killed."""
    half = path.with_suffix(".half")
    half.write_text(text, "utf-8")
    half.replace(path)


def missing(planned: Planned, config: Config) -> dict[str, int]:
    """By the id that a sample goes by from here on, its sequence number."""
    named: dict[str, int] = {}
    taken: set[str] = set()
    for seq in range(planned.number):
        id_ = _id(planned, seq, taken)
        if not config.is_done(planned.probe, seq):
            named[id_] = seq
    return named


def _id(planned: Planned, seq: int, taken: set[str]) -> str:
    """The task's own id where it has one of its own, so that Inspect's log reads as usual."""
    own, epoch = planned.sample(seq).id, seq % planned.epochs
    id_ = str(own) if own not in {None, ""} else str(seq // planned.epochs + 1)
    id_ = f"{id_} (epoch {epoch + 1})" if epoch else id_
    id_ = f"{id_} ({seq})" if id_ in taken else id_
    taken.add(id_)
    return id_


def reduce_to(planned: Planned, named: dict[str, int]) -> Task:
    """The task with those samples alone, each epoch a sample of its own, and our model."""
    task, dataset = planned.task, planned.task.dataset
    samples = [planned.sample(seq).model_copy(update={"id": id_}) for id_, seq in named.items()]
    task.dataset = MemoryDataset(samples, name=dataset.name, location=dataset.location)
    task.epochs = task.epochs_reducer = None
    task.model = None  # a task's own would take the place of the one under test
    return task
