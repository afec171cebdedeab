"""Rows of runs: made, found, listed, and their state changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, Select, insert, select, update

from quintain.errors import Conflict, NotFound
from quintain.registry.clock import as_time, maybe_time, now_us
from quintain.runs.model import (
    CANCELLED,
    FAILED,
    FINISHED,
    OVER,
    QUEUED,
    RUNNING,
    NewRun,
    Outcome,
    Part,
    Plan,
    Run,
    Skipped,
)
from quintain.runs.records.texts import in_column, written
from quintain.storage.tables import runs

if TYPE_CHECKING:
    from quintain.registry.model import Actor

MOST = 200  # runs on a page
LONGEST_REASON = 4000  # characters
RUN, CANCEL = "run", "cancel"
_LARGEST_ID = 2**63 - 1
_R = runs.c


def insert_run(connection: Connection, actor: Actor, new: NewRun) -> Run:
    values = {
        "project_id": actor.project_id,
        "started_by": actor.key_prefix,
        "state": QUEUED,
        "wanted": RUN,
        "reason": "",
        "turn": 1,
        "created_at": now_us(),
        "plan": written(asdict(new.plan)),
        "outcome": written(asdict(Outcome())),
    }
    given = {name: getattr(new, name) for name in NewRun.__slots__ if name != "plan"}
    made = connection.execute(insert(runs).returning(runs), given | values)
    return _run(made.mappings().one())


def find(
    connection: Connection, run_id: int, project_id: int | None = None, *, to_change: bool = False
) -> Run:
    """project_id: whose it must be, None for any. Raises NotFound (`run_not_found`)."""
    statement = select(runs).where(_R.id == run_id)
    if project_id is not None:
        statement = statement.where(_R.project_id == project_id)
    if to_change:
        statement = statement.with_for_update(key_share=True)
    row = (
        connection.execute(statement).mappings().one_or_none()
        if 0 < run_id <= _LARGEST_ID
        else None
    )
    if row is None:
        raise NotFound("There is no such run in this project.", code="run_not_found")
    return _run(row)


def listed(
    connection: Connection,
    project_id: int,
    equal: dict[str, str | None],
    before: int | None,
    limit: int,
) -> list[Run]:
    """equal: by column, what it must be; None for anything."""
    statement = select(runs).where(_R.project_id == project_id)
    for name, text in equal.items():
        if text is not None and "\0" in text:
            return []  # PostgreSQL would refuse to look for it
        if text is not None:
            statement = statement.where(_R[name] == text)
    if before is not None:
        statement = statement.where(_R.id < min(before, _LARGEST_ID))
    newest = statement.order_by(_R.id.desc()).limit(max(1, min(limit, MOST)))
    return _all(connection, newest)


def unfinished(connection: Connection) -> list[Run]:
    return _all(connection, select(runs).where(_R.state.in_((QUEUED, RUNNING))).order_by(_R.id))


def begin(connection: Connection, run_id: int) -> Run:
    """Of a run that is over, nothing changes: whoever ended it has the last word."""
    run = find(connection, run_id, to_change=True)
    if run.state in OVER:
        return run
    started = {} if run.started_at else {"started_at": now_us()}
    return change(connection, run_id, state=RUNNING, **started)


def want_cancel(connection: Connection, run_id: int) -> Run:
    run = find(connection, run_id, to_change=True)
    return run if run.state in OVER else change(connection, run_id, wanted=CANCEL)


def end(connection: Connection, run_id: int, state: str, reason: str) -> Run:
    """The first end counts; another one, of a step that is done again, changes nothing."""
    if state not in {FINISHED, FAILED, CANCELLED}:
        raise ValueError(f"a run does not end as {state}")
    run = find(connection, run_id, to_change=True)
    if run.state in OVER:
        return run
    why = in_column(reason, LONGEST_REASON)
    return change(connection, run_id, state=state, reason=why, ended_at=now_us())


def again(connection: Connection, run_id: int, outcome: Outcome) -> Run:
    run = find(connection, run_id, to_change=True)
    if run.state not in OVER:
        raise Conflict(
            f"The run is {run.state}: only one that is over can be resumed.", code="run_not_over"
        )
    values = {"state": QUEUED, "wanted": RUN, "reason": "", "ended_at": None, "turn": run.turn + 1}
    return change(connection, run_id, outcome=written(asdict(outcome)), **values)


def change(connection: Connection, run_id: int, **values: Any) -> Run:
    changed = update(runs).where(_R.id == run_id).values(**values).returning(runs)
    return _run(connection.execute(changed).mappings().one())


def _all(connection: Connection, statement: Select[Any]) -> list[Run]:
    return [_run(row) for row in connection.execute(statement).mappings()]


def _run(row: Any) -> Run:
    times = {"created_at": as_time(row["created_at"])}
    later = {name: maybe_time(row[name]) for name in ("started_at", "ended_at")}
    documents = {"plan": _plan(row["plan"]), "outcome": _outcome(row["outcome"])}
    return Run(**{**row, **times, **later, **documents})


def _plan(text: str) -> Plan:
    given = orjson.loads(text)
    parts = [Part(**{**part, "datasets": tuple(part["datasets"])}) for part in given["parts"]]
    return Plan(**{**given, "parts": tuple(parts), "skipped": _skipped(given)})


def _outcome(text: str) -> Outcome:
    given = orjson.loads(text)
    lists = {name: tuple(given[name]) for name in ("notes", "finished")}
    return Outcome(**{**given, **lists, "skipped": _skipped(given)})


def _skipped(given: dict[str, Any]) -> tuple[Skipped, ...]:
    return tuple(Skipped(**each) for each in given["skipped"])
