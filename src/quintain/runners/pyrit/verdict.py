"""What an attempt came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..wire import RESISTED


@dataclass(frozen=True, slots=True)
class Verdict:
    """judged: what the judge said, in its words. Fields as in wire.Attempt."""

    verdict: str
    reason: str
    judged: str = ""
    detectors: dict[str, float] = field(default_factory=dict)
    error: dict[str, Any] | None = None


BLOCKED = Verdict(RESISTED, "The target's own guardrail stopped the prompt.")
