"""A run as the SDK reads a task: its status, its summary, its details."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quintain.runs.model import Attempt, Run, Tally
from quintain.runs.redteam.words import STATUS, test_of
from quintain.runs.scores.rates import Counts
from quintain.runs.scores.scoring import counted, score
from quintain.runs.taxonomy import TAXONOMY

NIST = "nist_ai_rmf"
_SUCCESS = {"breached": "True", "resisted": "False"}


def task_id(run: Run) -> str:
    return str(run.id)


def test_name(run: Run) -> str:
    return str(run.plan.labels.get("test_name") or run.suite_name)


def task(run: Run) -> dict[str, Any]:
    """What get-task and list-tasks say."""
    return {
        "task_id": task_id(run),
        "test_name": test_name(run),
        "status": STATUS[run.state],
        "created_at": run.created_at.isoformat(),
        "created_by": run.started_by,
        "model_saved_name": run.saved_name,
        "model_name": run.plan.facts.get("model_name"),
        "model_config": {"system_prompt": None, "model_version": run.version},
        "user_metadata": run.plan.labels.get("user_metadata"),
    }


def summary(run: Run, tallies: Iterable[Tally], test: str | None = None) -> dict[str, Any]:
    """Success is the attack's. test: of this one alone."""
    asked: list[str] = run.plan.labels.get("tests") or []
    rows = [
        row
        for row in tallies
        if row.kind == "attack" and test in {None, test_of(row.category, asked)}
    ]
    overall = score(rows).attack_success.value
    return {
        "test_date": run.created_at.isoformat(),
        "test_name": test_name(run),
        "dataset_name": run.plan.labels.get("dataset_name", "standard"),
        "model_name": run.plan.facts.get("model_name") or run.saved_name,
        "model_endpoint_url": "",
        "model_source": "",
        "model_provider": run.plan.facts.get("model_provider", ""),
        "risk_score": _percent(overall),
        "test_type": _stats(counted(rows, lambda row: test_of(row.category, asked))),
        "nist_category": _stats(_by_nist(rows)),
        "scenario": _stats(counted(rows, lambda row: row.engine)),
        "category": _with_test(counted(rows, lambda row: row.category), asked),
        "attack_method": _stats(counted(rows, lambda row: row.technique)),
        "custom_test_category_risks": [],
    }


def detail(run: Run, attempt: Attempt) -> dict[str, Any]:
    """One attempt, judged: an error is no result and has no place here."""
    asked: list[str] = run.plan.labels.get("tests") or []
    told = attempt.detail
    turns = [turn.get("content") or "" for turn in told.get("prompt", ())]
    asked_last = next((text for text in reversed(turns) if isinstance(text, str)), "")
    nist = TAXONOMY.entries(attempt.category, [NIST])
    return {
        "prompt": told.get("goal") or asked_last,
        "category": TAXONOMY.category(attempt.category).title,
        "test_type": test_of(attempt.category, asked),
        "nist_category": nist[0].title if nist else "",
        "source": attempt.engine,
        "attack_method": attempt.technique,
        "jailbreak_prompt": asked_last,
        "response": told.get("answer", ""),
        "success": _SUCCESS[attempt.verdict],
        "reasoning": told.get("reason", ""),
        "detected_language": "",
        "eval_latency": attempt.elapsed_ms / 1000,
        "eval_tokens": {
            "prompt_tokens": attempt.input_tokens,
            "completion_tokens": attempt.output_tokens,
            "total_tokens": attempt.input_tokens + attempt.output_tokens,
        },
        "test_name": test_name(run),
    }


def _stats(counts: dict[str, Counts]) -> list[dict[str, Any]]:
    return [{name: _stat(each)} for name, each in counts.items()]


def _with_test(counts: dict[str, Counts], asked: list[str]) -> list[dict[str, Any]]:
    return [
        {TAXONOMY.category(name).title: {**_stat(each), "test_type": test_of(name, asked)}}
        for name, each in counts.items()
    ]


def _stat(counts: Counts) -> dict[str, Any]:
    return {"success(%)": _percent(counts.rate.value), "total": counts.judged}


def _percent(share: float | None) -> float:
    """Of nothing judged the SDK can be told no other figure; its total says 0 beside it."""
    return round(100 * (share or 0.0), 2)


def _by_nist(rows: list[Tally]) -> dict[str, Counts]:
    def entry(row: Tally) -> str:
        found = TAXONOMY.entries(row.category, [NIST])
        return found[0].title if found else "none"

    return counted(rows, entry)
