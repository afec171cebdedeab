"""What a run of a task file comes to."""

from __future__ import annotations

from collections.abc import Iterator

from ..wire import Config, Probe
from .choosing import Choice, labels_with
from .files import TaskFile
from .judges import needs_judge
from .model import NO_JUDGE, Desk, at_hand
from .samples import Planned, load


def probes(choice: Choice, file: TaskFile, config: Config) -> Iterator[Probe]:
    """Raises Refused. Calls are at least so many: what a task's solver does, only running tells."""
    at_hand(Desk(config))
    for planned in load(choice, file, config):
        yield _probe(planned, choice, config)


def _probe(planned: Planned, choice: Choice, config: Config) -> Probe:
    graded = needs_judge(planned.task)
    labels = labels_with(choice.labels)
    return Probe(
        planned.probe,
        labels["category"],
        labels["technique"],
        attempts=planned.number,
        title=(planned.task.description or planned.task.name)[:200],
        judge_calls=int(graded),
        skip=against(planned, config),
        kind=labels["kind"],
    )


def against(planned: Planned, config: Config) -> str:
    """Why it will not be done, "" where it will."""
    if needs_judge(planned.task) and not config.judge:
        return NO_JUDGE
    return "" if planned.number else "The task has no samples."
