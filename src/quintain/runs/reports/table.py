"""The formats a report comes in: a new one is a module and a line here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from quintain.errors import NotFound
from quintain.runs.model import Run
from quintain.runs.reports import avid, data, garak_log, junit, page, sarif, sheet
from quintain.runs.reports.texts import whole
from quintain.runs.scores.source import Source


@dataclass(frozen=True, slots=True)
class Report:
    """write: gives the report in pieces of text. title: what it is, in a few words."""

    title: str
    media_type: str
    write: Callable[[Source, Run], AsyncIterator[str]]


REPORTS = {
    "html": Report("a page for people", "text/html; charset=utf-8", page.write),
    "json": Report("everything, with a schema", "application/json", data.write),
    "xml": Report("JUnit, for CI", "application/xml", junit.write),
    "sarif": Report("SARIF 2.1.0, for code scanning", "application/sarif+json", sarif.write),
    "csv": Report("a row an attempt", "text/csv; charset=utf-8", sheet.write),
    "jsonl": Report("garak's report log", "application/jsonl", garak_log.write),
    "avid.json": Report("AVID reports of the findings", "application/json", avid.write),
}


async def stream(source: Source, run: Run, suffix: str) -> AsyncIterator[bytes]:
    """The report in pieces. Raises NotFound before the first where there is no such format.

    Memory does not grow with the number of attempts.
    """
    report = REPORTS.get(suffix)
    if report is None:
        raise NotFound(
            f"There is no report.{suffix}. There are {', '.join(REPORTS)}.",
            code="report_not_found",
        )
    async for piece in report.write(source, run):
        yield _encoded(piece)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a character, from a target that cut one in two
        return whole(text).encode()
