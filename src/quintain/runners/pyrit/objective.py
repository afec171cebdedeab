"""What an attack is after, whatever it comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..asking import Message
from ..core.detectors.base import Detector


@dataclass(frozen=True, slots=True)
class Objective:
    """One thing to be got from a model that it should not give.

    seq: its place in its source, for good. goal: in a line, for people. aim: what the judge holds
    answers against and the attacker works towards. text: the prompt itself, before any converter,
    "" where it is no single one; before: turns that go before it. detector: None for the usual one.
    only: the techniques it takes, none named for all. judged: no detector can tell, so that it
    needs a judge.
    """

    seq: int
    goal: str
    aim: str
    text: str
    category: str
    severity: str = "medium"
    before: tuple[Message, ...] = ()
    detector: Detector | None = None
    only: tuple[str, ...] = ()
    judged: bool = False

    def fingerprint(self, attack: str) -> str:
        """For attacks whose prompts differ from target to target."""
        return hashlib.sha256(f"{attack}\n{self.aim}".encode()).hexdigest()[:16]
