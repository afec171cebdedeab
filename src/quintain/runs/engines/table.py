"""Which engines there are. A new one is a runner, a line here and its pins."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from importlib.resources import files

from quintain import __version__
from quintain.errors import NotFound

CORE = "core"


@dataclass(frozen=True, slots=True)
class Engine:
    """version: the one that is pinned, and that the runner was written for.

    module: the runner's, in `quintain.runners`. about: what it is good for, in a line.
    megabytes: of its environment; 0 for one that needs none. lite_megabytes: of the small variant,
    0 where there is none. unpinned: what comes without hashes, since every kind of machine takes
    another build of it.
    """

    name: str
    title: str
    version: str
    licence: str
    module: str
    about: str
    megabytes: int = 0
    lite_megabytes: int = 0
    unpinned: tuple[str, ...] = ()

    @property
    def built_in(self) -> bool:
        return self.megabytes == 0

    def pins_name(self, *, lite: bool) -> str:
        return f"{self.name}-lite.txt" if lite else f"{self.name}.txt"

    def pins(self, *, lite: bool) -> str:
        """Every package of its environment with version and hashes, as pip reads them."""
        place = files("quintain.runs.engines") / "pins" / self.pins_name(lite=lite)
        return place.read_text("utf-8")

    def digest(self, *, lite: bool) -> str:
        """Changes with the pins, so that an environment from other pins is known as outdated."""
        told = "\n".join((*self.unpinned * (not lite), self.pins(lite=lite)))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine(
            CORE,
            "quintain's own tests",
            __version__,
            "Apache-2.0",
            "core",
            "Goals and techniques of our own, data sets, detectors, judges. Always there.",
        ),
        Engine(
            "garak",
            "garak",
            "0.17.1",
            "Apache-2.0",
            "garak",
            "The broadest catalogue of known attacks; most need neither judge nor network.",
            megabytes=2000,
            lite_megabytes=240,
            unpinned=("torch==2.13.0",),
        ),
        Engine(
            "pyrit",
            "PyRIT",
            "1.1.0",
            "MIT",
            "pyrit",
            "Converters over any prompts, and attacks of several turns led by a model.",
            megabytes=1100,
        ),
        Engine(
            "inspect",
            "Inspect",
            "0.3.285",
            "MIT",
            "inspect_ai",
            "Runs Inspect tasks of your own.",
            megabytes=360,
        ),
        Engine(
            "agentdojo",
            "AgentDojo",
            "0.1.35",
            "MIT",
            "agentdojo",
            "Injections through the tools of agents, beside the tasks they should do.",
            megabytes=290,
        ),
    )
}


def engine_named(name: str) -> Engine:
    """Raises NotFound."""
    if name not in ENGINES:
        raise NotFound(
            f"There is no engine {name!r}; there are {', '.join(ENGINES)}.", code="engine_not_found"
        )
    return ENGINES[name]


def own_python() -> str:
    """The interpreter of this process, which the built-in engine runs in too."""
    return sys.executable
