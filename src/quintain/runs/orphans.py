"""Cancelled runs that no server is at work on: theirs is gone, and nobody else would end them."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from quintain.runs.model import CANCELLED, RUNNING, Run
from quintain.runs.records.records import Records
from quintain.runs.run_keys import RunKeys
from quintain.runs.work import Work

_log = structlog.get_logger(__name__)


class Orphans:
    """A server at work on a run sees a cancel within seconds: one seen twice has no such server.

    So there must be many seconds between two looks (TEND_S in http/wiring.py).
    """

    def __init__(self, records: Records, keys: RunKeys, work: Work) -> None:
        self._records, self._keys, self._work = records, keys, work
        self._seen: set[tuple[int, int]] = set()

    async def end(self, unfinished: Iterable[Run]) -> None:
        """Of those that are unfinished now, end what was seen at the look before."""
        waiting = [run for run in unfinished if self._is_left(run)]
        for run in waiting:
            if (run.id, run.turn) in self._seen:
                await self._end(run)
        self._seen = {(run.id, run.turn) for run in waiting}

    def _is_left(self, run: Run) -> bool:
        cancelled = run.state == RUNNING and run.wanted == "cancel"
        return cancelled and not self._work.is_at(run.id)

    async def _end(self, run: Run) -> None:
        await self._keys.revoke(run.id)
        reason = "It was cancelled; the server that worked on it is gone."
        await self._records.end(run.id, CANCELLED, reason)
        _log.warning("a run without a server was ended", run=run.id)
