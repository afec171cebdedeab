"""A run as the SDK reads a task: its status, its summary, its details."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quintain.errors import NotFound
from quintain.runners.wire import ATTACK, BREACHED, RESISTED
from quintain.runs.model import Attempt, Run, Tally
from quintain.runs.redteam.words import STATUS, tests_of
from quintain.runs.scores.rates import Counts
from quintain.runs.scores.scoring import counted, score
from quintain.runs.taxonomy import TAXONOMY

NIST = "nist_ai_rmf"
_SUCCESS = {BREACHED: "True", RESISTED: "False"}


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
    """Success is the attack's. test: of this one alone. Raises NotFound where the task has none such."""
    attacks = [row for row in tallies if row.kind == ATTACK]
    check(run, attacks, test)
    rows = [row for row in attacks if test is None or test in tests(run, row)]
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
        "test_type": _stats(_by_test(run, rows, test)),
        "nist_category": _stats(_by_nist(rows)),
        "scenario": _stats(counted(rows, lambda row: row.engine)),
        "category": _with_test(run, rows, test),
        "attack_method": _stats(counted(rows, lambda row: row.technique)),
        "custom_test_category_risks": [],
    }


def check(run: Run, attacks: list[Tally], test: str | None) -> None:
    """A misspelt test without a single attack must not look like one that nothing broke."""
    known = {
        *run.plan.labels.get("tests", ()),
        *(name for row in attacks for name in tests(run, row)),
    }
    if test is not None and test not in known:
        raise NotFound(f"The task has no test {test}: it has {', '.join(sorted(known)) or 'none'}.")


def tests(run: Run, row: Tally | Attempt) -> list[str]:
    """Those of the task that a row belongs to; its category where it belongs to none."""
    return tests_of(row.category, row.technique, run.plan.labels.get("tests", {}))


def details(run: Run, attempt: Attempt, test: str | None = None) -> list[dict[str, Any]]:
    """One for each test that the attempt belongs to; none of an error, which is no result."""
    if attempt.verdict not in _SUCCESS:
        return []
    return [detail(run, attempt, name) for name in tests(run, attempt) if test in {None, name}]


def detail(run: Run, attempt: Attempt, test: str) -> dict[str, Any]:
    told = attempt.detail
    turns = [turn.get("content") for turn in told.get("prompt") or () if isinstance(turn, dict)]
    asked_last = next((text for text in reversed(turns) if isinstance(text, str)), "")
    nist = TAXONOMY.entries(attempt.category, [NIST])
    return {
        "prompt": told.get("goal") or asked_last,
        "category": TAXONOMY.category(attempt.category).title,
        "test_type": test,
        "nist_category": nist[0].title if nist else "",
        "source": attempt.engine,
        "attack_method": attempt.technique,
        "jailbreak_prompt": asked_last,
        "response": told.get("answer") or "",
        "success": _SUCCESS[attempt.verdict],
        "reasoning": told.get("reason") or "",
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


def _by_test(run: Run, rows: list[Tally], test: str | None) -> dict[str, Counts]:
    counts: dict[str, Counts] = {}
    for row in rows:
        for name in tests(run, row) if test is None else [test]:
            counts[name] = counts.get(name, Counts()).plus(row)
    return counts


def _with_test(run: Run, rows: list[Tally], test: str | None) -> list[dict[str, Any]]:
    names = {row.category: test or tests(run, row)[0] for row in rows}
    return [
        {TAXONOMY.category(name).title: {**_stat(each), "test_type": names[name]}}
        for name, each in counted(rows, lambda row: row.category).items()
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
