"""The core engine: what it would do, what it does, what it has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

from ..asking import Gateway
from ..wire import CONTROL, Config, Events, Probe
from . import crew, matrix, options
from .case import Case
from .conduct import Conduct, is_judged
from .data.cells import cells as data_cells
from .goal import BENIGN, attacks, controls
from .judge.agreement import agreement, labelled, sentence
from .judge.asking import Judge
from .judge.question import Ground
from .policy import CATEGORY as POLICY
from .techniques.table import TECHNIQUES

AGREEMENT = "judge_agreement.json"
_UNJUDGED = (
    "Without a judge, answers to requests for harmful things were told by their form alone; with one"
    " (--judge NAME) these verdicts are surer."
)


def plan(config: Config) -> Iterable[Probe]:
    """What `run` would do, to the attempt."""
    return [cell.probe for cell in _cells(config)]


def run(config: Config, out: Events) -> None:
    """Make the attempts that are not recorded yet. Raises ValueError for options that are wrong."""
    found = _cells(config)
    for cell in found:
        if cell.probe.skip:
            out.say("skip", probe=cell.probe.probe, reason=cell.probe.skip)
    waiting = [case for case in _in_turn(found) if not config.is_done(case.probe, case.seq)]
    gateway = Gateway(config.base_url, config.api_key)
    judge = _judge(config, gateway)
    weak = any(is_judged(case) for case in waiting)
    if weak and judge is not None:
        _say_agreement(config, gateway, out)
    elif weak:
        out.say("note", text=_UNJUDGED)
    conduct = Conduct(config, gateway, judge)
    crew.work(
        waiting,
        lambda case: out.say("attempt", **conduct.attempt(case).as_event()),
        config.concurrency,
    )


def _cells(config: Config) -> list[matrix.Cell]:
    """The cells of this run, the judge's calls counted, and no more attempts than allowed."""
    chosen = options.parse(config.options)
    found = list(chain(matrix.cells(config, chosen), data_cells(config, chosen)))
    if config.judge:
        found = [matrix.judged(cell, is_judged) for cell in found]
    if chosen.max_attempts is not None:
        found = _at_most(found, chosen.max_attempts, config.seed)
    return _checked(found) if config.judge else found


def _checked(found: list[matrix.Cell]) -> list[matrix.Cell]:
    """With the calls that check the judge, told of the first cell that needs it."""
    for at, cell in enumerate(found):
        if any(is_judged(case) for case in cell.cases):
            probe = replace(cell.probe, judge_checks=len(labelled()))
            return [*found[:at], replace(cell, probe=probe), *found[at + 1 :]]
    return found


def _at_most(found: list[matrix.Cell], most: int, seed: int) -> list[matrix.Cell]:
    """As many attempts of one category as of another, and within it of each technique and goal."""
    by_category: dict[str, list[Iterable[Case]]] = {}
    for lot, cell in sorted(((_lot(seed, cell), cell) for cell in found), key=itemgetter(0)):
        at = int(lot * len(cell.cases))
        turned = (*cell.cases[at:], *cell.cases[:at])
        by_category.setdefault(cell.probe.category, []).append(turned)
    spread = _interleaved(list(map(_interleaved, by_category.values())))
    allowed = {(case.probe, case.seq) for case in islice(spread, most)}
    kept = []
    for cell in found:
        cases = tuple(case for case in cell.cases if (case.probe, case.seq) in allowed)
        if cases or cell.probe.skip:
            kept.append(matrix.Cell(replace(cell.probe, attempts=len(cases)), cases))
    return kept


def _in_turn(found: list[matrix.Cell]) -> Iterator[Case]:
    """All cases: the first of each cell, the second of each, and so on."""
    return _interleaved([cell.cases for cell in found])


def _lot(seed: int, cell: matrix.Cell) -> float:
    return Random(f"{seed}/{cell.probe.probe}").random()  # noqa: S311  # to be repeated


def _interleaved(many: Iterable[Iterable[Case]]) -> Iterator[Case]:
    waiting = [iter(each) for each in many]
    while waiting:
        still = []
        for cases in waiting:
            if (case := next(cases, None)) is not None:
                yield case
                still.append(cases)
        waiting = still


def _judge(config: Config, gateway: Gateway) -> Judge | None:
    if not config.judge:
        return None
    target = config.target
    ground = Ground(target.system_description, target.policy_description)
    return Judge(gateway, config.judge, ground, config.seed)


def _say_agreement(config: Config, gateway: Gateway, out: Events) -> None:
    """How far the judge can be trusted: asked once a run, and kept for its restarts."""
    kept = config.folder / AGREEMENT
    figures = _kept(kept, config.judge)
    if figures is None:
        size = max(1, min(config.concurrency, crew.MOST))
        figures = agreement(gateway, config.judge, seed=config.seed, concurrency=size)
        if figures["unanswered"] < figures["n"]:  # else the judge may be there another time
            config.folder.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(figures), "utf-8")
    out.say("judge", **figures)
    out.say("note", text=sentence(figures))


def _kept(path: Path, model: str) -> dict[str, Any] | None:
    try:
        figures: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return figures if figures.get("model") == model else None


def catalogue() -> Iterable[dict[str, Any]]:
    """Each category with each technique that its goals take, and the controls."""
    for category, goals in groupby(attacks(), key=lambda goal: goal.category):
        found = tuple(goals)
        for technique in TECHNIQUES.values():
            fit = [goal for goal in found if matrix.fits(technique, goal)]
            if fit:
                tools = technique.tools or all(goal.tools for goal in fit)
                yield _entry(category, technique.id, technique.title, len(fit), tools=tools)
    yield _entry(POLICY, "direct", "made from policy_description", 0, needs=["judge"])
    yield _entry("over_refusal", BENIGN, "harmless questions", len(controls()), kind=CONTROL)


def _entry(
    category: str,
    technique: str,
    title: str,
    prompts: int,
    *,
    kind: str = "attack",
    needs: Iterable[str] = (),
    tools: bool = False,
) -> dict[str, Any]:
    return {
        "probe": f"core:{category}.{technique}",
        "title": f"{category.replace('_', ' ')}, {title}",
        "category": category,
        "technique": technique,
        "tags": [kind],
        "prompts": prompts,
        "needs": [*needs, *(["tools"] if tools else [])],
    }
