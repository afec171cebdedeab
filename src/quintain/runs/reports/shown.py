"""Texts of attempts as a page shows them: what cannot be seen is named, what is long is cut."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from quintain.runs.model import Attempt
from quintain.runs.reports.texts import cut, role_of, said, whole

LONGEST = 700  # characters of one turn or answer
_TURNS = 8
# Control, format and tag characters, selectors, separators, private use: attacks hide in them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\ue000-\uf8ff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]+"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One attempt as evidence. turns: (role, text); left_out: turns between the first and last."""

    id: int
    probe: str
    seq: int
    category: str
    technique: str
    severity: str
    goal: str
    turns: list[tuple[str, str]]
    left_out: int
    answer: str
    reason: str
    judge: str


def shown(attempt: Attempt) -> Shown:
    detail = attempt.detail
    prompt = detail.get("prompt")
    turns = prompt if isinstance(prompt, list) else []
    kept = turns if len(turns) <= _TURNS else [turns[0], *turns[1 - _TURNS :]]
    return Shown(
        attempt.id,
        visible(attempt.probe, 200),
        attempt.seq,
        attempt.category,
        attempt.technique,
        attempt.severity,
        goal=visible(str(detail.get("goal") or ""), 300),
        turns=[(visible(role_of(turn), 20), visible(said(turn))) for turn in kept],
        left_out=len(turns) - len(kept),
        answer=visible(str(detail.get("answer") or "")),
        reason=visible(str(detail.get("reason") or ""), 500),
        judge=visible(_judged(detail.get("judge")), 500),
    )


def visible(text: str, most: int = LONGEST) -> str:
    """Hidden characters by their numbers, a run of equal ones as one: ⟦U+200B x12⟧."""
    return cut(named(text), most)


def named(text: str) -> str:
    return _UNSEEN.sub(_name, whole(text))


def _name(found: re.Match[str]) -> str:
    runs = ((char, len(list(each))) for char, each in groupby(found[0]))
    marks = (f"U+{ord(char):04X}" + (f" x{number}" if number > 1 else "") for char, number in runs)
    return f"⟦{', '.join(marks)}⟧"


def _judged(judge: Any) -> str:
    if not isinstance(judge, dict):
        return ""
    reason = f": {judge['reason']}" if judge.get("reason") else ""
    return f"{judge.get('model', 'judge')} said {judge.get('verdict', '?')}{reason}"
