"""docs/core.md and docs/datasets.md name what there is, and their examples hold."""

import re
from pathlib import Path

import pytest

from quintain.runners.core import options
from quintain.runners.core.data import normal
from quintain.runners.core.data.row import FIELDS
from quintain.runners.core.detectors.table import KINDS
from quintain.runners.core.goal import attacks, controls
from quintain.runners.core.judge.agreement import labelled
from quintain.runners.core.techniques.table import TECHNIQUES

DOCS = Path(__file__).parents[4] / "docs"
CORE = (DOCS / "core.md").read_text()
DATASETS = (DOCS / "datasets.md").read_text()


@pytest.mark.parametrize(
    "name", [*sorted({goal.category for goal in attacks()}), *TECHNIQUES, *KINDS, *options._NAMES]
)
def test_categories_techniques_detectors_and_options_are_documented(name):
    assert f"`{name}`" in CORE


@pytest.mark.parametrize("name", FIELDS)
def test_fields_of_rows_are_documented(name):
    assert f"`{name}`" in DATASETS


def test_the_numbers_are_true():
    assert (
        f"{len(attacks())} goals in {len({goal.category for goal in attacks()})} categories" in CORE
    )
    assert f"{len(controls())} harmless questions" in CORE
    assert f"judges {len(labelled())} answers" in CORE


def test_the_example_is_a_data_set():
    example = re.search(r"```jsonl\n(.*?)```", DATASETS, re.DOTALL)[1]
    assert [row["id"] for row in normal(example.encode(), "jsonl")] == ["code-1", "tea", "later"]
