"""Every route of runs and of what they are made from."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from quintain.http.datasets import dataset_router
from quintain.http.engines import engine_router
from quintain.http.events import event_router
from quintain.http.run_results import ResultRoutes
from quintain.http.runs import RunRoutes
from quintain.http.suites import suite_router
from quintain.runs.opening import Runs


def run_routers(runs: Runs, closing: Callable[[], bool]) -> list[APIRouter]:
    """closing: whether the server stops."""
    return [
        RunRoutes(runs.service, runs.records).router(),
        ResultRoutes(runs.records).router(),
        event_router(runs.records, closing),
        suite_router(runs.suites),
        engine_router(runs.installed),
        dataset_router(runs.datasets),
    ]
