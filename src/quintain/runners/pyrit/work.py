"""A part's attempts, several at a time, those that are recorded already left out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ..asking import Gateway
from ..wire import Config, Events
from . import engine
from .cells import Cell, cells, options_of
from .ledger import ATTACKER, JUDGE, TARGET
from .objective import Objective
from .play import Player
from .strategies import Parties
from .targets import Behind

Job = tuple[Cell, Objective]


async def work(config: Config, out: Events) -> None:
    """Raises ValueError for options that are wrong."""
    options = options_of(config)
    await engine.begin(config.seed)
    # A thread waits for one answer, and an attempt has one call under way at a time.
    with ThreadPoolExecutor(config.concurrency, "call") as pool:
        player = Player(config, options, _parties(config, pool))
        jobs = _jobs(cells(config, options), config, out)
        async with asyncio.TaskGroup() as group:
            for _ in range(config.concurrency):
                group.create_task(_worker(jobs, player, out, pool))


async def _worker(
    jobs: Iterator[Job], player: Player, out: Events, pool: ThreadPoolExecutor
) -> None:
    loop = asyncio.get_running_loop()
    for cell, objective in jobs:
        done = await player.play(cell, objective)
        # In a thread, since it waits until the attempt is recorded.
        await loop.run_in_executor(pool, partial(out.say, "attempt", **done.as_event()))


def _jobs(every: Iterator[Cell], config: Config, out: Events) -> Iterator[Job]:
    for cell in every:
        if cell.skip:
            out.say("skip", probe=cell.probe, reason=cell.skip)
            continue
        for objective in cell.objectives:
            if not config.is_done(cell.probe, objective.seq):
                yield cell, objective


def _parties(config: Config, pool: ThreadPoolExecutor) -> Parties:
    gateway = Gateway(config.base_url, config.api_key)

    def behind(model: str, role: str) -> Behind | None:
        return Behind(gateway=gateway, pool=pool, model=model, role=role) if model else None

    return Parties(
        behind(config.target.model, TARGET),
        behind(config.judge, JUDGE),
        behind(config.attacker, ATTACKER),
        config.target.system_description,
        config.target.policy_description,
    )
