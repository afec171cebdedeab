"""What a run will take, before it starts: each engine is asked for its plan, and sends nothing."""

from __future__ import annotations

import asyncio
import math
import re
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quintain.errors import QuintainError
from quintain.runs.engine_log import EngineLog
from quintain.runs.engines.table import engine_named
from quintain.runs.events import Event, heard, whole
from quintain.runs.folders import LOG
from quintain.runs.model import Part, Plan, Skipped
from quintain.runs.process import Engines, SaidTooMuch, engine_at_work
from quintain.runs.supervisor import Pythons
from quintain.runs.telling import Telling

PLAN_S = 120.0  # longest time that an engine may take to plan
CALL_S = 2.0  # what a call takes, where no rate limit says it
_AT_ONCE = 2  # engines that plan
_REFUSAL = re.compile(r"^(?:ValueError|(?:\w+\.)*Refused): ")  # of options; others keep their name


class CannotPlan(QuintainError):
    """An engine ended without a plan: mostly for options that it does not understand."""

    status = 422
    code = "engine_failed"


class TooSlow(CannotPlan):
    """An engine took longer than PLAN_S."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One part's share.

    judge_checks: calls by which the engine checks its judge, however many attempts there are.
    skipped: what its engine leaves out, and why.
    """

    label: str
    engine: str
    attempts: int = 0
    calls: int = 0
    judge_calls: int = 0
    attacker_calls: int = 0
    judge_checks: int = 0
    probes: tuple[Event, ...] = field(default=(), repr=False)
    skipped: tuple[Skipped, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Without what was skipped."""
        return {
            "label": self.label,
            "engine": self.engine,
            "attempts": self.attempts,
            "calls": self.calls,
            "judge_calls": self.judge_calls + self.judge_checks,
            "attacker_calls": self.attacker_calls,
            "probes": [dict(probe) for probe in self.probes],
        }


class Estimator:
    def __init__(self, pythons: Pythons, engines: Engines, telling: Telling) -> None:
        self._pythons, self._engines, self._telling = pythons, engines, telling
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def forecast(self, project_id: int, seed: int, plan: Plan) -> list[Forecast]:
        """Part by part. Raises CannotPlan, or NotFound for a data set."""
        work = [
            asyncio.create_task(self._part(project_id, seed, plan, part)) for part in plan.parts
        ]
        try:
            return list(await asyncio.gather(*work))
        finally:
            for task in work:  # where one failed, or nobody waits any more
                task.cancel()

    async def _part(self, project_id: int, seed: int, plan: Plan, part: Part) -> Forecast:
        async with self._room, _folder() as folder:
            config = await self._telling.config(
                plan, part, folder, project_id=project_id, seed=seed
            )
            log = EngineLog(folder / LOG, "")
            try:
                async with asyncio.timeout(PLAN_S):
                    probes = await self._probes(part.engine, config.as_line(), folder, log)
            except TimeoutError:
                raise TooSlow(f"The engine {part.engine} takes too long to plan.") from None
        if probes is None:
            said = _sentence(log.last_words) or "It said nothing."
            raise CannotPlan(f"The engine {part.engine} could not plan this run. {said}")
        return _summed(part, probes)

    async def _probes(
        self, name: str, config: bytes, folder: Path, log: EngineLog
    ) -> list[Event] | None:
        """None where it did not come to its end."""
        python = self._pythons.python(name)
        if python is None:
            return None
        command = self._engines.command(python, engine_named(name).module, "plan")
        probes: list[Event] = []
        async with (
            engine_at_work(command, config, folder, log) as engine,
            aclosing(engine.batches()) as batches,
        ):
            with suppress(SaidTooMuch):
                async for lines in batches:
                    found = heard(lines)
                    probes += found.probes
                    if found.done:
                        return probes
        return None


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """An engine's home for as long as it plans."""
    made = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="quintain-plan-")
    try:
        yield Path(made.name)
    finally:
        await asyncio.to_thread(made.cleanup)


def estimate(forecasts: Iterable[Forecast], limits: dict[str, Any]) -> dict[str, Any]:
    """{attempts, calls, judge_calls, attacker_calls, seconds}, within the limit of attempts.

    limits: of the run; `rate_per_min` is the target's, None for any rate.
    """
    forecasts = list(forecasts)
    names = ("attempts", "calls", "judge_calls", "attacker_calls")
    sums = {name: sum(getattr(each, name) for each in forecasts) for name in names}
    most = limits.get("max_attempts")
    if most is not None and sums["attempts"] > most:
        share = most / sums["attempts"]
        sums = {name: math.ceil(number * share) for name, number in sums.items()}
    sums["judge_calls"] += sum(each.judge_checks for each in forecasts)
    return {**sums, "seconds": _seconds(sums, limits)}


def _seconds(sums: dict[str, int], limits: dict[str, Any]) -> int:
    """The rate limit's time or that of the calls, `concurrency` at a time, whichever is longer."""
    all_calls = sums["calls"] + sums["judge_calls"] + sums["attacker_calls"]
    at_once: int = limits["concurrency"]
    by_calls = all_calls * CALL_S / max(1, at_once)
    rate: int | None = limits.get("rate_per_min")
    by_rate = sums["calls"] / rate * 60 if rate else 0.0
    return math.ceil(max(by_calls, by_rate))


def _summed(part: Part, probes: list[Event]) -> Forecast:
    meant = [probe for probe in probes if not probe.get("skip")]
    left_out = [Skipped(str(p.get("probe", "")), str(p["skip"])) for p in probes if p.get("skip")]

    def total(name: str) -> int:
        return sum(whole(probe, "attempts") * whole(probe, name) for probe in meant)

    return Forecast(
        part.label,
        part.engine,
        sum(whole(probe, "attempts") for probe in meant),
        total("calls"),
        total("judge_calls"),
        total("attacker_calls"),
        sum(whole(probe, "judge_checks") for probe in meant),
        tuple(meant),
        tuple(left_out),
    )


def _sentence(said: str) -> str:
    """What an engine ended with, without the lines of code that led there."""
    lines = said.splitlines()
    code = [at for at, line in enumerate(lines) if line[:1].isspace()]
    return _REFUSAL.sub("", "\n".join(lines[code[-1] + 1 :] if code else lines))
