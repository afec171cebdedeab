"""Numbers of a run: how its attempts ended, what they took, and how two runs differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from quintain.runners.wire import CONTROL, ERROR
from quintain.runs.model import Costs, Tally
from quintain.runs.records.incoming import COUNTS
from quintain.storage.tables import attempts, tallies

_T = tallies.c
_NAMES = ("kind", "engine", "category", "technique", "severity", "probe", "verdict", "number")


class Pair(NamedTuple):
    """So many attempts that both runs made and judged, with these two verdicts."""

    kind: str
    category: str
    technique: str
    verdict_a: str
    verdict_b: str
    number: int


@dataclass(frozen=True, slots=True)
class Totals:
    """attacks, controls: how many of them ended so, by verdict."""

    attacks: dict[str, int] = field(default_factory=dict)
    controls: dict[str, int] = field(default_factory=dict)
    costs: Costs = field(default_factory=Costs)


def tallied(connection: Connection, run_id: int) -> list[Tally]:
    statement = select(*(_T[name] for name in _NAMES)).where(_T.run_id == run_id)
    ordered = statement.order_by(*(_T[name] for name in _NAMES[:-1]))
    return [Tally(*row) for row in connection.execute(ordered)]


def totals(connection: Connection, run_ids: Iterable[int]) -> dict[int, Totals]:
    """Of every run that is named, also of one without an attempt."""
    found: dict[int, Totals] = {run_id: Totals() for run_id in run_ids}
    sums = [func.sum(_T[name]).label(name) for name in ("number", *COUNTS)]
    group = (_T.run_id, _T.kind, _T.verdict)
    statement = select(*group, *sums).where(_T.run_id.in_(list(found))).group_by(*group)
    for row in connection.execute(statement).mappings():
        before = found[row["run_id"]]
        # PostgreSQL adds up to its type numeric.
        here = {name: int(row[name]) for name in ("number", *COUNTS)}
        verdicts = before.controls if row["kind"] == CONTROL else before.attacks
        verdicts[row["verdict"]] = here["number"]
        found[row["run_id"]] = replace(before, costs=_added(before.costs, here))
    return found


def _added(costs: Costs, more: dict[str, int]) -> Costs:
    values = {name: getattr(costs, name) + more[name] for name in COUNTS}
    return Costs(attempts=costs.attempts + more["number"], **values)


def paired(connection: Connection, run_a: int, run_b: int) -> list[Pair]:
    """Attempts of the same prompt in both runs; errors on either side leave no pair."""
    a, b = attempts.alias("a"), attempts.alias("b")
    same = and_(
        b.c.run_id == run_b,
        b.c.probe == a.c.probe,
        b.c.seq == a.c.seq,
        b.c.fingerprint == a.c.fingerprint,
    )
    group = [a.c.kind, a.c.category, a.c.technique, a.c.verdict, b.c.verdict]
    statement = (
        select(*group, func.count())
        .select_from(a.join(b, same))
        .where(a.c.run_id == run_a, a.c.verdict != ERROR, b.c.verdict != ERROR)
        .group_by(*group)
        .order_by(*group)
    )
    return [Pair._make(row) for row in connection.execute(statement)]
