"""report.csv: a row an attempt, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable
from typing import Any

from quintain.runs.model import Attempt, Run
from quintain.runs.reports.flow import pages
from quintain.runs.reports.texts import dumped, for_cell, spoken
from quintain.runs.reports.told import at
from quintain.runs.scores.source import Source

COLUMNS = (
    *("id", "engine", "probe", "seq", "kind", "category", "technique", "severity", "verdict"),
    *("goal", "prompt", "answer", "reason", "judge", "detectors", "error_code", "error_message"),
    *("started_at", "elapsed_ms", "retries", "calls", "judge_calls", "attacker_calls"),
    *("input_tokens", "output_tokens", "request_id", "fingerprint"),
)


async def write(source: Source, run: Run) -> AsyncIterator[str]:
    yield _lines([COLUMNS])
    async for piece in pages(source, run, lambda page: _lines(map(_row, page))):
        yield piece


def _row(attempt: Attempt) -> list[Any]:
    given = _texts(attempt)
    values = (given[name] if name in given else getattr(attempt, name) for name in COLUMNS)
    return [for_cell(value) if isinstance(value, str) else value for value in values]


def _texts(attempt: Attempt) -> dict[str, str]:
    detail = attempt.detail
    judge, error = detail.get("judge") or {}, detail.get("error") or {}
    return {
        **{name: str(detail.get(name) or "") for name in ("goal", "answer", "reason")},
        "prompt": spoken(detail.get("prompt")),
        "judge": f"{judge.get('model', '')}: {judge.get('verdict', '')}" if judge else "",
        "detectors": dumped(detail.get("detectors") or {}),
        "error_code": str(error.get("code") or ""),
        "error_message": str(error.get("message") or ""),
        "started_at": at(attempt.started_at) or "",
    }


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return out.getvalue()
