"""How a run under way is ended from outside: its engine is stopped, and it learns why."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from quintain.runs.model import CANCELLED, FAILED
from quintain.runs.process import EngineProcess


class Halted(Exception):
    """A run that does not go on. state: how it ends."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


class Stopping(Exception):
    """The server stops; the run goes on at its next start."""


def cancelled() -> Halted:
    return Halted(CANCELLED, "It was cancelled.")


def failed(reason: str) -> Halted:
    return Halted(FAILED, reason)


class Control:
    """Of one run. The first word counts, but that the server stops goes before all."""

    def __init__(self) -> None:
        self._why: Halted | Stopping | None = None
        self._halted = asyncio.Event()
        self._engine: EngineProcess | None = None

    @property
    def halted(self) -> bool:
        return self._why is not None

    def halt(self, why: Halted | Stopping) -> None:
        """Not to be waited for: a signal's handler may call it."""
        if self._why is None or isinstance(why, Stopping):
            self._why = why
            self._halted.set()
            if self._engine is not None:
                self._engine.stop(at_once=isinstance(why, Stopping))

    def check(self) -> None:
        """Raises what the run was halted with."""
        if self._why is not None:
            raise self._why

    async def pause(self, seconds: float) -> None:
        """Raises as `check` does, at once when it is halted meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._halted.wait(), seconds)
        self.check()

    def holds(self, engine: EngineProcess | None) -> None:
        """The engine to stop, from now on. Raises as `check` does."""
        self._engine = engine
        if engine is not None:
            self.check()
