"""Reading attempts: pages by cursor, one by its id, and what is recorded already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from quintain.errors import NotFound
from quintain.registry.clock import as_time, now_us
from quintain.runs.model import Attempt
from quintain.storage.tables import attempt_details, attempts, tallies

MOST = 1000  # attempts on a page
LARGEST_PAGE = 32 << 20  # bytes of details
_A = attempts.c


@dataclass(frozen=True, slots=True)
class AttemptFilters:
    """None: any."""

    verdict: str | None = None
    kind: str | None = None
    category: str | None = None
    technique: str | None = None
    engine: str | None = None
    probe: str | None = None


EVERY = AttemptFilters()


def page(
    connection: Connection,
    run_id: int,
    filters: AttemptFilters = EVERY,
    *,
    after: int = 0,
    limit: int = 100,
    whole: bool = True,
) -> list[Attempt]:
    """In the order of their ids, beginning after `after`.

    limit: at most MOST. A page holds LARGEST_PAGE bytes, or one attempt: so a short page is not the
    last one, an empty page is. whole: with their details; else `detail` is empty.
    """
    given = {each.name: getattr(filters, each.name) for each in fields(filters)}
    wanted = {name: text for name, text in given.items() if text is not None}
    if any("\0" in text for text in wanted.values()):
        return []  # PostgreSQL would refuse to look for it
    # `id + 0` goes by no index: a probe has few attempts, to be found by its name, and a database
    # that had their order for nothing would go through the whole run instead.
    place = _A.id if filters.probe is None else _A.id + 0
    statement = select(attempts).where(_A.run_id == run_id, place > after)
    for name, text in wanted.items():
        statement = statement.where(_A[name] == text)
    ordered = statement.order_by(place).limit(max(1, min(limit, MOST)))
    rows = connection.execute(ordered).mappings().all()
    if not whole:
        return [_attempt(row, {}) for row in rows]
    return _with_details(connection, _fitting(rows))


def one(connection: Connection, run_id: int, attempt_id: int) -> Attempt:
    """Raises NotFound."""
    wanted = select(attempts).where(_A.id == attempt_id, _A.run_id == run_id)
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such attempt in this run.", code="attempt_not_found")
    return _with_details(connection, [row])[0]


def done(connection: Connection, run_id: int, engine: str) -> dict[str, list[list[int]]]:
    """By probe, the ranges `[first, last]` of sequence numbers that are recorded."""
    of_engine = select(tallies.c.probe).where(
        tallies.c.run_id == run_id, tallies.c.engine == engine
    )
    # Neighbours have the same distance to their place in the line.
    place = func.row_number().over(partition_by=_A.probe, order_by=_A.seq)
    numbered = (
        select(_A.probe, _A.seq, (_A.seq - place).label("island"))
        .where(_A.run_id == run_id, _A.probe.in_(of_engine))
        .subquery()
    )
    first = func.min(numbered.c.seq)
    ranges = (
        select(numbered.c.probe, first, func.max(numbered.c.seq))
        .group_by(numbered.c.probe, numbered.c.island)
        .order_by(numbered.c.probe, first)
    )
    found: dict[str, list[list[int]]] = {}
    for probe, low, high in connection.execute(ranges):
        found.setdefault(probe, []).append([low, high])
    return found


def lately(connection: Connection, run_id: int, seconds: float, most: int) -> tuple[int, float]:
    """How many of the newest `most` attempts ended in the last so many seconds, and over how long."""
    newest = select(_A.started_at, _A.elapsed_ms).where(_A.run_id == run_id)
    rows = connection.execute(newest.order_by(_A.id.desc()).limit(most))
    now = now_us()
    ages = [(now - row.started_at - row.elapsed_ms * 1000) / 1e6 for row in rows]
    recent = [age for age in ages if age <= seconds]
    full = len(recent) == most
    return len(recent), max(0.001, *recent) if full else seconds


def _fitting(rows: Sequence[Any]) -> Sequence[Any]:
    room = LARGEST_PAGE
    for place, row in enumerate(rows):
        room -= row["size"]
        if room < 0 and place:
            return rows[:place]
    return rows


def _with_details(connection: Connection, rows: Sequence[Any]) -> list[Attempt]:
    ids = [row["id"] for row in rows]
    columns = attempt_details.c
    found = connection.execute(
        select(columns.attempt_id, columns.detail).where(columns.attempt_id.in_(ids))
    )
    details = {row.attempt_id: row.detail for row in found}
    return [_attempt(row, orjson.loads(details[row["id"]])) for row in rows]


def _attempt(row: Any, detail: dict[str, Any]) -> Attempt:
    given = {key: value for key, value in row.items() if key != "size"}
    return Attempt(**given | {"started_at": as_time(row["started_at"]), "detail": detail})
