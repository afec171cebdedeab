"""`run.py store`: how fast models are registered, and what many of them cost a call."""

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import orjson

import machine
import measure
from gateways import CACHE, HERE, Running, model_at, model_name, quintain
from load import Result
from stub import CALLER_KEY
from table import Table, number

CLIENTS = 32
SPREAD = 1000  # models that are called in turn
FASTEST_ADD_PER_S = 8000  # so many bodies are made ready; a caller that ran out would see 409


@dataclass(frozen=True)
class Plan:
    """callers: of add-model, at a time. models: how many are stored while calls are made."""

    callers: Sequence[int]
    models: Sequence[int]
    rounds: int
    seconds: float


@dataclass
class Report:
    """added: by callers. one, spread: by models stored; calls of one model, or of many in turn.

    start_s: until the server is ready. first_ms: the first call of a model since then.
    """

    plan: Plan
    fsync_ms: float = 0.0
    added: dict[int, list[Result]] = field(default_factory=lambda: defaultdict(list))
    one: dict[int, list[Result]] = field(default_factory=lambda: defaultdict(list))
    spread: dict[int, list[Result]] = field(default_factory=lambda: defaultdict(list))
    start_s: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    first_ms: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))


def run(plan: Plan) -> Report:
    """Measure. The stores lie beside this file: a temporary folder may be in memory."""
    report = Report(plan)
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="store-", dir=CACHE) as name:
        folder = Path(name)
        report.fsync_ms = _fsync_ms(folder)
        with measure.stub(folder) as target:
            for at in range(plan.rounds):
                for callers in plan.callers:
                    _say(f"round {at + 1} of {plan.rounds}: add-model, {callers} at a time")
                    report.added[callers].append(_add(folder, at, callers, plan, target))
            for count in plan.models:
                _fill(folder / f"{count}-models", count, target)
            for at in range(plan.rounds):
                for count in plan.models:
                    _say(f"round {at + 1} of {plan.rounds}: calls, {count} models stored")
                    _call(folder, count, report)
    return report


def _fsync_ms(folder: Path) -> float:
    taken = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(50):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


def _add(folder: Path, at: int, callers: int, plan: Plan, target: int) -> Result:
    count = int((measure.warm_s(plan.seconds) + plan.seconds) * FASTEST_ADD_PER_S)
    bodies = [orjson.dumps(model_at(target, model_name(n))).decode() for n in range(count)]
    place = folder / f"{at}-added-by-{callers}"
    place.mkdir()
    with quintain(place / "data", place / "log") as started:
        control = Running(started.port, started.pid, headers=(("apikey", CALLER_KEY),))
        return measure.load(control, callers, plan.seconds, bodies, "/models/add-model")


def _fill(place: Path, count: int, target: int) -> None:
    place.mkdir()
    _say(f"storing {count} models")
    numbers = ["--first", "1", "--last", str(count), "--target", str(target)]
    command = [sys.executable, str(HERE / "fill.py"), str(place / "data"), *numbers]
    subprocess.run(command, check=True)


def _call(folder: Path, count: int, report: Report) -> None:
    place, seconds = folder / f"{count}-models", report.plan.seconds
    chosen = range(1, count + 1, max(1, count // SPREAD))
    began = time.perf_counter()
    with quintain(place / "data", place / "log") as started:
        report.start_s[count].append(time.perf_counter() - began)
        many = [measure.body(model_name(at)) for at in chosen]
        report.first_ms[count].append(measure.one_by_one_ms(started, many))
        report.one[count].append(measure.load(started, CLIENTS, seconds, many[:1]))
        report.spread[count].append(measure.load(started, CLIENTS, seconds, many))


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def show(report: Report) -> str:
    return "\n\n".join(
        [
            f"{machine.sentence()}; medians of {report.plan.rounds} rounds",
            _added(report).text(),
            _called(report).text(),
            *_notes(report),
        ]
    )


def _added(report: Report) -> Table:
    table = Table("add-model through HTTP, each one on disk when it is answered")
    for title, name, digits in (
        ("a second", "per_s", 0),
        ("p50 ms", "p50_ms", 2),
        ("p99 ms", "p99_ms", 2),
        ("CPU us", "cpu_us", 0),
    ):
        table.group(title, [""])
        for callers, results in report.added.items():
            row = f"{callers} caller{'s' if callers > 1 else ''}"
            table.put(row, [_cell(results, name, digits)])
    return table


def _called(report: Report) -> Table:
    table = Table(f"calls at {CLIENTS} clients, by models stored")
    table.group("CPU us a call", ["one", "many"])
    for title in ("first call ms", "RSS MB", "start s"):
        table.group(title, [""])
    for count, results in report.one.items():
        many = report.spread[count]
        row = f"{count:,} model{'s' if count > 1 else ''}"
        table.put(row, [_cell(results, "cpu_us", 0), _cell(many, "cpu_us", 0)])
        table.put(row, [number(median(report.first_ms[count]), 2)])
        table.put(row, [_cell(many, "rss_mb", 0), number(median(report.start_s[count]), 1)])
    return table


def _cell(results: list[Result], name: str, digits: int) -> str:
    mark = "!" if any(each.errors for each in results) else ""
    return number(median(getattr(each, name) for each in results), digits) + mark


def _notes(report: Report) -> list[str]:
    lines = [
        f"an fsync of 4 KB on this disk takes {report.fsync_ms:.2f} ms",
        f"one: one model is called; many: up to {SPREAD:,} of the stored ones in turn",
        "the models were stored by quintain's registry, without HTTP (bench/fill.py)",
    ]
    every = [*report.added.values(), *report.one.values(), *report.spread.values()]
    errors = {result.error for results in every for result in results if result.errors}
    lines += [f"!: some calls failed and are not counted: {error}" for error in sorted(errors)]
    return ["\n".join(lines)]


def as_json(report: Report) -> dict[str, object]:
    kinds = {"add-model": report.added, "call of one": report.one, "call of many": report.spread}
    return {
        "machine": machine.described(),
        "plan": asdict(report.plan),
        "fsync_ms": report.fsync_ms,
        "start_s": report.start_s,
        "first_ms": report.first_ms,
        "results": [
            {"load": kind, "of": count, "rounds": [asdict(result) for result in results]}
            for kind, by_count in kinds.items()
            for count, results in by_count.items()
        ],
    }
