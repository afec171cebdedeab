"""What one page may do on the network, and what it was refused."""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from hmac import compare_digest

from quintain.errors import TargetError
from quintain.pages import failures

MOST_CONNECTIONS = 64  # Chromium opens at most 32 through one proxy; WebSockets come on top
MOST_REFUSALS = 100


@dataclass(slots=True, eq=False)
class Ticket:
    """Given to one browser context, which shows it with every connection that it asks for.

    internal: the model's hosting_type is Internal. limit: bytes that may pass in one call, both
    ways together. connect_s: the deadline of each connection, in seconds.
    """

    internal: bool
    limit: int
    connect_s: float
    user: str = field(default_factory=lambda: secrets.token_hex(8))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    left: int = 0
    over: TargetError | None = None
    refusals: dict[str, TargetError] = field(default_factory=dict)
    open: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self) -> None:
        """A new call: it has the whole budget, and nothing was refused yet."""
        self.left, self.over = self.limit, None
        self.refusals.clear()

    def spend(self, count: int) -> bool:
        """Whether so many bytes more may pass."""
        self.left -= count
        if self.left < 0 and self.over is None:
            self.over = failures.too_much(self.limit)
        return self.over is None

    def refuse(self, where: str, error: TargetError) -> None:
        """where: host and port. Bounded, since a page can try as many places as it likes."""
        if len(self.refusals) < MOST_REFUSALS:
            self.refusals[where] = error

    def shown(self, header: str) -> bool:
        """Whether a Proxy-Authorization header is this ticket's."""
        own = b64encode(f"{self.user}:{self.password}".encode())
        return compare_digest(header.encode(), b"Basic " + own)

    def tear(self) -> None:
        """End every connection."""
        for task in tuple(self.open):
            task.cancel()
