"""Why attempts ended in an error, by cause."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from quintain.runners.wire import ERROR
from quintain.runs.model import Attempt, Run
from quintain.runs.records import AttemptFilters
from quintain.runs.reports.flow import pages
from quintain.runs.reports.shown import visible
from quintain.runs.scores.source import Source

LOOKED_AT = 2000  # errors: their causes are few, and a run may have a million of them
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Cause:
    code: str
    message: str
    number: int


@dataclass(frozen=True, slots=True)
class Causes:
    """The commonest. looked_at: errors that they were counted among. more: of rarer causes."""

    causes: list[Cause]
    looked_at: int
    more: int


async def causes_of(source: Source, run: Run) -> Causes:
    counts: Counter[tuple[str, str]] = Counter()

    def count(page: list[Attempt]) -> str:
        counts.update(_cause(attempt) for attempt in page)
        return ""

    async for _ in pages(source, run, count, AttemptFilters(verdict=ERROR), most=LOOKED_AT):
        pass
    common = counts.most_common(_SHOWN)
    found = [Cause(code, message, number) for (code, message), number in common]
    return Causes(found, counts.total(), counts.total() - sum(each.number for each in found))


def _cause(attempt: Attempt) -> tuple[str, str]:
    error = attempt.detail.get("error") or {}
    code, message = str(error.get("code") or "unknown"), str(error.get("message") or "")
    return visible(code, 80), visible(message, 300)
