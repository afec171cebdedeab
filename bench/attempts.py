"""`run.py attempts`: how fast attempts are recorded, and what many of them cost whoever looks.

Straight at the store, without HTTP or an engine. With --database-url on a PostgreSQL database of
one's own, which it fills.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import machine
from gateways import CACHE
from quintain.registry.keys import Keys
from quintain.registry.model import Actor
from quintain.runners.wire import Attempt
from quintain.runs.model import NewRun, Plan, Run
from quintain.runs.records import AttemptFilters, Records
from quintain.storage.engine import Store
from stub import CALLER_KEY
from table import Table, number

BATCH = 500
PAGE = 100
PROBES = 1000
CATEGORIES = ("hate", "malware", "jailbreak", "prompt_injection", "policy_violation")
TECHNIQUES = ("direct", "role_play", "base64", "crescendo", "many_shot", "hex", "rot13", "morse")
RARE = 100_000  # one attempt of so many has a category of its own
ANSWER = "The rain in Spain stays mainly in the plain, and so on. " * 20


@dataclass(frozen=True)
class Made:
    """attempts: in each of two runs. database_url: empty for SQLite beside this file."""

    attempts: int
    rounds: int
    database_url: str


@dataclass
class Report:
    """ms: by what was asked, a figure a round."""

    plan: Made
    database: str = ""
    record_s: list[float] = field(default_factory=list)
    batch_ms: list[float] = field(default_factory=list)
    alone_ms: float = 0.0
    megabytes: float = 0.0
    ms: dict[str, list[float]] = field(default_factory=dict)


def run(plan: Made) -> Report:
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="attempts-", dir=CACHE) as folder:
        return asyncio.run(_run(plan, Path(folder)))


async def _run(plan: Made, folder: Path) -> Report:
    file = folder / "quintain.db"
    store = Store(plan.database_url or f"sqlite:///{file}")
    await store.start()
    report = Report(plan, plan.database_url.partition(":")[0] or "sqlite")
    try:
        records, actor = Records(store), await _admin(store)
        runs = [await _recorded(records, actor, report, seed) for seed in (1, 2)]
        for _ in range(plan.rounds):
            await _look(records, runs, report)
        report.alone_ms = await _one_by_one(records, await records.create(actor, _new(3)))
    finally:
        await store.close()
    report.megabytes = sum(each.stat().st_size for each in folder.iterdir()) / 1e6
    return report


async def _recorded(records: Records, actor: Actor, report: Report, seed: int) -> Run:
    made = await records.create(actor, _new(seed))
    began = time.perf_counter()
    for events in _batches(report.plan.attempts, seed):
        each = time.perf_counter()
        await records.record(made.id, "core", events)
        report.batch_ms.append((time.perf_counter() - each) * 1000)
    report.record_s.append(time.perf_counter() - began)
    _say(f"recorded {report.plan.attempts:,} attempts in {report.record_s[-1]:.0f} s")
    return made


async def _one_by_one(records: Records, made: Run) -> float:
    taken = []
    for event in next(_batches(200, 3)):
        began = time.perf_counter()
        await records.record(made.id, "core", [event])
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


def _batches(number_of: int, seed: int) -> Iterator[list[dict[str, Any]]]:
    choose = random.Random(seed)
    for start in range(0, number_of, BATCH):
        places = range(start, min(start + BATCH, number_of))
        yield [_event(place, choose) for place in places]


def _event(place: int, choose: random.Random) -> dict[str, Any]:
    cell = place % PROBES
    category, technique = CATEGORIES[cell % len(CATEGORIES)], TECHNIQUES[cell % len(TECHNIQUES)]
    return Attempt(
        probe=f"core:{category}.{technique}.{cell}",
        seq=place // PROBES,
        category="rare" if place % RARE == RARE - 1 else category,
        technique=technique,
        prompt=[{"role": "user", "content": f"Question {place}. {ANSWER}"}],
        answer=ANSWER,
        verdict=choose.choices(["resisted", "breached", "error"], [0.9, 0.09, 0.01])[0],
        goal="something that nobody should get",
        reason="The detector found nothing.",
        started_at=time.time(),
        elapsed_ms=812.0,
        input_tokens=400,
        output_tokens=300,
    ).as_event()


async def _look(records: Records, runs: list[Run], report: Report) -> None:
    one, other = (run.id for run in runs)
    middle = (await records.attempts(one, limit=1))[0].id + report.plan.attempts // 2

    def page(after: int = 0, **filters: str) -> Callable[[], Awaitable[object]]:
        wanted = AttemptFilters(**filters)
        return lambda: records.attempts(one, wanted, after=after, limit=PAGE)

    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "first page": page(),
        "page amid": page(middle),
        "breached": page(verdict="breached"),
        "errors, amid": page(middle, verdict="error"),
        "a category": page(middle, category="hate"),
        "rare category": page(category="rare"),
        "nothing found": page(category="no such"),
        "one probe": page(probe="core:hate.direct.0"),
        "tallies": lambda: records.tallies(one),
        "costs": lambda: records.costs(one),
        "rate": lambda: records.lately(one, 60),
        "list of runs": lambda: records.totals([one, other]),
        "what is done": lambda: records.done(one, "core"),
        "pairs": lambda: records.pairs(one, other),
    }
    for name, ask in questions.items():
        began = time.perf_counter()
        await ask()
        report.ms.setdefault(name, []).append((time.perf_counter() - began) * 1000)


async def _admin(store: Store) -> Actor:
    keys = Keys(store)
    await keys.ensure_admin(CALLER_KEY)
    return next(record for record in await keys.list() if record.role == "admin").actor()


def _new(seed: int) -> NewRun:
    return NewRun(1, "bench", "v1", 1, "digest", "bench", "digest", seed, Plan((), {}, {}, {}, {}))


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def show(report: Report) -> str:
    plan = report.plan
    return "\n\n".join(
        [
            f"{machine.sentence()}; {report.database}; medians of {plan.rounds} rounds",
            _recording(report).text(),
            _looking(report).text(),
            f"two runs of {plan.attempts:,} attempts with 2.4 KB of text each"
            + (f"; {report.megabytes:,.0f} MB on disk" if not plan.database_url else ""),
        ]
    )


def _recording(report: Report) -> Table:
    table = Table(f"recording, {BATCH} attempts a commit")
    for title in ("a second", "a batch, ms", "one alone, ms"):
        table.group(title, [""])
    seconds = median(report.record_s)
    rate = number(report.plan.attempts / seconds, 0)
    table.put("record", [rate, number(median(report.batch_ms), 1), number(report.alone_ms, 2)])
    return table


def _looking(report: Report) -> Table:
    table = Table(f"looking, pages of {PAGE}")
    table.group("ms", [""])
    for name, taken in report.ms.items():
        table.put(name, [number(median(taken), 2)])
    return table


def as_json(report: Report) -> dict[str, object]:
    plan = asdict(report.plan) | {"database_url": ""}  # it may hold a password
    return {"machine": machine.described()} | asdict(report) | {"plan": plan}
