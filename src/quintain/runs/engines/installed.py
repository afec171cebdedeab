"""What is installed, as its folder says: looked at each time, so that nothing needs a restart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from quintain.runs.engines.catalogue import Entry, built_in, kept_in
from quintain.runs.engines.table import ENGINES, Engine, engine_named, own_python

NOTE = "quintain.json"  # in the environment's folder, written last
MISSING, OUTDATED, INSTALLED, BUILT_IN = "not installed", "outdated", "installed", "built in"


@dataclass(frozen=True, slots=True)
class Note:
    """What an environment was made from."""

    engine: str
    version: str
    digest: str
    lite: bool = False
    megabytes: int = 0
    installed_at: str = ""

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class State:
    """How one engine stands.

    state: `not installed`, `outdated` (made from the pins of another quintain), `installed` or
    `built in`.
    """

    engine: Engine
    state: str
    note: Note | None = None

    @property
    def usable(self) -> bool:
        return self.state in {INSTALLED, OUTDATED, BUILT_IN}


@dataclass(frozen=True, slots=True)
class Installed:
    """folder: `<data_dir>/engines`; it need not be there."""

    folder: Path

    def place(self, name: str) -> Path:
        return self.folder / engine_named(name).name

    def python(self, name: str) -> Path | None:
        """The interpreter to run it with; None where it is not installed. Raises NotFound."""
        if engine_named(name).built_in:
            return Path(own_python())
        python = self.place(name) / "bin" / "python"
        return python if self.note(name) is not None and python.exists() else None

    def version(self, name: str) -> str | None:
        if engine_named(name).built_in:
            return ENGINES[name].version
        note = self.note(name)
        return note.version if note and self.python(name) else None

    def note(self, name: str) -> Note | None:
        try:
            return Note(**json.loads((self.place(name) / NOTE).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def state(self, name: str) -> State:
        engine = engine_named(name)
        if engine.built_in:
            return State(engine, BUILT_IN)
        note = self.note(name)
        if note is None or self.python(name) is None:
            return State(engine, MISSING)
        now = (engine.version, engine.digest(lite=note.lite))
        return State(engine, INSTALLED if now == (note.version, note.digest) else OUTDATED, note)

    def catalogue(self, name: str) -> Sequence[Entry]:
        """What it has, as its runner tells; nothing where it is not installed. It may block.

        Raises NotFound, NotMade.
        """
        python = self.python(name)
        if python is None:
            return ()
        return (
            built_in(python, ENGINES[name]) if ENGINES[name].built_in else kept_in(self.place(name))
        )

    def list(self) -> Sequence[State]:
        return [self.state(name) for name in ENGINES]
