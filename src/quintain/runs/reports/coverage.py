"""What the run says about each entry of the frameworks that the model is held against."""

from __future__ import annotations

from dataclasses import dataclass

from quintain.runs.reports.material import Material
from quintain.runs.scores.rates import Counts
from quintain.runs.taxonomy import TAXONOMY, Framework


@dataclass(frozen=True, slots=True)
class Line:
    """categories: ids of the tested ones that belong to the entry."""

    id: str
    title: str
    categories: list[str]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Coverage:
    framework: Framework
    lines: list[Line]

    @property
    def tested(self) -> int:
        return sum(bool(line.counts.judged) for line in self.lines)


def coverage(material: Material) -> list[Coverage]:
    return [
        Coverage(TAXONOMY.frameworks[name], [_line(material, name, each) for each in _ids(name)])
        for name in material.frameworks
    ]


def _ids(framework: str) -> list[str]:
    return list(TAXONOMY.frameworks[framework].entries)


def _line(material: Material, framework: str, entry: str) -> Line:
    title = TAXONOMY.frameworks[framework].entries[entry]
    categories = {
        name: counts
        for name, counts in material.scores.categories.items()
        if entry in TAXONOMY.category(name).maps.get(framework, ())
    }
    return Line(entry, title, list(categories), sum(categories.values(), Counts()))
