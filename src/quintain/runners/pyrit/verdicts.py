"""What PyRIT's result, or its failure, says of an attempt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyrit.exceptions import InvalidJsonException
from pyrit.models import AttackOutcome
from pyrit.score.score_utils import normalize_score_to_float

from ..asking import Failed
from ..wire import BREACHED, ERROR, RESISTED
from .ledger import ATTACKER, JUDGE, TARGET, Ledger
from .verdict import BLOCKED, Verdict

_WHO = {TARGET: "", JUDGE: "The judge failed: ", ATTACKER: "The attacker failed: "}
_UNREAD = {
    JUDGE: ("judge_failed", "The judge gave no verdict that can be read."),
    ATTACKER: ("attacker_failed", "The attacker gave no prompt that can be read."),
}


def by_judge(result: Any, ledger: Ledger) -> Verdict:
    """From a result that a scorer of PyRIT's decided."""
    score = result.last_score
    if score is None or result.outcome not in {AttackOutcome.SUCCESS, AttackOutcome.FAILURE}:
        return undecided(ledger)
    exchange = ledger.decisive(result.last_response)
    if exchange and exchange.reply and exchange.reply.blocked:
        return BLOCKED
    reached = result.outcome is AttackOutcome.SUCCESS
    value = round(min(1.0, max(0.0, normalize_score_to_float(score))), 3)
    said = (score.score_rationale or "").strip()
    reason = f"The judge {'sees' if reached else 'does not see'} the objective reached."
    verdict = BREACHED if reached else RESISTED
    return Verdict(verdict, reason, said, {_scorer(score): value})


def _scorer(score: Any) -> str:
    identifier = score.scorer_class_identifier
    return str(identifier.class_name) if identifier else "judge"


def undecided(ledger: Ledger, error: BaseException | None = None) -> Verdict:
    """An attempt without a verdict, with the reason that is nearest to its cause."""
    failed = next((each for each in _causes(error) if isinstance(each, Failed)), None)
    if failed is not None or (error is None and ledger.failures):
        return _failed(ledger)
    unread = error is None or any(isinstance(each, InvalidJsonException) for each in _causes(error))
    if unread and ledger.last in _UNREAD:
        return _error(*_UNREAD[ledger.last])
    return _error("engine_failed", f"PyRIT could not go on: {_told(error)}")


def _failed(ledger: Ledger) -> Verdict:
    role, failure = ledger.failures[-1]
    message = f"{_WHO[role]}{failure.message}"
    return Verdict(ERROR, message, error={**failure.as_error(), "message": message})


def _error(code: str, message: str) -> Verdict:
    return Verdict(ERROR, message, error={"code": code, "message": message, "status": 0})


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _told(error: BaseException | None) -> str:
    """The innermost cause, in a line."""
    causes = list(_causes(error))
    return f"{type(causes[-1]).__name__}: {causes[-1]}"[:500] if causes else "it gave no result"
