"""garak, as a library in this one process: its probes, its detectors, its report.

What it brings itself and is not used here: its command line, its process pools, its clients. Every
call, to target, judge or attacker, goes through `..asking`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..wire import Config, Events, Probe
from . import setting


def plan(config: Config) -> Iterable[Probe]:
    """What it would do: each chosen probe with its number of attempts, or why it is left out."""
    setting.prepare(config)
    from .planning import planned  # noqa: PLC0415  # garak reads its folders when it is imported

    return planned(config)


def run(config: Config, out: Events) -> None:
    setting.prepare(config)
    from .work import work  # noqa: PLC0415

    work(config, out)


def catalogue() -> Iterable[dict[str, Any]]:
    """Every probe that garak has, and what it needs."""
    with setting.aside():
        from .planning import known  # noqa: PLC0415

        yield from known()
