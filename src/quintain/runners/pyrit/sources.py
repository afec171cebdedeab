"""Where objectives come from: the built-in engine, PyRIT's own data sets, users' data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from ..wire import Config
from . import from_core, local
from .objective import Objective
from .options import CORE, Options
from .seeds import LOCAL

NAMES = (CORE, *LOCAL)


@dataclass(frozen=True, slots=True)
class Source:
    """name: as it stands in probes."""

    name: str
    load: Callable[[], list[Objective]]


def of(config: Config, options: Options) -> Iterator[Source]:
    """Seeds in the order of the options, then data sets in that of their names."""
    for name in options.seeds:
        load = (
            partial(from_core.goals, config.target)
            if name == CORE
            else partial(local.objectives, name)
        )
        yield Source(name, load)
    for name in sorted(config.datasets):
        yield Source(f"data-{name}", partial(from_core.data_set, config.datasets[name]))
