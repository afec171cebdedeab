"""report.json: everything that is known of a run. Its schema is run-report.schema.json."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from quintain.runs.model import Attempt, Run
from quintain.runs.reports.flow import pages
from quintain.runs.reports.material import Material, gather
from quintain.runs.reports.texts import dumped
from quintain.runs.reports.told import at, elapsed_s, run_facts
from quintain.runs.reports.verdict import verdict_of
from quintain.runs.scores.source import Source
from quintain.runs.taxonomy import TAXONOMY

FORMAT = "quintain.run-report.v1"
_OF_ROW = (
    *("id", "probe", "seq", "engine", "kind", "category", "technique", "severity", "verdict"),
    *("fingerprint", "elapsed_ms", "retries", "request_id", "calls", "judge_calls"),
    *("attacker_calls", "input_tokens", "output_tokens"),
)


async def write(source: Source, run: Run) -> AsyncIterator[str]:
    head = head_of(await gather(source, run))
    yield f'{dumped(head)[:-1]},"attempts":['
    separator = "\n"
    async for piece in pages(source, run, _rows):
        yield separator + piece
        separator = ",\n"
    yield "\n]}\n"


def head_of(material: Material) -> dict[str, Any]:
    """All but the attempts."""
    run = material.run
    verdict = verdict_of(material)
    return {
        "format": FORMAT,
        "run": run_facts(run),
        "verdict": {"tone": verdict.tone, "headline": verdict.headline, "text": verdict.text},
        "not_known": list(verdict.not_known),
        "scores": material.scores.as_dict(),
        "findings": [material.finding_dict(each) for each in material.findings],
        "costs": {**asdict(material.costs), "elapsed_s": elapsed_s(run)},
        "frameworks": [
            {"id": name, "title": TAXONOMY.frameworks[name].title} for name in material.frameworks
        ],
        "unmapped_certifications": material.unmapped,
    }


def row_of(attempt: Attempt) -> dict[str, Any]:
    detail = attempt.detail
    return {
        **{name: getattr(attempt, name) for name in _OF_ROW},
        "started_at": at(attempt.started_at),
        **{name: detail.get(name) or "" for name in ("goal", "answer", "reason")},
        **{name: detail.get(name) or [] for name in ("prompt", "tool_calls", "steps")},
        "detectors": detail.get("detectors") or {},
        "judge": detail.get("judge"),
        "error": detail.get("error"),
    }


def schema() -> str:
    return files("quintain.runs.reports").joinpath("run-report.schema.json").read_text("utf-8")


def _rows(attempts: list[Attempt]) -> str:
    return ",\n".join(dumped(row_of(attempt)) for attempt in attempts)
