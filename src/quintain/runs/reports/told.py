"""A run's own facts, as every report tells them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from quintain.runs.model import Run
from quintain.runs.taxonomy import TAXONOMY


def run_facts(run: Run) -> dict[str, Any]:
    """As data. Names are those of `GET /runs/{id}`."""
    return {
        "run_id": run.id,
        "model": {
            "saved_name": run.saved_name,
            "version": run.version,
            "model_id": run.model_id,
            "revision": run.revision,
            "digest": run.model_digest,
            **{
                name: run.plan.facts.get(name)
                for name in ("testing_for", "model_provider", "model_name")
            },
            "certifications": list(run.plan.facts.get("certifications") or ()),
        },
        "suite": {"name": run.suite_name, "digest": run.suite_digest},
        "seed": run.seed,
        "state": run.state,
        "reason": run.reason,
        "turn": run.turn,
        "started_by": run.started_by,
        **{name: at(getattr(run, name)) for name in ("created_at", "started_at", "ended_at")},
        "limits": dict(run.plan.limits),
        "judge": run.plan.judge,
        "attacker": run.plan.attacker,
        "engines": dict(run.outcome.engines),
        "parts": [asdict(part) for part in run.plan.parts],
        "estimate": dict(run.plan.estimate),
        "skipped": [asdict(each) for each in (*run.plan.skipped, *run.outcome.skipped)],
        "notes": list(run.outcome.notes),
    }


def at(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def frameworks_of(run: Run) -> tuple[list[str], list[str]]:
    """Ids of the frameworks that the report maps to, and certifications without a mapping."""
    facts = run.plan.facts
    known, unknown = TAXONOMY.chosen(
        facts.get("certifications") or (), str(facts.get("testing_for") or "")
    )
    return [framework.id for framework in known], unknown


def elapsed_s(run: Run) -> float | None:
    """From the first start to the end."""
    if run.started_at is None or run.ended_at is None:
        return None
    return (run.ended_at - run.started_at).total_seconds()
