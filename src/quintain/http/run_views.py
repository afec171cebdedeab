"""How runs and attempts look in answers (docs/runs-api.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from quintain.runs.model import RUNNING, Attempt, Part, Run
from quintain.runs.records import Records, Totals
from quintain.runs.records.detail import FIELDS
from quintain.runs.scores import score

View = dict[str, Any]
LATELY_S = 60.0  # what is called the rate of a run under way
_LONGEST_IN_EVENT = 300  # characters


@dataclass(frozen=True, slots=True)
class Look:
    """A run at one moment. lately: how many attempts ended, over how many seconds."""

    run: Run
    totals: Totals
    lately: tuple[int, float]

    @property
    def progress(self) -> View:
        attacks, controls = self.totals.attacks, self.totals.controls
        done, elapsed = sum((*attacks.values(), *controls.values())), self._elapsed
        planned, rate = max(done, self._planned), self._rate(done, elapsed)
        left = (planned - done) / rate if rate and self.run.state == RUNNING else None
        return {
            "planned": planned,
            "done": done,
            "resisted": attacks.get("resisted", 0),
            "breached": attacks.get("breached", 0),
            "controls_passed": controls.get("resisted", 0),
            "controls_failed": controls.get("breached", 0),
            "error": attacks.get("error", 0) + controls.get("error", 0),
            "elapsed_s": round(elapsed, 1),
            "per_min": round(rate * 60, 1),
            "left_s": None if left is None else round(left, 1),
        }

    @property
    def view(self) -> View:
        return _run(self.run) | {
            "progress": self.progress,
            "costs": asdict(self.totals.costs.with_checks(self.run.outcome)),
        }

    @property
    def _planned(self) -> int:
        """What the parts announced; as long as one has not, no less than was estimated."""
        announced = self.run.planned or 0
        if all(part.label in self.run.outcome.planned for part in self.run.plan.parts):
            return announced
        return max(announced, int(self.run.plan.estimate.get("attempts") or 0))

    @property
    def _elapsed(self) -> float:
        if self.run.started_at is None:
            return 0.0
        end = self.run.ended_at or datetime.now(UTC)
        return max(0.0, (end - self.run.started_at).total_seconds())

    def _rate(self, done: int, elapsed: float) -> float:
        """Attempts a second: lately where it runs and some ended lately, else of the whole."""
        number, seconds = self.lately
        if number and self.run.state == RUNNING:
            return number / min(seconds, max(elapsed, 1.0))
        return done / elapsed if elapsed else 0.0


class Looks:
    """Runs as they are now."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def at(self, runs: Sequence[Run]) -> list[Look]:
        totals = await self._records.totals([run.id for run in runs])
        return [Look(run, totals[run.id], await self._lately(run)) for run in runs]

    async def whole(self, run: Run) -> View:
        """With its scores."""
        (look,) = await self.at([run])
        tallies = await self._records.tallies(run.id)
        scores = await asyncio.to_thread(lambda: score(tallies, run.planned).as_dict())
        return look.view | {"scores": scores}

    async def _lately(self, run: Run) -> tuple[int, float]:
        if run.state != RUNNING:
            return 0, LATELY_S
        return await self._records.lately(run.id, LATELY_S)


def attempt_view(attempt: Attempt) -> View:
    named = {each.name: getattr(attempt, each.name) for each in fields(attempt)}
    detail, number = named.pop("detail"), named.pop("id")
    named["started_at"] = moment(attempt.started_at)
    return {"attempt_id": number, **named, **{name: detail.get(name) for name in FIELDS}}


def attempt_event(attempt: Attempt) -> View:
    """In short: the attempt itself is fetched by its id."""
    names = ("probe", "seq", "engine", "kind", "category", "technique", "severity", "verdict")
    said = {name: str(attempt.detail.get(name) or "") for name in ("goal", "reason")}
    return {
        "attempt_id": attempt.id,
        **{name: getattr(attempt, name) for name in names},
        "elapsed_ms": attempt.elapsed_ms,
        **{name: text[:_LONGEST_IN_EVENT] for name, text in said.items()},
    }


def part_view(part: Part, run: Run | None = None) -> View:
    """run: the one that it is a part of, None for one that is not made yet."""
    return {
        "label": part.label,
        "engine": part.engine,
        "options": part.options,
        "datasets": list(part.datasets),
        "planned": run.outcome.planned.get(part.label) if run else None,
        "finished": run is not None and part.label in run.outcome.finished,
    }


def moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="microseconds") if at else None


def _run(run: Run) -> View:
    plan, outcome = run.plan, run.outcome
    return {
        "run_id": run.id,
        "model": {
            "saved_name": run.saved_name,
            "version": run.version,
            "model_id": run.model_id,
            "revision": run.revision,
            "digest": run.model_digest,
        },
        "suite": {"name": run.suite_name, "digest": run.suite_digest},
        **{name: getattr(run, name) for name in ("seed", "state", "reason", "turn", "started_by")},
        **{n: moment(getattr(run, n)) for n in ("created_at", "started_at", "ended_at")},
        "limits": plan.limits,
        "judge": plan.judge,
        "attacker": plan.attacker,
        "engines": outcome.engines,
        "parts": [part_view(part, run) for part in plan.parts],
        "estimate": plan.estimate,
        "skipped": [asdict(each) for each in (*plan.skipped, *outcome.skipped)],
        "notes": list(outcome.notes),
    }
