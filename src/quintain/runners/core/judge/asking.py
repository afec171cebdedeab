"""Asking a judge, once more where the form of its answer is broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ...asking import Message, Reply
from .question import AGAIN, Ground, Matter, mark_of, question
from .verdict import Verdict, read


class Asks(Protocol):
    """The way to a model; asking.Gateway is one."""

    def ask(self, model: str, messages: list[Message]) -> Reply: ...


class Broken(Exception):
    """A judge that gave no verdict, twice. said: the beginning of its last words."""

    def __init__(self, model: str, said: str, calls: int) -> None:
        super().__init__(f"The judge {model} gave no verdict in the form asked for: {said[:200]!r}")
        self.calls = calls


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    calls: int


@dataclass(frozen=True, slots=True)
class Judge:
    """model: any registered one, by the gateway's name."""

    gateway: Asks
    model: str
    ground: Ground = field(default_factory=Ground)
    seed: int = 0

    def judge(self, matter: Matter, *place: object) -> Judged:
        """place: what makes the mark of this question its own. Raises Broken and asking.Failed."""
        asked = question(matter, self.ground, mark_of(self.seed, *place))
        turns: list[Message] = [{"role": "user", "content": asked}]
        reply = self.gateway.ask(self.model, turns)
        if verdict := read(reply.text):
            return Judged(verdict, 1)
        again: list[Message] = [{"role": "assistant", "content": reply.text or "..."}]
        reply = self.gateway.ask(self.model, [*turns, *again, {"role": "user", "content": AGAIN}])
        if verdict := read(reply.text):
            return Judged(verdict, 2)
        raise Broken(self.model, reply.text, 2)
