"""What is found out while a run goes on: read, added to and written back in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace

from sqlalchemy import Connection

from quintain.runs.model import Outcome, Skipped
from quintain.runs.records import runs
from quintain.runs.records.texts import in_column, written

MOST_SKIPPED = 2000
MOST_NOTES = 200
LONGEST = 1000  # characters of a reason or a note
LARGEST = 2**31 - 1
Change = Callable[[Outcome], Outcome]


def changed(connection: Connection, run_id: int, change: Change) -> None:
    outcome = runs.find(connection, run_id, to_change=True).outcome
    after = change(outcome)
    if after != outcome:
        runs.change(connection, run_id, outcome=written(asdict(after)))


def planned(label: str, number: int) -> Change:
    return lambda outcome: replace(outcome, planned={**outcome.planned, label: number})


def engine(name: str, version: str) -> Change:
    return lambda outcome: replace(outcome, engines={**outcome.engines, name: version})


def judge_checks(label: str, calls: int) -> Change:
    """An engine that is started again says the same number again."""
    return lambda outcome: replace(
        outcome, judge_checks={**outcome.judge_checks, label: min(calls, LARGEST)}
    )


def finished(label: str) -> Change:
    """A part that ends twice, since a step was done again, is named once."""
    return lambda outcome: replace(
        outcome, finished=tuple(dict.fromkeys((*outcome.finished, label)))
    )


def skipped(more: Iterable[Skipped]) -> Change:
    """A probe that is named again, after a restart, has its newest reason."""

    def change(outcome: Outcome) -> Outcome:
        by_name = {each.what: each for each in outcome.skipped}
        for each in more:
            what, reason = in_column(each.what, LONGEST), in_column(each.reason, LONGEST)
            if what in by_name or len(by_name) < MOST_SKIPPED:
                by_name[what] = Skipped(what, reason)
        return replace(outcome, skipped=tuple(by_name.values()))

    return change


def note(text: str) -> Change:
    def change(outcome: Outcome) -> Outcome:
        notes = dict.fromkeys((*outcome.notes, in_column(text, LONGEST)))
        return replace(outcome, notes=tuple(notes)[:MOST_NOTES])

    return change


def resumed(outcome: Outcome) -> Outcome:
    """Every part is looked through again, and says again what it leaves out."""
    return replace(outcome, skipped=(), finished=())
