"""A run: every chosen probe's prompts, asked side by side, each told of as it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..asking import Gateway
from ..wire import Config, Events
from . import setting
from .attempts import Job, once
from .choosing import chosen, every
from .crew import Batch, Crew
from .loading import Unfit
from .models import Now, Target
from .options import parse
from .planning import fitting, helped, name_of, numbers, turns
from .report import Report
from .talks import draw_no_goals, objectives, talk


def work(config: Config, out: Events) -> None:
    gateway, now = Gateway(config.base_url, config.api_key), Now()
    helped(config, gateway, now)
    options = parse(config.options)
    target = Target(config.target.model, gateway, now, options.passed_on)
    report, crew = Report(config), Crew(config.concurrency)
    for known in chosen(options, every()):
        try:
            made = fitting(known, config)
            _begin(Job(config, options, out, made, now, report), target, crew)
        except Unfit as unfit:
            out.say("skip", probe=name_of(known), reason=unfit.reason)
    crew.finish()
    report.complete()


def _begin(job: Job, target: Target, crew: Crew) -> None:
    """Raises Unfit where the probe breaks before its first question."""
    works = _talks(job, target) if job.made.talks else _questions(job, target)
    batch = Batch(crew, lambda: job.report.evaluate(job.made.known.name))
    for seq, begin in works:
        if not job.config.is_done(job.name, seq):
            batch.add(begin)
    batch.close()


def _questions(job: Job, target: Target) -> list[tuple[int, Callable[[], None]]]:
    minted = _minted(job, target)
    repeated = job.options.generations
    places = numbers(job.made, job.options, job.config.seed)
    wanted = [each for each in places if each in minted]
    return [
        (seq, lambda minted=minted[place], seq=seq: once(job, minted, seq))  # type: ignore[misc]
        for place in wanted
        for seq in range(place * repeated, (place + 1) * repeated)
    ]


def _minted(job: Job, target: Target) -> dict[int, Any]:
    """Every attempt that the probe would make, by its place, before any is sent. Raises Unfit."""
    probe, found = job.made.probe, {}
    setting.seed(job.config.seed, job.made.known.name, "attempts")

    def keep(attempts: list[Any]) -> list[Any]:
        found.update({attempt.seq: attempt for attempt in attempts})
        return []

    probe._execute_all = keep  # noqa: SLF001  # the seam between what is asked and how
    try:
        probe.probe(target)
    except Exception as error:  # a probe may raise what it likes, and the others go on
        raise Unfit(f"It broke: {type(error).__name__}: {error}"[:300]) from error
    if not found:
        raise Unfit("It makes its prompts in a way of its own that cannot be followed here.")
    return found


def _talks(job: Job, target: Target) -> list[tuple[int, Callable[[], None]]]:
    draw_no_goals(job.now)
    job.made.probe.generator = target
    job.made.probe.max_calls_per_conv = turns(job.made, job.options)
    wanted = objectives(job.options.goals, job.config.seed)
    return [
        (seq, lambda goal=goal, seq=seq: talk(job, goal, seq))  # type: ignore[misc]
        for seq, goal in enumerate(wanted)
    ]
