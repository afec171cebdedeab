"""What a report needs besides the attempts themselves: it does not grow with their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quintain.runs.model import Costs, Run, Tally
from quintain.runs.reports.told import frameworks_of
from quintain.runs.scores.scoring import Scores, score
from quintain.runs.scores.source import Source
from quintain.runs.scores.weakness import Finding, findings
from quintain.runs.taxonomy import TAXONOMY, Entry


@dataclass(frozen=True, slots=True)
class Material:
    """frameworks: ids of those that the report maps to; unmapped: certifications without one."""

    run: Run
    tallies: list[Tally]
    scores: Scores
    findings: list[Finding]
    costs: Costs
    frameworks: list[str]
    unmapped: list[str]

    def entries(self, finding: Finding) -> list[Entry]:
        """Where the frameworks name what was found, each once, in the frameworks' order."""
        found = {
            entry
            for category in finding.categories
            for entry in TAXONOMY.entries(category, self.frameworks)
        }
        return [
            entry
            for name in self.frameworks
            for id_, title in TAXONOMY.frameworks[name].entries.items()
            if (entry := Entry(name, id_, title)) in found
        ]

    def finding_dict(self, finding: Finding) -> dict[str, Any]:
        mapped: dict[str, list[str]] = {}
        for entry in self.entries(finding):
            mapped.setdefault(entry.framework, []).append(entry.id)
        return {**finding.as_dict(), "frameworks": mapped}


async def gather(source: Source, run: Run) -> Material:
    tallies = await source.tallies(run.id)
    known, unknown = frameworks_of(run)
    return Material(
        run=run,
        tallies=tallies,
        scores=score(tallies, run.planned),
        findings=await findings(source, run, tallies),
        costs=(await source.costs(run.id)).with_checks(run.outcome),
        frameworks=known,
        unmapped=unknown,
    )
