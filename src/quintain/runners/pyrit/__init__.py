"""PyRIT: converters over any prompts, and attacks of several turns led by a model.

What needs PyRIT itself is imported when it is used, so that the rest can be read, and tested, where
PyRIT is not installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..wire import Config, Events, Probe
from . import listing


def plan(config: Config) -> Iterable[Probe]:
    """Raises ValueError, with the option that is wrong."""
    from .cells import cells, options_of  # noqa: PLC0415  needs PyRIT

    options = options_of(config)
    for cell in cells(config, options):
        yield from cell.planned(options, judge=bool(config.judge))


def run(config: Config, out: Events) -> None:
    """Raises ValueError, with the option that is wrong."""
    import asyncio  # noqa: PLC0415

    from .work import work  # noqa: PLC0415  needs PyRIT

    asyncio.run(work(config, out))


def catalogue() -> Iterable[dict[str, Any]]:
    return listing.entries()
