"""Engines in environments of their own, from the very pins that `quintain engines install` takes.

Kept in `.cache/tools`, as other tools are (tests/tools_at_hand.py).
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from quintain.runs.engines.table import ENGINES
from tests.tools_at_hand import _run, made, uv_command

PINS = Path(__file__).parents[1] / "src" / "quintain" / "runs" / "engines" / "pins"


@cache
def engine_python(name: str, *, lite: bool = False) -> Path:
    """The interpreter of an environment with exactly what is pinned for the engine."""
    engine = ENGINES[name]
    pins = PINS / engine.pins_name(lite=lite)

    def make(folder: Path) -> None:
        uv = uv_command()
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        into = ["--python", str(folder / "bin" / "python")]
        _run([uv, "pip", "install", "--quiet", *into, "--no-deps", "-r", str(pins)])

    return made(f"pinned-{pins.stem}", pins, make) / "bin" / "python"
