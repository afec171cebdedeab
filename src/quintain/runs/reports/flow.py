"""Attempts into text, a page at a time and away from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from quintain.runs.model import Attempt, Run
from quintain.runs.records.attempts import EVERY, AttemptFilters
from quintain.runs.scores.source import Source

_PAGE = 200


async def pages(
    source: Source,
    run: Run,
    form: Callable[[list[Attempt]], str],
    filters: AttemptFilters = EVERY,
    *,
    most: int | None = None,
) -> AsyncIterator[str]:
    """What `form` makes of each page, in the order of the attempts' ids.

    most: of attempts; None for all. An attempt that is recorded meanwhile may be in it.
    """
    after, left = 0, most
    while left is None or left > 0:
        limit = _PAGE if left is None else min(_PAGE, left)
        page = await source.attempts(run.id, filters, after=after, limit=limit)
        if not page:
            return
        yield await asyncio.to_thread(form, page)
        after, left = page[-1].id, None if left is None else left - len(page)
