"""A folder of runners whose `core` is the engine of made_up_engine.py."""

from __future__ import annotations

import shutil
from pathlib import Path

from quintain import runners

OWN = ("__init__.py", "__main__.py", "wire.py", "asking.py")


def made_up_runners(folder: Path) -> Path:
    """Gives its `__main__.py`."""
    folder.mkdir()
    for name in OWN:
        shutil.copy(Path(runners.__file__).with_name(name), folder)
    shutil.copy(Path(__file__).with_name("made_up_engine.py"), folder / "core.py")
    return folder / "__main__.py"
