"""All that the page shows, made ready: the template decides nothing."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quintain.runners.wire import BREACHED, CONTROL
from quintain.runs.model import FINISHED, Run, Skipped
from quintain.runs.records import AttemptFilters
from quintain.runs.reports.bars import Bar, bar, between
from quintain.runs.reports.causes import Causes, causes_of
from quintain.runs.reports.coverage import Coverage, coverage
from quintain.runs.reports.material import Material, gather
from quintain.runs.reports.shown import Shown, shown
from quintain.runs.reports.verdict import Verdict, judge_doubted, percent, verdict_of
from quintain.runs.scores.rates import Counts, Rate
from quintain.runs.scores.scoring import UTILITY
from quintain.runs.scores.source import Source
from quintain.runs.scores.weakness import Finding
from quintain.runs.taxonomy import TAXONOMY, Entry

_REFUSALS = 5
_CELLS = 60
_SKIPPED = 200
_PURPOSES = {
    "foundationModels": "foundation model",
    "chatbotsAndCopilots": "chatbot or copilot",
    "agents": "agent",
    "URL": "web page with a chat",
}


@dataclass(frozen=True, slots=True)
class Score:
    """A line of a scorecard."""

    title: str
    counts: Counts
    bar: Bar | None
    rate: str
    between: str


@dataclass(frozen=True, slots=True)
class Weak:
    """A finding as the page shows it. about: what it is. sure: how much to trust the rate."""

    finding: Finding
    about: str
    sure: str
    score: Score
    parts: list[Score]
    examples: list[Shown]
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class View:
    material: Material
    verdict: Verdict
    causes: Causes
    refusals: list[Shown]
    undone: list[Shown]
    weak: list[Weak] = field(default_factory=list)

    @property
    def run(self) -> Run:
        return self.material.run

    @property
    def over(self) -> bool:
        return self.run.state == FINISHED

    @property
    def purpose(self) -> str:
        given = str(self.run.plan.facts.get("testing_for") or "")
        return _PURPOSES.get(given, given or "unknown")

    @property
    def headlines(self) -> list[tuple[str, Score, str]]:
        """The figures at the top: a title, the score, and what is good for it."""
        scores = self.material.scores
        found = [
            ("Attacks that got through", score_of("", scores.attacks), "down"),
            ("Harmless questions refused", score_of("", scores.controls), "down"),
        ]
        if scores.utility.attempts:
            done = Counts(scores.utility.breached, scores.utility.resisted, scores.utility.error)
            found.append(("Own tasks done", score_of("", done), "up"))
        return found

    @property
    def categories(self) -> list[Score]:
        return _scores(self.material.scores.categories, category_title)

    @property
    def techniques(self) -> list[Score]:
        return _scores(self.material.scores.techniques, technique_title)

    @property
    def severities(self) -> list[Score]:
        return _scores(self.material.scores.severities, str.capitalize)

    @property
    def engines(self) -> list[Score]:
        return _scores(self.material.scores.engines, str)

    @property
    def cells(self) -> list[Score]:
        """The worst cells of category and technique."""
        cells = self.material.scores.cells.items()
        return [
            score_of(f"{category_title(category)} by {technique_title(technique).lower()}", counts)
            for (category, technique), counts in list(cells)[:_CELLS]
        ]

    @property
    def cells_left_out(self) -> int:
        return max(0, len(self.material.scores.cells) - _CELLS)

    @property
    def controls(self) -> list[Score]:
        return _scores(self.material.scores.refusals, category_title)

    @property
    def coverage(self) -> list[Coverage]:
        return coverage(self.material)

    @property
    def skipped(self) -> list[Skipped]:
        return [*self.run.plan.skipped, *self.run.outcome.skipped][:_SKIPPED]

    @property
    def skipped_left_out(self) -> int:
        return len(self.run.plan.skipped) + len(self.run.outcome.skipped) - len(self.skipped)

    @property
    def datasets(self) -> list[str]:
        return list(dict.fromkeys(name for part in self.run.plan.parts for name in part.datasets))

    @property
    def command(self) -> str:
        """What runs the same again."""
        run, plan = self.run, self.run.plan
        words = ["quintain", "run", f"{run.saved_name}:{run.version}", "--suite", run.suite_name]
        words += ["--seed", str(run.seed)]
        for option, value in (("--judge", plan.judge), ("--attacker", plan.attacker)):
            words += [option, value] if value else []
        steps = plan.suite.get("steps") or ()
        of_suite = {name for step in steps for name in step.get("datasets") or ()}
        for name in self.datasets:
            words += ["--dataset", name] if name not in of_suite else []
        if plan.limits.get("max_attempts"):
            words += ["--max-attempts", str(plan.limits["max_attempts"])]
        return shlex.join(words)


async def view_of(source: Source, run: Run) -> View:
    material = await gather(source, run)
    controls = AttemptFilters(kind=CONTROL, verdict=BREACHED)
    own = AttemptFilters(kind=CONTROL, verdict=BREACHED, category=UTILITY)
    refused = await source.attempts(run.id, controls, limit=10 * _REFUSALS)
    undone = await source.attempts(run.id, own, limit=_REFUSALS)
    return View(
        material,
        verdict_of(material),
        await causes_of(source, run),
        [shown(attempt) for attempt in refused if attempt.category != UTILITY][:_REFUSALS],
        [shown(attempt) for attempt in undone],
        [_weak(material, finding) for finding in material.findings],
    )


def score_of(title: str, counts: Counts) -> Score:
    rate = counts.rate
    if rate.value is None:
        return Score(title, counts, None, "-", "")
    return Score(title, counts, bar(rate), percent(rate.value), between(rate))


def category_title(name: str) -> str:
    return TAXONOMY.category(name).title


def technique_title(name: str) -> str:
    return TAXONOMY.technique(name).title


def _scores(counts: dict[str, Counts], title: Any) -> list[Score]:
    return [score_of(title(name), each) for name, each in counts.items()]


def _weak(material: Material, finding: Finding) -> Weak:
    title = category_title if finding.by_technique else technique_title
    return Weak(
        finding,
        about=" ".join(_about(finding)),
        sure=" ".join(_sure(material, finding)),
        score=score_of(finding.title, finding.counts),
        parts=_scores(finding.parts, title),
        examples=[shown(attempt) for attempt in finding.examples],
        entries=material.entries(finding),
    )


def _about(finding: Finding) -> Iterator[str]:
    if finding.by_technique:
        yield TAXONOMY.technique(finding.techniques[0]).about
        yield "It breaks the model clearly more often than other techniques do."
    else:
        yield TAXONOMY.category(finding.categories[0]).explanation


def _sure(material: Material, finding: Finding) -> Iterator[str]:
    yield _founded(finding)
    if judge_doubted(material) and any(each.detail.get("judge") for each in finding.examples):
        yield "But a judge that cannot be relied on gave verdicts here: read the evidence."


def _founded(finding: Finding) -> str:
    rate: Rate = finding.counts.rate
    if finding.sure == "low":
        return (
            "Seen once. It may be chance, or an answer that was misjudged: read the evidence, and "
            "test more of the same."
        )
    if finding.sure == "medium":
        return (
            "It happens; how often is not well known. Few attempts stand behind the rate: "
            f"{between(rate)} of attacks like these."
        )
    return f"The rate is well known: {between(rate)} of attacks like these get through."
