"""From an engine's event to rows: every field within what its column holds.

An engine is a program of its own, and one that errs must not end the run: what has no right form
is brought into one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from quintain.runners.wire import ATTACK, BREACHED, CONTROL, ERROR, LONGEST_PROBE, RESISTED
from quintain.runs.records.detail import detail_of
from quintain.runs.records.texts import in_column

VERDICTS = (RESISTED, BREACHED, ERROR)
KINDS = (ATTACK, CONTROL)
SEVERITIES = ("low", "medium", "high", "critical")
COUNTS = ("retries", "calls", "judge_calls", "attacker_calls", "input_tokens", "output_tokens")
# Together with the probe's name, below what an entry of a PostgreSQL index may hold.
_LONGEST = {"category": 64, "technique": 64, "fingerprint": 64, "request_id": 128}
LONGEST_ENGINE = 32
_LARGEST = 2**31 - 1


def row_of(run_id: int, engine: str, event: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The attempt's row, and its detail."""
    detail = detail_of(event)
    row = {
        "run_id": run_id,
        "probe": in_column(event.get("probe"), LONGEST_PROBE),
        "seq": _count(event.get("seq")),
        "engine": in_column(engine, LONGEST_ENGINE),
        "kind": _one_of(KINDS, event.get("kind"), ATTACK),
        "severity": _one_of(SEVERITIES, event.get("severity"), "medium"),
        # A verdict that is none is a test that could not decide.
        "verdict": _one_of(VERDICTS, event.get("verdict"), ERROR),
        "started_at": _microseconds(event.get("started_at")),
        "elapsed_ms": _count(event.get("elapsed_ms")),
        "size": len(detail.encode()),
    }
    row |= {name: in_column(event.get(name), longest) for name, longest in _LONGEST.items()}
    row |= {name: _count(event.get(name)) for name in COUNTS}
    return row, detail


def _one_of(known: tuple[str, ...], given: Any, otherwise: str) -> str:
    return given if given in known else otherwise


def _number(given: Any) -> float:
    right = isinstance(given, int | float) and math.isfinite(given)
    return given if right else 0


def _count(given: Any) -> int:
    return max(0, min(_LARGEST, round(_number(given))))


def _microseconds(given: Any) -> int:
    return max(0, min(2**53, round(_number(given) * 1_000_000)))
