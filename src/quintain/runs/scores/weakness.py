"""What broke: a finding for each weakness, with its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from quintain.runners.wire import ATTACK, BREACHED
from quintain.runs.model import Attempt, Run, Tally
from quintain.runs.records import AttemptFilters
from quintain.runs.scores.grouping import ANY, Weakness, weaknesses
from quintain.runs.scores.rates import Counts, Rate
from quintain.runs.scores.scoring import score, severity_rank, worst_first
from quintain.runs.scores.source import Source
from quintain.runs.taxonomy import TAXONOMY

EXAMPLES = 3
_LOOKED_AT = 8  # breached attempts of a cell, to find examples of different goals among
_NAMED = 3  # categories or techniques that worked, in a summary
_WIDE = 0.3  # of an interval: above it, few attempts stand behind the rate


@dataclass(frozen=True, slots=True)
class Finding:
    """severity: the highest among its breaches. examples: breached attempts, EXAMPLES at most."""

    weakness: Weakness
    severity: str
    examples: tuple[Attempt, ...] = ()

    @property
    def id(self) -> str:
        return self.weakness.id

    @property
    def counts(self) -> Counts:
        return self.weakness.counts

    @property
    def by_technique(self) -> bool:
        """It is about how the model is attacked, rather than about what comes of it."""
        return self.weakness.category == ANY

    @property
    def title(self) -> str:
        if self.by_technique:
            return f"{TAXONOMY.technique(self.weakness.technique).title} as a way in"
        return TAXONOMY.category(self.weakness.category).title

    @property
    def parts(self) -> dict[str, Counts]:
        """Its categories if it is about a technique, else its techniques, worst first."""
        at = 0 if self.by_technique else 1
        return worst_first({cell[at]: counts for cell, counts in self.weakness.cells.items()})

    @property
    def categories(self) -> list[str]:
        """In which something broke, worst first."""
        if not self.by_technique:
            return [self.weakness.category]
        return [name for name, counts in self.parts.items() if counts.breached]

    @property
    def techniques(self) -> list[str]:
        if self.by_technique:
            return [self.weakness.technique]
        return [name for name, counts in self.parts.items() if counts.breached]

    @property
    def summary(self) -> str:
        """How far it goes, in a sentence."""
        counts, worked = self.counts, self.categories if self.by_technique else self.techniques
        tried = sum(bool(each.judged) for each in self.parts.values())
        what = "in {} of {} categories" if self.by_technique else "by {} of {} techniques"
        spread = f", {what.format(len(worked), tried)}" if tried > 1 else ""
        names = f": {self._named(worked)}" if len(worked) <= _NAMED and len(worked) < tried else ""
        return f"{counts.breached} of {counts.judged} attempts got through{spread}{names}."

    def _named(self, parts: list[str]) -> str:
        of = TAXONOMY.category if self.by_technique else TAXONOMY.technique
        return ", ".join(of(name).title for name in parts)

    @property
    def sure(self) -> str:
        """high, medium or low: how much stands behind the rate."""
        rate = self.counts.rate
        if self.counts.breached == 1:
            return "low"
        return "medium" if (rate.high or 0) - (rate.low or 0) > _WIDE else "high"

    @property
    def advice(self) -> str:
        own = TAXONOMY.technique(self.weakness.technique).advice if self.by_technique else ""
        return own or TAXONOMY.category(self.categories[0]).advice

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "summary": self.summary,
            "severity": self.severity,
            "categories": self.categories,
            "techniques": self.techniques,
            "attempts": self.counts.attempts,
            **self.counts.as_dict(),
            "sure": self.sure,
            "advice": self.advice,
            "parts": [{"name": name, **counts.as_dict()} for name, counts in self.parts.items()],
            "examples": [example_of(attempt) for attempt in self.examples],
        }


def example_of(attempt: Attempt) -> dict[str, Any]:
    """An attempt as evidence: what was asked, what came back, and why that is a breach."""
    return {
        "attempt_id": attempt.id,
        "probe": attempt.probe,
        "seq": attempt.seq,
        "category": attempt.category,
        "technique": attempt.technique,
        "severity": attempt.severity,
        **{name: attempt.detail.get(name) for name in ("goal", "prompt", "answer", "reason")},
        "judge": attempt.detail.get("judge"),
        "detectors": attempt.detail.get("detectors") or {},
    }


async def findings(source: Source, run: Run, tallies: Iterable[Tally]) -> list[Finding]:
    """Worst first: by severity, then by the low end of the rate's interval.

    What it holds in memory does not grow with the number of attempts.
    """
    rows = list(tallies)
    found = [
        Finding(each, _severity(each, rows), await _examples(source, run, each))
        for each in weaknesses(score(rows).cells)
    ]
    return sorted(found, key=_place)


def _place(finding: Finding) -> tuple[int, float, int, str]:
    rate: Rate = finding.counts.rate
    return severity_rank(finding.severity), -(rate.low or 0), -rate.part, finding.id


def _severity(weakness: Weakness, rows: list[Tally]) -> str:
    worst = [
        row.severity
        for row in rows
        if row.verdict == BREACHED
        and row.kind == ATTACK
        and (row.category, row.technique) in weakness.cells
    ]
    return min(worst, key=severity_rank)


async def _examples(source: Source, run: Run, weakness: Weakness) -> tuple[Attempt, ...]:
    """From the cells that broke most, with different goals as far as there are."""
    broken = {cell: counts for cell, counts in weakness.cells.items() if counts.breached}
    queues = [
        await source.attempts(run.id, _breached(cell), limit=_LOOKED_AT)
        for cell in list(worst_first(broken))[:EXAMPLES]
    ]
    chosen: list[Attempt] = []
    while len(chosen) < EXAMPLES and any(queues):
        for queue in filter(None, queues):
            chosen.append(_another(queue, chosen))
    return tuple(chosen[:EXAMPLES])


def _breached(cell: tuple[str, str]) -> AttemptFilters:
    return AttemptFilters(verdict=BREACHED, kind=ATTACK, category=cell[0], technique=cell[1])


def _another(queue: list[Attempt], chosen: list[Attempt]) -> Attempt:
    """Taken from the queue: the first whose goal is not among the chosen, else the first."""
    goals = {attempt.detail.get("goal") for attempt in chosen}
    fresh = (at for at, each in enumerate(queue) if each.detail.get("goal") not in goals)
    return queue.pop(next(fresh, 0))
