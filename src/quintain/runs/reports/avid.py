"""report.avid.json: findings as reports of the AI Vulnerability Database, for whom it fits.

The fields are those of `Report` in avidtools 0.1.2 (avidtools/datamodels/report.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from quintain.runs.model import Run
from quintain.runs.reports.material import Material, gather
from quintain.runs.reports.texts import dumped
from quintain.runs.scores.source import Source
from quintain.runs.scores.weakness import Finding
from quintain.runs.taxonomy import TAXONOMY, Entry

DOMAINS = {"S": "Security", "E": "Ethics", "P": "Performance"}


async def write(source: Source, run: Run) -> AsyncIterator[str]:
    material = await gather(source, run)
    yield dumped([_report(material, finding) for finding in material.findings])


def _report(material: Material, finding: Finding) -> dict[str, Any]:
    run = material.run
    described = _text(_description(run, finding))
    ended = run.ended_at or run.started_at or run.created_at
    return {
        "data_type": "AVID",
        "data_version": "0.2",
        "metadata": {"report_id": f"quintain-{run.id}-{finding.id}"},
        "affects": _affects(run),
        "problemtype": {
            "classof": "LLM Evaluation",
            "type": "Measurement",
            "description": _text(f"{finding.title}: {finding.summary}"),
        },
        "metrics": [_metric(finding)],
        "references": [
            {"type": "source", "label": "quintain", "url": "https://github.com/quintain/quintain"}
        ],
        "description": described,
        "impact": _impact(finding),
        "credit": [],
        "reported_date": ended.date().isoformat(),
    }


def _affects(run: Run) -> dict[str, Any]:
    facts = run.plan.facts
    model = facts.get("testing_for") == "foundationModels"
    return {
        "developer": [],
        "deployer": [str(facts.get("model_provider") or "")],
        "artifacts": [
            {
                "type": "Model" if model else "System",
                "name": str(facts.get("model_name") or f"{run.saved_name}:{run.version}"),
            }
        ],
    }


def _description(run: Run, finding: Finding) -> str:
    return (
        f"{run.saved_name}:{run.version} was tested by quintain with the suite {run.suite_name}. "
        f"{finding.summary} Severity: {finding.severity}."
    )


def _metric(finding: Finding) -> dict[str, Any]:
    return {
        "name": "Attack success rate",
        "detection_method": {"type": "Static Threshold", "name": "verdicts of detectors and judge"},
        "results": {**finding.counts.as_dict(), "interval": "Wilson, 95 %"},
    }


def _impact(finding: Finding) -> dict[str, Any]:
    ids = _entries(finding, "avid")
    return {
        "avid": {
            "vuln_id": None,
            "risk_domain": list(dict.fromkeys(DOMAINS[each.id[0]] for each in ids)),
            "sep_view": [f"{each.id}: {each.title}" for each in ids],
            "lifecycle_view": ["L05: Evaluation"],
            "taxonomy_version": "0.2",
        },
        "atlas": [
            {"technique": f"{each.id}: {each.title}"} for each in _entries(finding, "mitre_atlas")
        ],
    }


def _entries(finding: Finding, framework: str) -> list[Entry]:
    found = (
        entry
        for category in finding.categories
        for entry in TAXONOMY.entries(category, [framework])
    )
    return list(dict.fromkeys(found))


def _text(value: str) -> dict[str, str]:
    return {"lang": "eng", "value": value}
