"""Reading the data sets that come with PyRIT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyrit.common.path import DATASETS_PATH
from pyrit.models import SeedDataset, SeedObjective

from .objective import Objective
from .seeds import LABELS, LOCAL, Local


def objectives(name: str) -> list[Objective]:
    """Each once, in the order of the file."""
    local = LOCAL[name]
    path = Path(DATASETS_PATH) / "seed_datasets" / "local" / local.file
    found: dict[str, Sequence[str]] = {}
    seeds = SeedDataset.from_yaml_file(path).seeds
    aims = [seed for seed in seeds if isinstance(seed, SeedObjective)] or seeds
    for seed in aims:
        found.setdefault(seed.value.strip(), seed.harm_categories or ())
    return [_objective(seq, text, found[text], local) for seq, text in enumerate(found)]


def _objective(seq: int, text: str, labels: Sequence[str], local: Local) -> Objective:
    category = next((category for label, category in LABELS if label in labels), local.category)
    return Objective(seq, text, text, text, category, local.severity, judged=local.judged)
