"""A sample that ended, made an attempt at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from inspect_ai.hooks import Hooks, SampleEnd, hooks

from ..given import Refused
from ..wire import ATTACK, BREACHED, ERROR, RESISTED, Attempt, Events
from .choosing import Choice, labels_of, labels_with
from .model import ATTACKER, JUDGE, TARGET, Desk, Taken
from .samples import Planned, digest
from .scores import judged, shares
from .turns import calls_in, split, text_of

_BLOCKED = "The target's guardrail answered in its place."


class Ending:
    """What turns the samples of one task into attempts. named: sequence numbers by sample id."""

    def __init__(
        self, choice: Choice, planned: Planned, named: Mapping[str, int], desk: Desk, out: Events
    ) -> None:
        self._choice, self._planned, self._named = choice, planned, named
        self._desk, self._out = desk, out
        self.told = 0

    def sample(self, sample: Any) -> None:
        taken = self._desk.done(str(sample.id))
        seq = self._named[str(sample.id)]
        try:
            attempt = self._attempt(sample, seq, taken)
        except Exception as error:  # noqa: BLE001 - Inspect would drop both, and the sample is done
            attempt = self._unread(seq, error)
        self._out.say("attempt", **attempt.as_event())
        self.told += 1

    def _attempt(self, sample: Any, seq: int, taken: Taken) -> Attempt:
        labels, wrong = _labels(sample.metadata or {}, self._choice)
        turns, answer = split(sample.messages)
        attempt = Attempt(
            self._planned.probe,
            seq,
            prompt=turns,
            answer=answer,
            goal=_goal(sample, turns),
            tool_calls=calls_in(turns),
            fingerprint=digest(self._planned.sample(seq)),
            started_at=_seconds(sample.started_at),
            elapsed_ms=(sample.total_time or 0.0) * 1000,
            **labels,
            **_costs(taken) | self._verdict(sample, labels["kind"], taken),
        )
        if wrong and attempt.verdict != ERROR:
            attempt.reason += f" ({wrong})"
        return attempt

    def _verdict(self, sample: Any, kind: str, taken: Taken) -> dict[str, Any]:
        if sample.error is not None:
            return _failed(sample.error.message, taken)
        scores = sample.scores or {}
        verdict, reason = judged(scores, self._choice)
        if taken.replies and taken.replies[-1].blocked:
            verdict, reason = (RESISTED if kind == ATTACK else BREACHED), _BLOCKED
        found: dict[str, Any] = {"verdict": verdict, "reason": reason, "detectors": shares(scores)}
        if verdict == ERROR:
            found["error"] = {"code": "unscored", "message": reason, "status": 0}
        if taken.calls.get(JUDGE):
            model = self._desk.config.judge
            found["judge"] = {"model": model, "verdict": verdict, "reason": reason}
        return found

    def _unread(self, seq: int, error: Exception) -> Attempt:
        asked = self._planned.sample(seq).input
        message = f"The sample could not be read: {type(error).__name__}: {error}"
        return Attempt(
            self._planned.probe,
            seq,
            "policy_violation",
            "direct",
            [{"role": "user", "content": asked if isinstance(asked, str) else ""}],
            ERROR,
            reason=message,
            error={"code": "engine_failed", "message": message, "status": 0},
            fingerprint=digest(self._planned.sample(seq)),
        )


def listen(ending: list[Ending]) -> None:
    """Inspect tells each sample's end to the one that is at work, the last in the list."""

    @hooks(name="quintain", description="Tells each sample as it ends.")
    class Told(Hooks):  # type: ignore[misc]  # Inspect is not there to be read
        async def on_sample_end(self, data: SampleEnd) -> None:
            ending[-1].sample(data.sample)


def _labels(metadata: Mapping[str, Any], choice: Choice) -> tuple[dict[str, Any], str]:
    """The sample's own, or the task's; and what is wrong with the sample's."""
    try:
        own, wrong = labels_of(metadata, "metadata."), ""
    except Refused as refused:
        own, wrong = {}, str(refused)
    return labels_with(choice.labels | own), wrong


def _goal(sample: Any, turns: list[Any]) -> str:
    told = (sample.metadata or {}).get("goal")
    if not isinstance(told, str) or not told:
        told = next((text_of(turn["content"]) for turn in turns if turn["role"] == "user"), "")
    return " ".join(told.split())[:500]


def _failed(message: str, taken: Taken) -> dict[str, Any]:
    failed = taken.failed
    if failed is None:
        error = {"code": "sample_failed", "message": message[:2000], "status": 0}
        return {"verdict": ERROR, "reason": message[:2000], "error": error}
    who = "" if taken.failed_role == TARGET else f"The {taken.failed_role} did not answer: "
    found = {"verdict": ERROR, "reason": f"{who}{failed.message}", "error": failed.as_error()}
    return found | ({"request_id": failed.request_id} if failed.request_id else {})


def _costs(taken: Taken) -> dict[str, Any]:
    replies = taken.replies
    lost = taken.failed.retries if taken.failed is not None else 0
    return {
        "steps": [step for reply in replies for step in reply.steps],
        "retries": sum(reply.retries for reply in replies) + lost,
        "calls": taken.calls.get(TARGET, 0),
        "judge_calls": taken.calls.get(JUDGE, 0),
        "attacker_calls": taken.calls.get(ATTACKER, 0),
        "input_tokens": sum(reply.input_tokens for reply in replies),
        "output_tokens": sum(reply.output_tokens for reply in replies),
        "request_id": replies[-1].request_id if replies else "",
    }


def _seconds(told: Any) -> float:
    try:
        return datetime.fromisoformat(str(told)).timestamp()
    except ValueError:
        return time.time()
