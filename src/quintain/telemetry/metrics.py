"""What /metrics shows. Labels come from closed sets only: no name, no key, no address."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody reads

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Tally:
    """One dialect's counters, looked up once: a look-up by labels is dearer than the count."""

    __slots__ = ("answered", "blocked", "failed", "left", "refused", "sent", "upstream")

    def __init__(self, metrics: Metrics, dialect: str) -> None:
        self.sent = metrics.sent.labels(dialect)
        self.upstream = metrics.upstream.labels(dialect)
        self.answered = metrics.calls.labels(dialect, "answered")
        self.blocked = metrics.calls.labels(dialect, "blocked")
        self.failed = metrics.calls.labels(dialect, "failed")
        self.refused = metrics.calls.labels(dialect, "refused")
        self.left = metrics.calls.labels(dialect, "left")


class Metrics:
    """One server's counters; each server has a registry of its own, so that tests can run many."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.calls = Counter(
            "quintain_calls",
            "Gateway calls by dialect and how they ended.",
            ["dialect", "outcome"],
            registry=registry,
        )
        self.errors = Counter(
            "quintain_call_errors",
            "Gateway calls that failed at the target, by stage.",
            ["stage"],
            registry=registry,
        )
        self.sent = Counter(
            "quintain_target_requests",
            "Requests sent to targets, repeats included.",
            ["dialect"],
            registry=registry,
        )
        self.logins = Counter(
            "quintain_logins",
            "Logins for the tokens of models, by how they ended.",
            ["outcome"],
            registry=registry,
        )
        self.repeats = Counter(
            "quintain_client_repeats",
            "Gateway calls that a client said were its own retries.",
            registry=registry,
        )
        self.wait = Histogram(
            "quintain_wait_seconds",
            "Time that calls waited for a slot of rate_per_min.",
            registry=registry,
            buckets=_SECONDS,
        )
        self.upstream = Histogram(
            "quintain_upstream_seconds",
            "Time until a target began to answer.",
            ["dialect"],
            registry=registry,
            buckets=_SECONDS,
        )
        self.waiting = Gauge(
            "quintain_waiting", "Calls that wait for a slot now.", registry=registry
        )
        self.control = Counter(
            "quintain_control_requests",
            "Control-plane requests.",
            ["method", "status"],
            registry=registry,
        )
        self._tallies: dict[str, Tally] = {}

    def of(self, dialect: str) -> Tally:
        tally = self._tallies.get(dialect)
        if tally is None:
            tally = self._tallies[dialect] = Tally(self, dialect)
        return tally
