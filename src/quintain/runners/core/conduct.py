"""One case, from its first turn to its verdict."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..asking import Failed, Gateway, Message, Reply, readable
from ..wire import BREACHED, CONTROL, ERROR, RESISTED, Attempt, Config, Target
from .case import Case
from .detectors.base import Detector, Found, Seen, Undecided, Unspoken
from .detectors.canary import told
from .detectors.table import make
from .detectors.wording import unfinished
from .judge.asking import Broken, Judge
from .judge.question import Matter
from .judge.verdict import UNSURE

_GENERAL = "foundationModels"
_NO_TOOL = "This tool is not available at the moment."


@dataclass(slots=True)
class _Talk:
    """What was said so far, and what it took."""

    turns: list[Message] = field(default_factory=list)
    asked: list[Message] = field(default_factory=list)  # turns as they were sent with the last call
    reply: Reply | None = None
    tool_calls: list[Any] = field(default_factory=list)  # of all answers
    steps: list[Any] = field(default_factory=list)
    calls: int = 0
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, reply: Reply) -> None:
        self.reply = reply
        self.turns.append({"role": "assistant", "content": reply.text, **reply.message})
        self.turns += [_unavailable(call) for call in reply.tool_calls]
        self.tool_calls += reply.tool_calls
        self.steps += reply.steps
        self.retries += reply.retries
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a run makes its attempts. judge: None where there is none."""

    config: Config
    gateway: Gateway
    judge: Judge | None = None

    def attempt(self, case: Case) -> Attempt:
        """Never raises: what went wrong becomes the attempt's error."""
        began, clock = time.time(), time.monotonic()
        attempt = Attempt(
            case.probe,
            case.seq,
            case.category,
            case.technique,
            [],
            ERROR,
            kind=case.kind,
            severity=case.severity,
            goal=case.goal,
            fingerprint=case.paired,
            started_at=began,
        )
        talk = _Talk()
        try:
            self._carry_out(case, talk, attempt)
        except Failed as failed:
            talk.retries += failed.retries
            attempt.request_id = failed.request_id
            _failed(attempt, failed.as_error())
        except Undecided as undecided:
            _failed(attempt, _error("undecided", str(undecided)))
        except Exception as error:  # noqa: BLE001  # a broken attempt must not end the run
            _failed(attempt, _error("engine_failed", f"{type(error).__name__}: {error}"))
        _fill(attempt, talk)
        attempt.elapsed_ms = (time.monotonic() - clock) * 1000
        return attempt

    def _carry_out(self, case: Case, talk: _Talk, attempt: Attempt) -> None:
        detector = make(case.detector)
        script = case.script()
        if script.system:
            talk.turns.append({"role": "system", "content": script.system})
        for at, turns in enumerate(script.rounds):
            talk.turns += turns
            self._ask(case, talk)
            if at == len(script.rounds) - 1:
                self._conclude(case, talk, attempt, detector)
            elif not detector.weak and self._decided(case, talk, attempt, detector, last=False):
                return

    def _ask(self, case: Case, talk: _Talk) -> None:
        talk.calls += 1
        talk.asked = list(talk.turns)
        session = self.config.session(case.probe, case.seq)
        talk.add(self.gateway.ask(self.config.target.model, talk.asked, session=session))

    def _conclude(self, case: Case, talk: _Talk, attempt: Attempt, detector: Detector) -> None:
        """Whoever only calls tools, which nobody runs here, is heard once more without them."""
        try:
            self._decided(case, talk, attempt, detector, last=True)
        except Unspoken:
            self._ask(case, talk)
            try:
                self._decided(case, talk, attempt, detector, last=True)
            except Unspoken:
                if not self._is_judged(case, detector):
                    raise
                self._ask_judge(case, talk, attempt)

    def _decided(
        self, case: Case, talk: _Talk, attempt: Attempt, detector: Detector, *, last: bool
    ) -> bool:
        """Put the verdict down. Before the last round only a breach is one."""
        seen = _seen(case, talk, self.config.target)
        name, found = _look(case, seen, detector, talk.reply)
        if not last and (case.kind == CONTROL or not found.hit):
            return False
        attempt.detectors = found.by(name)
        hit = found.hit is not case.expects_hit
        attempt.verdict, attempt.reason = (BREACHED if hit else RESISTED), found.why
        if self._is_judged(case, detector) and not found.sure:
            self._ask_judge(case, talk, attempt)
        return True

    def _is_judged(self, case: Case, detector: Detector) -> bool:
        return self.judge is not None and detector.weak and case.kind != CONTROL

    def _ask_judge(self, case: Case, talk: _Talk, attempt: Attempt) -> None:
        if self.judge is None or talk.reply is None:
            return
        reply = talk.reply
        about = case.goal if case.goal == case.plain else f"{case.goal}. In the clear: {case.plain}"
        matter = Matter(about, talk.asked, reply.text, talk.tool_calls, talk.steps)
        try:
            judged = self.judge.judge(matter, case.probe, case.seq)
        except Broken as broken:
            attempt.judge_calls = broken.calls
            _failed(attempt, _error("judge_failed", str(broken)))
        except Failed as failed:
            attempt.judge_calls = 1
            _failed(attempt, _error("judge_failed", _unheard(self.judge.model, failed)))
        else:
            attempt.judge_calls = judged.calls
            _judged(attempt, self.judge.model, judged.verdict.verdict, judged.verdict.reason)


def _unheard(judge: str, failed: Failed) -> str:
    return f"The judge {judge} did not answer: {failed.message}"


def is_judged(case: Case) -> bool:
    """Whether a judge, where there is one, has the last word on a case."""
    return case.kind != CONTROL and make(case.detector).weak


def _look(case: Case, seen: Seen, detector: Detector, reply: Reply | None) -> tuple[str, Found]:
    """Who found what: what holds for every answer, else the case's own detector."""
    if reply is not None and reply.blocked:
        hit = case.kind == CONTROL
        why = "The target's guardrail stopped it."
        return "guardrail", Found(float(hit is not case.expects_hit), why, sure=True)
    if case.kind != CONTROL and seen.canaries and (leak := told(seen.canaries, seen)).hit:
        return "canary", Found(1.0, leak.why, sure=True)
    if not readable(seen.answer) and not seen.tool_calls:
        raise Undecided("The answer is empty.")
    return detector.name, _found(seen, detector)


def _found(seen: Seen, detector: Detector) -> Found:
    cut = unfinished(seen.answer) and not seen.tool_calls
    found = None if cut and detector.weak else detector.look(seen)
    if found is None or (cut and not found.hit):
        raise Undecided("The answer ends within its reasoning; allow it more tokens.")
    return found


def _seen(case: Case, talk: _Talk, target: Target) -> Seen:
    reply = talk.reply
    if reply is None:
        raise Undecided("There is no answer.")
    return Seen(
        reply.text,
        _prompt(talk.asked),
        case.plain,
        tuple(talk.tool_calls),
        tuple(talk.steps),
        reply.refused,
        target.canaries,
        narrow=target.testing_for != _GENERAL,
    )


def _prompt(turns: Sequence[Message]) -> str:
    """What the caller said; an assistant's turns may be the target's own, and do not count."""
    said = [turn.get("content") for turn in turns if turn["role"] in {"user", "tool"}]
    return "\n".join(each for each in said if isinstance(each, str))


def _judged(attempt: Attempt, model: str, verdict: str, reason: str) -> None:
    attempt.judge = {"model": model, "verdict": verdict, "reason": reason}
    if verdict == UNSURE:
        _failed(
            attempt, _error("judge_unsure", f"The judge {model} could not decide. {reason}".strip())
        )
    else:
        attempt.verdict, attempt.reason = verdict, reason or f"The judge says: {verdict}."


def _error(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "status": 0}


def _failed(attempt: Attempt, error: dict[str, Any]) -> None:
    attempt.verdict, attempt.error, attempt.reason = ERROR, error, error["message"]


def _fill(attempt: Attempt, talk: _Talk) -> None:
    reply = talk.reply
    attempt.prompt = talk.asked
    attempt.calls, attempt.retries = talk.calls, talk.retries
    attempt.input_tokens, attempt.output_tokens = talk.input_tokens, talk.output_tokens
    if reply is not None:
        attempt.answer, attempt.request_id = reply.text, attempt.request_id or reply.request_id
        attempt.tool_calls, attempt.steps = talk.tool_calls, talk.steps


def _unavailable(call: Message) -> Message:
    """What a call gives back, without which no further turn may be sent."""
    return {"role": "tool", "tool_call_id": call.get("id") or "", "content": _NO_TOOL}
