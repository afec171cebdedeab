"""What a run and its attempts are: plain frozen records, complete in themselves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

QUEUED, RUNNING, FINISHED, FAILED, CANCELLED = (
    "queued",
    "running",
    "finished",
    "failed",
    "cancelled",
)
STATES = (QUEUED, RUNNING, FINISHED, FAILED, CANCELLED)
OVER = frozenset({FINISHED, FAILED, CANCELLED})
NAME = r"[a-z0-9][a-z0-9._-]{0,63}"  # what suites and data sets may be called


@dataclass(frozen=True, slots=True)
class Part:
    """One engine's work in a run.

    label: names it within the run and on disk. options: the engine's own, as the suite has them.
    datasets: names of data sets that it reads. digests: of their rows when the run was made, by
    name.
    """

    label: str
    engine: str
    options: dict[str, Any] = field(default_factory=dict)
    datasets: tuple[str, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """What a run leaves out, and why, in a sentence. what: a probe, or a part of the suite."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do, settled when it is made; nothing of it changes afterwards.

    judge, attacker: models by the gateway's names, "" for none. target: what the engines are told
    of the model (runners/wire.py: Target). facts: what a report says of the model (testing_for,
    model_provider, model_name, certifications). limits: in force at the start: rate_per_min,
    concurrency, error_budget (a share of all attempts), max_attempts (None for no limit).
    suite: the document itself. labels: whatever the starter wants to find on the run again.
    skipped: parts of the suite that have no place in this run.
    estimate: {attempts, calls, judge_calls, attacker_calls, seconds}, made before the start.
    """

    parts: tuple[Part, ...]
    suite: dict[str, Any]
    target: dict[str, Any]
    facts: dict[str, Any]
    limits: dict[str, Any]
    judge: str = ""
    attacker: str = ""
    skipped: tuple[Skipped, ...] = ()
    labels: dict[str, Any] = field(default_factory=dict)
    estimate: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found out on the way.

    planned: attempts that the engines announced, by the part's label. engines: their versions.
    skipped: probes that an engine left out. notes: sentences of engines. finished: labels of the
    parts that came to their end. judge_checks: calls by which engines checked their judge, by the
    part's label.
    """

    planned: dict[str, int] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    judge_checks: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """reason: why it failed or was cancelled, in a sentence. turn: how often it was begun."""

    id: int
    project_id: int
    model_id: int
    saved_name: str
    version: str
    revision: int
    model_digest: str
    suite_name: str
    suite_digest: str
    seed: int
    started_by: str
    state: str
    wanted: str
    reason: str
    turn: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    plan: Plan
    outcome: Outcome

    @property
    def planned(self) -> int | None:
        """How many attempts its engines announced, None before the first did.

        Each may announce as many as the whole run may make.
        """
        if not self.outcome.planned:
            return None
        announced, most = sum(self.outcome.planned.values()), self.plan.limits.get("max_attempts")
        return announced if most is None else min(announced, most)


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be made: the fields of `Run` that are known before it is stored."""

    model_id: int
    saved_name: str
    version: str
    revision: int
    model_digest: str
    suite_name: str
    suite_digest: str
    seed: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Attempt:
    """One prompt, its answer and its verdict, as the store has it.

    Fields as in runners/wire.py: Attempt. detail: prompt, answer, goal, reason, tool_calls, steps,
    detectors, judge, error.
    """

    id: int
    run_id: int
    probe: str
    seq: int
    engine: str
    kind: str
    category: str
    technique: str
    severity: str
    verdict: str
    fingerprint: str
    started_at: datetime
    elapsed_ms: int
    retries: int
    request_id: str
    calls: int
    judge_calls: int
    attacker_calls: int
    input_tokens: int
    output_tokens: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many attempts of one kind ended so."""

    kind: str
    engine: str
    category: str
    technique: str
    severity: str
    probe: str
    verdict: str
    number: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What the recorded attempts took, in all; `with_checks` is what the run took."""

    attempts: int = 0
    calls: int = 0
    judge_calls: int = 0
    attacker_calls: int = 0
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def with_checks(self, outcome: Outcome) -> Costs:
        """With the judge's calls that belong to no attempt."""
        return replace(self, judge_calls=self.judge_calls + sum(outcome.judge_checks.values()))
