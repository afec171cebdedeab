"""What one attempt's calls came to: counted where they are made, whoever in PyRIT makes them."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ..asking import Failed, Message, Reply

TARGET, JUDGE, ATTACKER = "target", "judge", "attacker"


@dataclass(slots=True)
class Exchange:
    """One question to the target, with all turns before it.

    ident: PyRIT's of the answer, "" where there is none. conversation: PyRIT's of the question.
    """

    conversation: str
    messages: list[Message]
    reply: Reply | None = None
    ident: str = ""


@dataclass(slots=True)
class Ledger:
    """session: the attempt's own name, of which each of its conversations has one."""

    session: str = ""
    calls: dict[str, int] = field(default_factory=lambda: {TARGET: 0, JUDGE: 0, ATTACKER: 0})
    conversations: dict[str, None] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    failures: list[tuple[str, Failed]] = field(default_factory=list)
    last: str = ""
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def began(self, role: str, conversation: str) -> None:
        self.calls[role] += 1
        self.conversations[conversation] = None
        self.last = role

    def answered(self, reply: Reply) -> None:
        self.retries += reply.retries
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens

    def failed(self, role: str, failure: Failed) -> None:
        self.retries += failure.retries
        self.failures.append((role, failure))

    def decisive(self, piece: Any) -> Exchange | None:
        """Find the exchange whose answer this is, or else take the last one.

        piece: PyRIT's, None where it has none; in a branch it is a copy that knows its original.
        """
        idents = {str(piece.id), str(piece.original_prompt_id)} if piece is not None else set()
        found = (each for each in self.exchanges if each.ident in idents)
        return next(found, self.exchanges[-1] if self.exchanges else None)


# The attempt under way, in every task that PyRIT starts for it.
CURRENT: ContextVar[Ledger] = ContextVar("ledger")
