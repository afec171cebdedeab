"""report.sarif: findings in SARIF 2.1.0, for code scanning.

A rule a weakness, named `category.*` or `*.technique` (scores/grouping.py), and a result a finding.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from quintain import __version__
from quintain.runs.model import FINISHED, Run
from quintain.runs.reports.material import Material, gather
from quintain.runs.reports.texts import cut, dumped, spoken
from quintain.runs.reports.told import at, run_facts
from quintain.runs.reports.verdict import verdict_of
from quintain.runs.scores.source import Source
from quintain.runs.scores.weakness import Finding
from quintain.runs.taxonomy import TAXONOMY, Framework

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# As code hosts read it: above 9 is critical, from 7 high, from 4 medium.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_LONGEST = 500  # characters of a prompt or an answer in a message


async def write(source: Source, run: Run) -> AsyncIterator[str]:
    yield dumped(_log(await gather(source, run)))


def _log(material: Material) -> dict[str, Any]:
    run = material.run
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(material)},
                "automationDetails": {
                    "id": f"quintain/{run.suite_name}/{run.saved_name}:{run.version}/{run.id}"
                },
                "invocations": [_invocation(material)],
                "taxonomies": [_taxonomy(each) for each in _frameworks(material)],
                "results": [_result(material, at) for at in range(len(material.findings))],
                "columnKind": "unicodeCodePoints",
                "properties": {
                    "run": run_facts(run),
                    "attackSuccess": material.scores.attack_success.as_dict(),
                    "falseRefusals": material.scores.false_refusals.as_dict(),
                },
            }
        ],
    }


def _frameworks(material: Material) -> list[Framework]:
    return [TAXONOMY.frameworks[name] for name in material.frameworks]


def _driver(material: Material) -> dict[str, Any]:
    return {
        "name": "quintain",
        "version": __version__,
        "informationUri": "https://github.com/quintain/quintain",
        "rules": [_rule(material, finding) for finding in material.findings],
        "supportedTaxonomies": [
            {"name": framework.title, "index": index}
            for index, framework in enumerate(_frameworks(material))
        ],
    }


def _rule(material: Material, finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": _about(finding)},
        "help": {"text": finding.advice},
        "defaultConfiguration": {"level": _LEVELS.get(finding.severity, "warning")},
        "relationships": [
            {"target": target, "kinds": ["relevant"]} for target in _taxa(material, finding)
        ],
        "properties": {
            "security-severity": _SCORES.get(finding.severity, "5.5"),
            "tags": ["security", *finding.categories],
        },
    }


def _about(finding: Finding) -> str:
    if finding.by_technique:
        return TAXONOMY.technique(finding.techniques[0]).about or finding.title
    return TAXONOMY.category(finding.categories[0]).explanation or finding.title


def _taxa(material: Material, finding: Finding) -> list[dict[str, Any]]:
    places = {name: index for index, name in enumerate(material.frameworks)}
    return [
        {
            "id": entry.id,
            "toolComponent": {
                "name": TAXONOMY.frameworks[entry.framework].title,
                "index": places[entry.framework],
            },
        }
        for entry in material.entries(finding)
    ]


def _taxonomy(framework: Framework) -> dict[str, Any]:
    return {
        "name": framework.title,
        "informationUri": framework.url,
        "isComprehensive": False,
        "taxa": [
            {"id": each, "name": title, "shortDescription": {"text": title}}
            for each, title in framework.entries.items()
        ],
    }


def _result(material: Material, index: int) -> dict[str, Any]:
    finding, run = material.findings[index], material.run
    name = f"{run.saved_name}:{run.version}"
    # Code hosts show a result at a file; the model's name stands for one, the same in every run.
    place = quote(f"{run.saved_name}/{run.version}", safe="/")
    same = hashlib.sha256(f"{run.saved_name}\n{finding.id}".encode(errors="replace")).hexdigest()
    return {
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": _LEVELS.get(finding.severity, "warning"),
        "message": {"text": _message(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": place},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [
                    {"name": name, "fullyQualifiedName": name, "kind": "resource"}
                ],
            }
        ],
        "taxa": _taxa(material, finding),
        "partialFingerprints": {"weakness/v1": same},
        "properties": material.finding_dict(finding),
    }


def _message(finding: Finding) -> str:
    lines = [f"{finding.title}: {finding.summary}", f"What to do: {finding.advice}"]
    for attempt in finding.examples[:1]:
        prompt = cut(spoken(attempt.detail.get("prompt")), _LONGEST)
        answer = cut(str(attempt.detail.get("answer") or ""), _LONGEST)
        lines.append(f"For example, attempt {attempt.id} asked: {prompt}\nIt answered: {answer}")
    return "\n".join(lines)


def _invocation(material: Material) -> dict[str, Any]:
    run = material.run
    skipped = (*run.plan.skipped, *run.outcome.skipped)
    notes = [_note("warning", f"{each.what} was skipped: {each.reason}") for each in skipped]
    if run.reason:
        notes.insert(0, _note("error", run.reason))
    told = {
        "executionSuccessful": run.state == FINISHED and material.scores.everything.judged > 0,
        "startTimeUtc": at(run.started_at),
        "endTimeUtc": at(run.ended_at),
        "exitCodeDescription": verdict_of(material).headline,
        "toolExecutionNotifications": notes,
    }
    return {name: value for name, value in told.items() if value is not None}


def _note(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": text}}
