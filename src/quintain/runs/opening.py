"""Everything of runs that one server has, put together."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from quintain.registry.keys import Keys
from quintain.registry.models import Models
from quintain.runs.durable import Durable
from quintain.runs.engines.installed import Installed
from quintain.runs.estimate import Estimator
from quintain.runs.folders import TASKS, Folders
from quintain.runs.orphans import Orphans
from quintain.runs.process import MAIN, Engines
from quintain.runs.records.datasets import DataSets
from quintain.runs.records.records import Records
from quintain.runs.records.suites import Suites
from quintain.runs.run_keys import RunKeys
from quintain.runs.service import Service
from quintain.runs.supervisor import Supervisor
from quintain.runs.telling import Telling
from quintain.runs.wanting import Wanting
from quintain.runs.work import Means, Work
from quintain.settings import Settings
from quintain.storage.engine import Store

RUNS, ENGINES, EXECUTOR = "runs", "engines", "executor"  # in the data directory
ALONE = "quintain"


@dataclass(frozen=True, slots=True)
class Runs:
    """What the server needs of runs."""

    records: Records
    datasets: DataSets
    suites: Suites
    installed: Installed
    service: Service
    work: Work
    durable: Durable

    def stop(self) -> None:
        """Kill the engines; runs under way go on at the next start. A signal's handler may call it."""
        self.work.stop()

    async def close(self) -> None:
        self.work.stop()
        await self.work.left()
        await self.durable.close()


def make_runs(
    settings: Settings,
    store: Store,
    models: Models,
    keys: Keys,
    *,
    forget: Callable[[], None],
    gateway_url: str,
) -> Runs:
    """forget: see RunKeys. gateway_url: see Telling."""
    records, datasets, suites = Records(store), DataSets(store), Suites(store)
    installed, engines = Installed(settings.data_dir / ENGINES), Engines(MAIN)
    telling = Telling(datasets, gateway_url, str((settings.data_dir / TASKS).absolute()))
    supervisor = Supervisor(records, installed, engines, Folders(settings.data_dir / RUNS))
    run_keys = RunKeys(keys, forget)
    work = Work(Means(records, models, run_keys, telling, supervisor, versions=installed))
    durable = Durable(settings.jobs_url, executor_of(settings), settings.runs_at_once, work)
    wanting = Wanting(models, suites, datasets, installed)
    estimator = Estimator(installed, engines, telling)
    orphans = Orphans(records, run_keys, work)
    service = Service(records, wanting, estimator, durable, work, orphans)
    return Runs(records, datasets, suites, installed, service, work, durable)


def executor_of(settings: Settings) -> str:
    """The server's name among those that share a database; the same at each start.

    Embedded queues have one server, so that one needs no name that could be lost.
    """
    if settings.jobs_url.startswith("sqlite"):
        return ALONE
    file = settings.data_dir / EXECUTOR
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        name = f"quintain-{uuid.uuid4().hex}"
        beside = file.with_suffix(".new")
        beside.write_text(f"{name}\n", "ascii")
        beside.replace(file)
        return name
