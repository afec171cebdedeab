"""All tasks of a file, one after the other, with as many samples at a time as the run may have."""

from __future__ import annotations

from typing import Any

from inspect_ai import eval as evaluate
from inspect_ai._eval import context
from inspect_ai._util.path import chdir_python

from ..given import Refused
from ..wire import Config, Events
from .choosing import Choice
from .ending import Ending, listen
from .files import TaskFile
from .model import Desk, at_hand, models
from .planning import against
from .samples import Planned, in_first_order, load, missing, reduce_to


def run_all(choice: Choice, file: TaskFile, config: Config, out: Events) -> None:
    """Raises Refused where the file gives no task."""
    config.folder.mkdir(parents=True, exist_ok=True)
    context.init_dotenv = lambda: None  # no .env of whatever folder this one lies in
    desk, endings = Desk(config), list[Ending]()
    listen(endings)
    at_hand(desk)
    with chdir_python(file.path.parent.as_posix()):  # where a task looks for what lies beside it
        for planned in load(choice, file, config):
            _run_or_skip(choice, planned, desk, endings, out)


def _run_or_skip(
    choice: Choice, planned: Planned, desk: Desk, endings: list[Ending], out: Events
) -> None:
    reason = against(planned, desk.config)
    try:
        if not reason:
            _run(choice, in_first_order(planned, desk.config.folder), desk, endings, out)
    except Refused as refused:
        reason = str(refused)
    except Exception as error:  # noqa: BLE001 - such as a sandbox that is not there
        reason = f"Inspect cannot run it: {' '.join(str(error).split())}"[:1000]
    if reason:
        out.say("skip", probe=planned.probe, reason=reason)


def _run(choice: Choice, planned: Planned, desk: Desk, endings: list[Ending], out: Events) -> None:
    """Raises Refused where Inspect gave up before the last sample."""
    config = desk.config
    named = missing(planned, config)
    if not named:
        return
    desk.sessions = {id_: config.session(planned.probe, seq) for id_, seq in named.items()}
    endings.append(Ending(choice, planned, named, desk, out))
    model, others = models(desk)
    # What Inspect would write on the side stays off: live views, sockets, retries of its own.
    logs = evaluate(
        reduce_to(planned, named),
        model=model,
        model_roles=others,
        log_dir=str(config.folder / "logs"),
        log_format="eval",
        display="none",
        fail_on_error=False,
        retry_on_error=0,
        score_on_error=False,
        max_samples=max(1, config.concurrency),
        time_limit=choice.time_limit,
        log_realtime=False,
        ctl_server=False,
        epochs=1,
    )
    _ended(logs[0], endings[-1], len(named), out)


def _ended(log: Any, ending: Ending, asked: int, out: Events) -> None:
    if ending.told < asked:
        why = log.error.message if log.error is not None else f"it ended as {log.status}"
        told = f"Inspect did {ending.told} of {asked} samples: {why}"
        raise Refused(told[:1000])
    for text in _figures(log):
        out.say("note", text=text)


def _figures(log: Any) -> list[str]:
    """Inspect's own, to stand beside ours."""
    scores = log.results.scores if log.results is not None else []
    return [
        f"Inspect's own figures for {log.eval.task}: {score.name} "
        + ", ".join(f"{metric.name} {metric.value:.4g}" for metric in score.metrics.values())
        + f", of {log.results.completed_samples} samples."
        for score in scores
        if score.metrics
    ]
