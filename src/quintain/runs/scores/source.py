"""What scores and reports read of a run; `Records` is one."""

from __future__ import annotations

from typing import Protocol

from quintain.runs.model import Attempt, Costs, Tally
from quintain.runs.records import AttemptFilters


class Source(Protocol):
    """See records/records.py."""

    async def tallies(self, run_id: int) -> list[Tally]: ...

    async def costs(self, run_id: int) -> Costs: ...

    async def attempts(
        self,
        run_id: int,
        filters: AttemptFilters = ...,
        *,
        after: int = ...,
        limit: int = ...,
        whole: bool = ...,
    ) -> list[Attempt]: ...
