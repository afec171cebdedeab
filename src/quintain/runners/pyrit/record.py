"""An attempt, as the run keeps it, from what was asked and answered in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..asking import Message
from ..wire import Attempt, Config
from .cells import Cell
from .ledger import ATTACKER, JUDGE, TARGET, Exchange, Ledger
from .objective import Objective
from .verdict import Verdict


@dataclass(frozen=True, slots=True)
class Ended:
    """began: seconds since 1970. taken_s: by the whole attempt. asked: the prompt, converted.

    result: PyRIT's, None where it gave none.
    """

    cell: Cell
    objective: Objective
    ledger: Ledger
    verdict: Verdict
    began: float
    taken_s: float
    asked: tuple[Message, ...] = ()
    result: Any = None

    @property
    def exchange(self) -> Exchange | None:
        """The question and answer that the verdict is about, or else the last one."""
        return self.ledger.decisive(getattr(self.result, "last_response", None))


def attempt(ended: Ended, config: Config) -> Attempt:
    cell, objective, ledger, told = ended.cell, ended.objective, ended.ledger, ended.verdict
    exchange = ended.exchange
    reply = exchange.reply if exchange else None
    return Attempt(
        cell.probe,
        objective.seq,
        objective.category,
        cell.technique,
        exchange.messages if exchange else list(ended.asked),
        told.verdict,
        reply.text if reply else "",
        severity=objective.severity,
        goal=objective.goal,
        reason=f"{told.reason}{_left_out(ended)}",
        tool_calls=reply.tool_calls if reply else [],
        steps=reply.steps if reply else [],
        detectors=told.detectors,
        judge=_judge(told, config),
        error=told.error,
        fingerprint=objective.fingerprint(cell.attack.name) if cell.attack.led else "",
        started_at=ended.began,
        elapsed_ms=round(ended.taken_s * 1000, 1),
        retries=ledger.retries,
        request_id=_request_id(ledger, exchange),
        calls=ledger.calls[TARGET],
        judge_calls=ledger.calls[JUDGE],
        attacker_calls=ledger.calls[ATTACKER],
        input_tokens=ledger.input_tokens,
        output_tokens=ledger.output_tokens,
    )


def _judge(told: Verdict, config: Config) -> dict[str, Any] | None:
    if not told.judged:
        return None
    return {"model": config.judge, "verdict": told.verdict, "reason": told.judged}


def _request_id(ledger: Ledger, exchange: Exchange | None) -> str:
    if exchange is not None and exchange.reply is not None:
        return exchange.reply.request_id
    return ledger.failures[-1][1].request_id if ledger.failures else ""


def _left_out(ended: Ended) -> str:
    """What of the attempt is not among its turns."""
    if ended.result is None or ended.verdict.error is not None:
        return ""
    said = []
    if back := ended.result.metadata.get("backtrack_count"):
        said.append(f" Left out: {back} turns that were refused and taken back.")
    if ended.cell.attack.name == "tap":
        branches = len({each.conversation for each in ended.ledger.exchanges})
        said.append(f" Of {branches} branches this is the best one.")
    if ended.ledger.failures:
        said.append(f" Calls that failed on the way: {len(ended.ledger.failures)}.")
    return "".join(said)
