"""`run.py gateway`: quintain beside the bare minimum, nginx and its peers, in turn, in one run."""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import machine
import measure
from gateways import ALWAYS, PEERS, Direct, Gateway, Running
from load import Result
from processes import NotStarted
from table import Table, number

CALLS, STREAMS = "calls", "streams"
Figures = dict[str, float]


@dataclass(frozen=True)
class Plan:
    """clients: how many at a time, one measurement for each. gap_ms: between a stream's events."""

    clients: Sequence[int]
    stream_clients: Sequence[int]
    rounds: int
    seconds: float
    peers: Sequence[str]
    gap_ms: float


@dataclass
class Report:
    """results: by gateway and load, one a round. faults: why a gateway has no figures for a load."""

    plan: Plan
    results: dict[tuple[str, str, int], list[Result]] = field(
        default_factory=lambda: defaultdict(list)
    )
    faults: dict[tuple[str, str], str] = field(default_factory=dict)

    def figures(self, gateway: str, kind: str, clients: int) -> Figures | None:
        """Medians over the rounds; `added` is against the direct calls of the same load."""
        seen = self.results.get((gateway, kind, clients))
        if not seen:
            return None
        direct = self.results.get((Direct.name, kind, clients), [])
        figures = {
            name: median(getattr(each, name) for each in seen)
            for name in ("cpu_us", "per_s", "p50_ms", "p99_ms", "first_byte_p50_ms", "rss_mb")
        }
        for name in ("p50_ms", "p99_ms"):
            base = median(getattr(each, name) for each in direct) if direct else 0.0
            figures[f"added_{name}"] = figures[name] - base
        figures["errors"] = sum(each.errors for each in seen)
        return figures

    def names(self) -> list[str]:
        return list(dict.fromkeys(name for name, _, _ in self.results))


def run(plan: Plan) -> Report:
    """Measure. Peers that cannot be had are told on stderr and left out."""
    report, gateways = Report(plan), _gateways(plan)
    with tempfile.TemporaryDirectory(prefix="quintain-bench-") as folder:
        for at in range(plan.rounds):
            for gateway in gateways:
                _say(f"round {at + 1} of {plan.rounds}: {gateway.name}")
                place = Path(folder) / f"{at}-{gateway.name}"
                place.mkdir()
                _round(gateway, plan, place, report)
    return report


def _gateways(plan: Plan) -> list[Gateway]:
    chosen = []
    for each in (*ALWAYS, *(PEERS[name] for name in plan.peers)):
        gateway = each()
        missing = gateway.missing()
        if missing:
            _say(f"{gateway.name} is left out: {missing}")
        else:
            chosen.append(gateway)
    return chosen


def _round(gateway: Gateway, plan: Plan, folder: Path, report: Report) -> None:
    try:
        with (
            measure.stub(folder, plan.gap_ms) as target,
            gateway.start(target, folder) as started,
        ):
            _loads(gateway.name, CALLS, plan.clients, started, report)
            _loads(gateway.name, STREAMS, plan.stream_clients, started, report)
    except NotStarted as reason:
        report.faults[gateway.name, CALLS] = str(reason)
        _say(f"{gateway.name}: {reason}")


def _loads(name: str, kind: str, clients: Sequence[int], started: Running, report: Report) -> None:
    stream = kind == STREAMS
    wrong = measure.fault(started, stream=stream)
    if wrong:
        report.faults[name, kind] = wrong
        _say(f"{name}, {kind}: {wrong}")
        return
    for count in clients:
        result = measure.load(started, count, report.plan.seconds, [measure.body(stream=stream)])
        report.results[name, kind, count].append(result)
        if result.errors:
            _say(f"{name}, {kind}, {count} clients: {result.errors} errors ({result.error})")


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def show(report: Report) -> str:
    return "\n\n".join(
        [
            f"{machine.sentence()}; medians of {report.plan.rounds} rounds",
            _calls(report).text(),
            _streams(report).text(),
            *_notes(report),
        ]
    )


def _calls(report: Report) -> Table:
    counts = report.plan.clients
    table = Table("calls, by clients at a time")
    for title, name, digits in (
        ("CPU us a call", "cpu_us", 0),
        ("added p50 ms", "added_p50_ms", 2),
        ("added p99 ms", "added_p99_ms", 2),
    ):
        table.group(title, [str(count) for count in counts])
        for gateway in report.names():
            figures = [report.figures(gateway, CALLS, count) for count in counts]
            table.put(gateway, [_cell(gateway, each, name, digits) for each in figures])
    return table


def _streams(report: Report) -> Table:
    counts = report.plan.stream_clients
    table = Table("streams of 50 chunks, by clients at a time")
    columns = [str(count) for count in counts]
    for title, name, digits in (
        ("CPU us a stream", "cpu_us", 0),
        ("first byte ms", "first_byte_p50_ms", 2),
        ("RSS MB", "rss_mb", 0),
    ):
        last = name == "rss_mb"
        table.group(title, ["after"] if last else columns)
        for gateway in report.names():
            figures = [report.figures(gateway, STREAMS, count) for count in counts]
            cells = [_cell(gateway, each, name, digits) for each in figures]
            table.put(gateway, cells[-1:] if last else cells)
    return table


def _cell(gateway: str, figures: Figures | None, name: str, digits: int) -> str:
    if gateway == Direct.name and name != "first_byte_p50_ms":
        return ""
    if figures is None:
        return "-"
    return number(figures[name], digits) + ("!" if figures["errors"] else "")


def _notes(report: Report) -> list[str]:
    known = {each.name: each.note for each in (*ALWAYS, *PEERS.values())}
    lines = [f"{name}: {known[name]}" for name in report.names() if known[name]]
    lines += [f"{name} has no {kind}: {why}" for (name, kind), why in report.faults.items()]
    if any(result.errors for results in report.results.values() for result in results):
        lines.append("!: some calls failed and are not counted")
    return ["\n".join(lines)] if lines else []


def as_json(report: Report) -> dict[str, object]:
    return {
        "machine": machine.described(),
        "plan": asdict(report.plan),
        "faults": [
            {"gateway": name, "load": kind, "why": why}
            for (name, kind), why in report.faults.items()
        ],
        "results": [
            {
                "gateway": name,
                "load": kind,
                "clients": count,
                "median": report.figures(name, kind, count),
                "rounds": [asdict(result) for result in results],
            }
            for (name, kind, count), results in report.results.items()
        ],
    }
