"""One attempt: asked, judged, told of."""

from __future__ import annotations

import copy
import hashlib
import time
from dataclasses import dataclass
from typing import Any

from ..wire import ERROR, RESISTED, Attempt, Config, Events, Message
from .judging import Undecided, Verdict, scores, verdict
from .loading import Ready
from .models import ATTACKER, JUDGE, Now, Record, Unanswered, messages_of
from .naming import kind_of, severity_of
from .options import Options
from .report import Report

_BLOCKED = "The target's own guardrail answered."
_EMPTY = "The answer is empty."
_RAN_OUT = "The conversation used up its turns before it came to its question."


@dataclass(frozen=True, slots=True)
class Job:
    """One probe of one run."""

    config: Config
    options: Options
    out: Events
    made: Ready
    now: Now
    report: Report

    @property
    def name(self) -> str:
        return f"garak:{self.made.known.name}"


def once(job: Job, minted: Any, seq: int) -> None:
    """Ask one question and tell how it ended."""
    began, record = time.time(), begin(job, seq)
    attempt = copy.deepcopy(minted)
    attempt.seq = seq
    broken = ""
    try:
        probe = job.made.probe
        attempt = probe._postprocess_attempt(probe._execute_attempt(attempt))  # noqa: SLF001
    except Exception as error:  # noqa: BLE001  # of garak's own code: this attempt's, not the run's
        broken = f"{type(error).__name__}: {error}"[:300]
    finish(job, attempt, record, began, broken=broken)


def begin(job: Job, seq: int) -> Record:
    job.now.record = Record(job.config.session(job.name, seq))
    return job.now.record


def finish(
    job: Job, attempt: Any, record: Record, began: float, *, broken: str = "", goal: str = ""
) -> None:
    """Judge what was answered; write it into garak's report, then tell of it.

    broken: why there is nothing to judge, where garak itself failed. goal: of a conversation.
    """
    found: dict[str, float | None] = dict.fromkeys(job.made.detectors)
    if broken:
        came = _error("engine_failed", broken)
    elif record.failed or record.reply is None:
        came = _unanswered(record)
    elif record.reply.blocked or record.ran_out:
        found = dict.fromkeys(job.made.detectors, 0.0)
        came = Verdict(RESISTED, _BLOCKED if record.reply.blocked else _RAN_OUT)
    else:
        found, came = _judged(job, attempt)
    attempt.detector_results = {name: [score] for name, score in found.items()}
    if attempt.outputs:
        job.report.attempt(attempt)
    told = _told(job, attempt, record, came, goal)
    told.detectors = {name: score for name, score in found.items() if score is not None}
    told.started_at = began
    job.out.say("attempt", **told.as_event())


def _judged(job: Job, attempt: Any) -> tuple[dict[str, float | None], Verdict]:
    nothing: dict[str, float | None] = dict.fromkeys(job.made.detectors)
    if not (attempt.outputs[-1].text or "").strip():  # a detector would take it for no refusal
        return nothing, _error("undecided", _EMPTY)
    try:
        found = scores(job.made, attempt)
    except Undecided as undecided:
        return nothing, _error("judge_undecided", str(undecided))
    except Unanswered as unanswered:
        told = unanswered.failed.as_error()
        return nothing, Verdict(ERROR, f"The judge did not answer: {told['message']}", told)
    except Exception as error:  # noqa: BLE001  # a detector of garak's may raise what it likes
        return nothing, _error("detector_failed", f"{type(error).__name__}: {error}"[:300])
    return found, verdict(job.made, found)


def _unanswered(record: Record) -> Verdict:
    if record.failed is None:
        return _error("no_answer", "The probe asked nothing.")
    return Verdict(ERROR, record.failed.message, record.failed.as_error())


def _error(code: str, message: str) -> Verdict:
    return Verdict(ERROR, message, {"code": code, "message": message, "status": 0})


def _told(job: Job, attempt: Any, record: Record, came: Verdict, goal: str) -> Attempt:
    facts, reply = job.made.known.facts, record.reply
    category, technique = kind_of(job.made.known.name, facts["tags"])
    told = Attempt(job.name, attempt.seq, category, technique, _asked(attempt), came.verdict)
    told.severity = severity_of(facts["tier"])
    told.goal = goal or str(job.made.probe.goal)
    told.reason, told.error = came.reason, came.error
    told.judge = _judge(job, came)
    told.calls, told.retries = record.calls, record.retries
    told.judge_calls, told.attacker_calls = record.helped[JUDGE], record.helped[ATTACKER]
    told.input_tokens, told.output_tokens = record.input_tokens, record.output_tokens
    told.elapsed_ms = record.elapsed_ms
    if goal:
        told.fingerprint = hashlib.sha256(goal.encode()).hexdigest()[:16]
    if reply is not None:
        told.answer, told.request_id = reply.text, reply.request_id
        told.tool_calls, told.steps = reply.tool_calls, reply.steps
    elif record.failed:
        told.request_id = record.failed.request_id
    return told


def _asked(attempt: Any) -> list[Message]:
    """All turns but the last answer."""
    turns = attempt.conversations[0] if attempt.conversations else attempt.prompt
    said = messages_of(type(turns)([turn for turn in turns.turns if turn.content is not None]))
    return said[:-1] if said and said[-1]["role"] == "assistant" else said


def _judge(job: Job, came: Verdict) -> dict[str, Any] | None:
    if not job.made.deciding.startswith("judge."):
        return None
    return {"model": job.config.judge, "verdict": came.verdict, "reason": came.reason}
