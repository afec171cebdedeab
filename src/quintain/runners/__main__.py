"""`<engine's python> -P -s <this file> NAME run|plan|catalogue`: one engine at work.

run and plan read the config, one JSON line, from the standard input, which then stays open: its end
is the end of whoever listens, and so of this process. catalogue needs no config.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_PACKAGE = "runners"


def _load(name: str) -> ModuleType:
    """A module of this folder, as part of a package that never hides an engine of the same name."""
    if _PACKAGE not in sys.modules:
        folder = Path(__file__).parent
        spec = importlib.util.spec_from_file_location(
            _PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"{folder} is not there")
        package = importlib.util.module_from_spec(spec)
        sys.modules[_PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{_PACKAGE}.{name}")


def main() -> None:
    name, mode = sys.argv[1:3]
    wire = _load("wire")
    with wire.speaking() as out:
        if mode == "catalogue":
            for entry in _load(name).catalogue():
                out.say("entry", **entry)
        else:
            config = wire.listen()
            runner = _load(name)
            if mode == "plan":
                for probe in runner.plan(config):
                    out.say("probe", **probe.as_event())
            else:
                runner.run(config, out)
        out.say("done")


if __name__ == "__main__":
    main()
