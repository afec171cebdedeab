"""What an engine is told when it starts: the run's part, a fresh key, and what is done already."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from quintain.errors import Conflict
from quintain.runners.wire import Config, Target
from quintain.runs.folders import data_set_file, write_once
from quintain.runs.model import Part, Plan


class Rows(Protocol):
    """The data sets of a project."""

    async def rows(self, project_id: int, name: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Telling:
    """What does not change from run to run.

    gateway_url: of `/v1`, as this machine reaches it. tasks: the folder of the operator's task
    files, "" for none.
    """

    rows: Rows
    gateway_url: str
    tasks: str = ""

    async def config(
        self,
        plan: Plan,
        part: Part,
        folder: Path,
        *,
        project_id: int,
        seed: int,
        run_id: int = 0,
        **more: Any,
    ) -> Config:
        """run_id: 0 for a run that is not made yet. more: `done`, `api_key`, `acknowledged`.

        Raises NotFound or Conflict (`dataset_changed`) for a data set that is not what it was.
        """
        return Config(
            run=run_id,
            seed=seed,
            base_url=self.gateway_url,
            target=target_of(plan),
            folder=folder,
            judge=plan.judge,
            attacker=plan.attacker,
            concurrency=plan.limits["concurrency"],
            options=part.options,
            datasets=await self._datasets(project_id, part, folder),
            tasks=self.tasks,
            **more,
        )

    async def _datasets(self, project_id: int, part: Part, folder: Path) -> dict[str, str]:
        files = {}
        for number, name in enumerate(part.datasets, start=1):
            files[name] = str(path := data_set_file(folder, number))
            if not await asyncio.to_thread(path.exists):
                rows = await self.rows.rows(project_id, name)
                await asyncio.to_thread(_check, name, rows, part.digests.get(name))
                await asyncio.to_thread(write_once, path, rows)
        return files


def _check(name: str, rows: str, digest: str | None) -> None:
    if digest is not None and hashlib.sha256(rows.encode()).hexdigest() != digest:
        raise Conflict(
            f"The data set {name} was changed since this run was made: put the earlier one back and"
            " resume, or start a new run.",
            code="dataset_changed",
        )


def target_of(plan: Plan) -> Target:
    """As the plan has it, with tuples where JSON has lists."""
    told = dict(plan.target)
    for name in ("input_modalities", "tools", "canaries"):
        told[name] = tuple(told.get(name, ()))
    return Target(**told)
