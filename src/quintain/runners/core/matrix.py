"""Goals by techniques: which cells there are for a target, and what stands in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil
from random import Random

from ..wire import CONTROL, Config, Probe
from . import policy
from .case import Case, Setting
from .goal import BENIGN, FITS, Goal, attacks, controls
from .options import Options
from .techniques.base import ROUNDS, Technique
from .techniques.frames import direct
from .techniques.table import TECHNIQUES

PAGE = "URL"
_TECHNIQUE = "technique "
_PAGE_GOALS = 2  # a cell; each takes a browser some seconds
_AS_IT_IS = Technique(BENIGN, "as it is", direct, short=True)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one probe does; nothing where `probe.skip` says why."""

    probe: Probe
    cases: tuple[Case, ...] = ()


def cells(config: Config, options: Options) -> Iterator[Cell]:
    """All cells of the shipped goals, with those that have no place in this run."""
    setting = Setting(config.seed, config.target)
    yield from _absent(config, options)
    for category, goals in groupby(_goals(config, options), key=lambda goal: goal.category):
        found = tuple(goals)
        for technique in _techniques(options):
            picked = _sampled(config, options, [g for g in found if takes(technique, g, config)])
            if picked:
                yield _cell(category, technique, [setting.case(goal, technique) for goal in picked])
    if options.controls != 0:
        picked = _controls(config, options)
        if picked:
            cases = [setting.case(goal, _AS_IT_IS) for goal in picked]
            yield _cell("over_refusal", _AS_IT_IS, cases)


def _goals(config: Config, options: Options) -> list[Goal]:
    own = policy.goals(config.target.policy_description) if config.judge else ()
    return [
        goal
        for goal in (*attacks(), *own)
        if goal.suits(config.target.testing_for) and _wanted(options.categories, goal.category)
    ]


def _techniques(options: Options) -> list[Technique]:
    return [each for each in TECHNIQUES.values() if _wanted(options.techniques, each.id)]


def _wanted(ids: Sequence[str] | None, name: str) -> bool:
    return ids is None or name in ids


def fits(technique: Technique, goal: Goal) -> bool:
    """Whether a goal can be put so, whatever the target."""
    shaped = technique.shape == goal.shape or (
        goal.shape == ROUNDS and technique.id == "multi_turn"
    )
    return shaped and (not goal.only or technique.id in goal.only)


def takes(technique: Technique, goal: Goal, config: Config) -> bool:
    """Whether a goal can be put so, to this target."""
    tools = _has_tools(config) or not (goal.tools or technique.tools)
    short = technique.short or config.target.testing_for != PAGE
    return fits(technique, goal) and tools and short


def _has_tools(config: Config) -> bool:
    return any(tool.get("parameters") for tool in config.target.tools)


def _sampled(config: Config, options: Options, goals: list[Goal]) -> list[Goal]:
    """Some goals of a cell, drawn by the seed, in their order."""
    most = options.goals_per_cell or (
        _PAGE_GOALS if config.target.testing_for == PAGE else len(goals)
    )
    most = min(most, ceil(options.share * len(goals)))
    if len(goals) <= most:
        return goals
    picked = sorted(goals, key=lambda goal: _lot(config.seed, goal))[:most]
    return sorted(picked, key=lambda goal: goal.seq)


def _controls(config: Config, options: Options) -> list[Goal]:
    there = [goal for goal in controls() if goal.suits(config.target.testing_for)]
    if options.controls is None or len(there) <= options.controls:
        return there
    picked = sorted(there, key=lambda goal: _lot(config.seed, goal))[: options.controls]
    return sorted(picked, key=lambda goal: goal.seq)


def _lot(seed: int, goal: Goal) -> float:
    """By which goals are drawn: a goal's own, whatever others there are."""
    return Random(f"{seed}/{goal.id}").random()  # noqa: S311  # to be repeated


def _cell(category: str, technique: Technique, cases: list[Case]) -> Cell:
    calls = max(len(case.script().rounds) for case in cases) if technique.calls > 1 else 1
    title = f"{category.replace('_', ' ')}, {technique.title}"
    probe = Probe(
        cases[0].probe, category, technique.id, len(cases), title, cases[0].kind, calls=calls
    )
    return Cell(probe, tuple(cases))


def _absent(config: Config, options: Options) -> Iterator[Cell]:
    """Categories and techniques that were asked for, or would be, and have no place here."""
    for category, reason in _reasons(config, options):
        if category.startswith(_TECHNIQUE) or _wanted(options.categories, category):
            kind = CONTROL if category == "over_refusal" else "attack"
            yield Cell(Probe(f"core:{category}", category, "", 0, kind=kind, skip=reason))


def _reasons(config: Config, options: Options) -> Iterator[tuple[str, str]]:
    if not config.target.policy_description:
        yield policy.CATEGORY, "needs policy_description in the context of the registration"
    elif not config.judge:
        yield policy.CATEGORY, "needs a judge: give --judge NAME"
    for category, goals in groupby(attacks(), key=lambda goal: goal.category):
        yield from ((category, reason) for reason in _against(tuple(goals), config))
    known = {goal.category for goal in attacks()} | {policy.CATEGORY}
    for name in options.categories or ():
        if name not in known:
            yield name, "is no category that core has goals for"
    for name in options.techniques or ():
        if name not in TECHNIQUES:
            yield f"{_TECHNIQUE}{name}", "is no technique of core"


def _against(goals: tuple[Goal, ...], config: Config) -> Iterator[str]:
    suited = [goal for goal in goals if goal.suits(config.target.testing_for)]
    if not suited:
        names = sorted({FITS[name] for goal in goals for name in goal.fits})
        yield f"is for {', '.join(names)}"
    elif not _has_tools(config) and all(goal.tools for goal in suited):
        yield "needs tools with parameters in the model's registration"


def judged(cell: Cell, is_judged: Callable[[Case], bool]) -> Cell:
    """The same with the judge's calls counted."""
    calls = int(any(is_judged(case) for case in cell.cases))
    return replace(cell, probe=replace(cell.probe, judge_calls=calls))
