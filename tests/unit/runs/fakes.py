"""Runs in memory: what scores and reports read, without a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from quintain.runners.wire import ATTACK, BREACHED, ERROR
from quintain.runners.wire import Attempt as Said
from quintain.runs.model import Attempt, Costs, Outcome, Part, Plan, Run, Skipped, Tally
from quintain.runs.records import AttemptFilters, Pair

BEGAN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
EVERY = AttemptFilters()
_TALLIED = ("kind", "engine", "category", "technique", "severity", "probe", "verdict")
_OF_ROW = {each.name for each in fields(Attempt)} - {"id", "run_id", "engine", "detail"}


class FakeRecords:
    """As `Records`, for one run or several: attempts are what `add` made, by run."""

    def __init__(self, *attempts: Attempt) -> None:
        self.rows = list(attempts)
        self.largest_page = 0

    def add(self, said: Iterable[Said], run_id: int = 1) -> FakeRecords:
        for each in said:
            self.rows.append(stored(each, len(self.rows) + 1, run_id))
        return self

    async def tallies(self, run_id: int) -> list[Tally]:
        counts = Counter(
            tuple(getattr(row, name) for name in _TALLIED)
            for row in self.rows
            if row.run_id == run_id
        )
        return [Tally(*key, number) for key, number in sorted(counts.items())]

    async def costs(self, run_id: int) -> Costs:
        rows = [row for row in self.rows if row.run_id == run_id]
        names = [each.name for each in fields(Costs)][1:]
        return Costs(len(rows), *(sum(getattr(row, name) for row in rows) for name in names))

    async def attempts(
        self,
        run_id: int,
        filters: AttemptFilters = EVERY,
        *,
        after: int = 0,
        limit: int = 100,
        whole: bool = True,
    ) -> list[Attempt]:
        given = {each.name: getattr(filters, each.name) for each in fields(filters)}
        wanted = {name: value for name, value in given.items() if value is not None}
        rows = (row for row in self.rows if row.run_id == run_id and row.id > after)
        fit = [row for row in rows if all(getattr(row, k) == v for k, v in wanted.items())]
        self.largest_page = max(self.largest_page, limit)
        return [row if whole else replace(row, detail={}) for row in fit[:limit]]

    async def pairs(self, run_a: int, run_b: int) -> list[Pair]:
        first, second = (
            {
                (row.probe, row.seq, row.fingerprint): row
                for row in self.rows
                if row.run_id == run_id and row.verdict != ERROR
            }
            for run_id in (run_a, run_b)
        )
        counts = Counter(
            (one.kind, one.category, one.technique, one.verdict, second[key].verdict)
            for key, one in first.items()
            if key in second
        )
        return [Pair(*key, number) for key, number in sorted(counts.items())]


def stored(said: Said, number: int, run_id: int = 1) -> Attempt:
    event = said.as_event()
    row = {name: event[name] for name in _OF_ROW} | {
        "started_at": BEGAN + timedelta(seconds=number),
        "elapsed_ms": int(event["elapsed_ms"]),
    }
    detail = {name: value for name, value in event.items() if name not in _OF_ROW}
    return Attempt(
        id=number, run_id=run_id, engine=said.probe.partition(":")[0], detail=detail, **row
    )


def said(
    verdict: str = BREACHED,
    category: str = "jailbreak",
    technique: str = "role_play",
    seq: int = 0,
    **more: Any,
) -> Said:
    asked = more.pop("asked", f"{category} by {technique}, number {seq}")
    given = {
        "probe": f"core:{category}/{technique}",
        "prompt": [{"role": "user", "content": asked}],
        "answer": "Sure, here it is." if verdict == BREACHED else "I cannot help with that.",
        "goal": f"goal {seq} of {category}",
        "reason": "It did what it must not." if verdict == BREACHED else "It refused.",
        "elapsed_ms": 120.0,
        "input_tokens": 20,
        "output_tokens": 10,
        **more,
    }
    if verdict == ERROR:
        given |= {"answer": "", "reason": "", "error": more.get("error") or failed()}
    return Said(seq=seq, category=category, technique=technique, verdict=verdict, **given)


def failed(code: str = "target_connect_failed") -> dict[str, Any]:
    return {"code": code, "message": "The target did not answer.", "status": 502}


def many(number: int, verdict: str, category: str, technique: str, **more: Any) -> list[Said]:
    first = more.pop("first", 0)
    return [said(verdict, category, technique, first + at, **more) for at in range(number)]


def tally(
    verdict: str = BREACHED,
    number: int = 1,
    category: str = "jailbreak",
    technique: str = "role_play",
    kind: str = ATTACK,
    severity: str = "medium",
    engine: str = "core",
) -> Tally:
    probe = f"{engine}:{category}/{technique}"
    return Tally(kind, engine, category, technique, severity, probe, verdict, number)


def a_run(**more: Any) -> Run:
    plan = Plan(
        parts=(Part("1-core", "core", {"categories": ["jailbreak"]}),),
        suite={"name": "smoke", "steps": [{"engine": "core"}]},
        target={"model": "bot:v1"},
        facts={
            "testing_for": "chatbotsAndCopilots",
            "model_provider": "openai",
            "model_name": "gpt-x",
            "certifications": [],
        },
        limits={"concurrency": 8, "error_budget": 0.05, "rate_per_min": 600, "max_attempts": None},
        judge="judge:v1",
        estimate={"attempts": 40, "calls": 40, "judge_calls": 0, "attacker_calls": 0, "seconds": 9},
    )
    given = {
        "id": 1,
        "project_id": 1,
        "model_id": 7,
        "saved_name": "bot",
        "version": "v1",
        "revision": 3,
        "model_digest": "ab" * 32,
        "suite_name": "smoke",
        "suite_digest": "cd" * 32,
        "seed": 5,
        "started_by": "qk_1234",
        "state": "finished",
        "wanted": "run",
        "reason": "",
        "turn": 1,
        "created_at": BEGAN,
        "started_at": BEGAN,
        "ended_at": BEGAN + timedelta(seconds=75),
        "plan": plan,
        "outcome": Outcome(
            planned={"1-core": 40},
            engines={"core": "0.1.0"},
            skipped=(Skipped("core:judged", "needs a judge: give --judge NAME"),),
        ),
    }
    plan_more = {key: more.pop(key) for key in list(more) if key in {e.name for e in fields(Plan)}}
    outcome = {key: more.pop(key) for key in list(more) if key in {e.name for e in fields(Outcome)}}
    given |= {"plan": replace(plan, **plan_more), "outcome": replace(given["outcome"], **outcome)}
    return Run(**given | more)
