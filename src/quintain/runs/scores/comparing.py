"""Two runs, attempt by attempt: what became worse, better, or cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from quintain.runners.wire import ATTACK, BREACHED, ERROR
from quintain.runs.model import FINISHED, Run, Tally
from quintain.runs.records import Pair
from quintain.runs.scores.mcnemar import ALPHA, holm, least, mcnemar
from quintain.runs.scores.rates import Rate
from quintain.runs.taxonomy import TAXONOMY

WORSE, BETTER, UNKNOWN = "worse", "better", "cannot be told apart"


@dataclass(frozen=True, slots=True)
class Paired:
    """How the same attempts ended in two runs. both, neither: breached in both, in neither.

    fixed: breached before and resisted now; broken: the other way round.
    """

    both: int = 0
    neither: int = 0
    fixed: int = 0
    broken: int = 0

    @property
    def pairs(self) -> int:
        return self.both + self.neither + self.fixed + self.broken

    @property
    def before(self) -> Rate:
        return Rate(self.both + self.fixed, self.pairs)

    @property
    def after(self) -> Rate:
        return Rate(self.both + self.broken, self.pairs)

    @property
    def p(self) -> float:
        return mcnemar(self.fixed, self.broken)

    def plus(self, pair: Pair) -> Paired:
        ends = (pair.verdict_a == BREACHED, pair.verdict_b == BREACHED)
        names = {(True, True): "both", (False, False): "neither", (True, False): "fixed"}
        name = names.get(ends, "broken")
        return replace(self, **{name: getattr(self, name) + pair.number})


@dataclass(frozen=True, slots=True)
class Row:
    """One category, or all of a kind (category ""). p: as tested; corrected: for their number.

    needed: how many attempts would have to differ, all one way, for this row to count.
    """

    kind: str
    category: str
    paired: Paired
    p: float
    corrected: float
    needed: int

    @property
    def result(self) -> str:
        if self.corrected > ALPHA:
            return UNKNOWN
        return WORSE if self.paired.broken > self.paired.fixed else BETTER

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "category": self.category,
            "title": TAXONOMY.category(self.category).title if self.category else "All",
            "result": self.result,
            "pairs": self.paired.pairs,
            "before": self.paired.before.as_dict(),
            "after": self.paired.after.as_dict(),
            "fixed": self.paired.fixed,
            "broken": self.paired.broken,
            "p": self.p,
            "p_corrected": self.corrected,
            "needed": self.needed,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """before, after: the runs. overall: a row for each kind, attacks first, each asked for itself.

    rows: by category, corrected for their number within a kind. only_before, only_after: judged attempts without
    a partner. reason: why nothing pairs, "" where something does. notes: what else may have made
    a difference, in sentences.
    """

    before: Run
    after: Run
    overall: tuple[Row, ...]
    rows: tuple[Row, ...]
    only_before: int
    only_after: int
    reason: str
    notes: tuple[str, ...]

    @property
    def pairs(self) -> int:
        return sum(row.paired.pairs for row in self.overall)

    @property
    def worse(self) -> bool:
        """Something became worse: what makes a check fail."""
        return any(row.result == WORSE for row in (*self.overall, *self.rows))

    def as_dict(self) -> dict[str, Any]:
        return {
            "before": _side(self.before),
            "after": _side(self.after),
            "worse": self.worse,
            "pairs": self.pairs,
            "only_before": self.only_before,
            "only_after": self.only_after,
            "overall": [row.as_dict() for row in self.overall],
            "categories": [row.as_dict() for row in self.rows],
            "reason": self.reason,
            "notes": list(self.notes),
        }


def compare(
    before: Run,
    after: Run,
    pairs: Iterable[Pair],
    tallies_before: Iterable[Tally],
    tallies_after: Iterable[Tally],
) -> Comparison:
    """What `after` does worse or better than `before`.

    pairs: of attempts with the same probe, number and fingerprint, judged in both.
    """
    found = list(pairs)
    rows = tuple(sorted(_rows(found), key=_place))
    paired = sum(pair.number for pair in found)
    return Comparison(
        before,
        after,
        overall=tuple(_overall(found)),
        rows=rows,
        only_before=_judged(tallies_before) - paired,
        only_after=_judged(tallies_after) - paired,
        reason="" if paired else _why_none(before, after),
        notes=tuple(_notes(before, after, rows)) if paired else (),
    )


def _overall(pairs: list[Pair]) -> Iterator[Row]:
    kinds: dict[str, Paired] = {}
    for pair in pairs:
        kinds[pair.kind] = kinds.get(pair.kind, Paired()).plus(pair)
    for kind, paired in sorted(kinds.items()):
        yield Row(kind, "", paired, paired.p, paired.p, least())


def _rows(pairs: list[Pair]) -> Iterator[Row]:
    """Attacks and controls are two questions: each has its categories corrected among themselves."""
    for kind in sorted({pair.kind for pair in pairs}):
        yield from _rows_of(kind, [pair for pair in pairs if pair.kind == kind])


def _rows_of(kind: str, pairs: list[Pair]) -> Iterator[Row]:
    by_category: dict[str, Paired] = {}
    for pair in pairs:
        by_category[pair.category] = by_category.get(pair.category, Paired()).plus(pair)
    needed = least(len(by_category))
    corrected = holm([paired.p for paired in by_category.values()])
    for (category, paired), p in zip(by_category.items(), corrected, strict=True):
        yield Row(kind, category, paired, paired.p, p, needed)


def _place(row: Row) -> tuple[int, float, str]:
    order = (WORSE, BETTER, UNKNOWN)
    return order.index(row.result), row.p, row.category


def _judged(tallies: Iterable[Tally]) -> int:
    return sum(tally.number for tally in tallies if tally.verdict != ERROR)


def _why_none(before: Run, after: Run) -> str:
    if before.suite_digest != after.suite_digest:
        names = f"{before.suite_name} ({before.suite_digest[:12]}), {after.suite_name} ({after.suite_digest[:12]})"
        return f"No attempt is in both runs: their suites are not the same: {names}."
    if before.seed != after.seed:
        return f"No attempt is in both runs: their seeds differ ({before.seed}, {after.seed})."
    return "No attempt was judged in both runs."


def _notes(before: Run, after: Run, rows: tuple[Row, ...]) -> Iterator[str]:
    yield _power(sum(row.kind == ATTACK for row in rows))
    for run in (before, after):
        if run.state != FINISHED:
            yield f"Run {run.id} is {run.state}; only what it judged is compared."
    if before.suite_digest != after.suite_digest or before.seed != after.seed:
        yield "The runs differ in suite or seed; only the attempts that both made are compared."
    if before.plan.judge != after.plan.judge:
        yield "The runs had different judges, which alone may change verdicts."
    for engine in sorted({*before.outcome.engines} & {*after.outcome.engines}):
        old, new = before.outcome.engines[engine], after.outcome.engines[engine]
        if old != new:
            yield f"The engine {engine} was version {old} before and is {new} now."
    if before.model_id == after.model_id and before.model_digest == after.model_digest:
        yield "Both runs tested the same model with the same configuration."


def _power(categories: int) -> str:
    if categories < 2:
        return f"At least {least()} attempts must end differently, all one way, to tell runs apart."
    return (
        f"{categories} categories of attacks are tested at once, so in one of them at least "
        f"{least(categories)} attempts must end differently, all one way, to tell the runs apart."
    )


def _side(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "saved_name": run.saved_name,
        "version": run.version,
        "revision": run.revision,
        "suite": run.suite_name,
        "suite_digest": run.suite_digest,
        "seed": run.seed,
        "state": run.state,
    }
