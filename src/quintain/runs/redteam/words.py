"""The platform's tests and attack methods in our words, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from quintain.runs.model import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING
from quintain.runs.taxonomy import TAXONOMY

STATUS = {
    QUEUED: "Queued",
    RUNNING: "Running",
    FINISHED: "Finished",
    FAILED: "Failed",
    CANCELLED: "Cancelled",
}


@cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "tables.yaml").read_text())
    return tables


def tests() -> dict[str, list[str]]:
    """Categories by test."""
    found: dict[str, list[str]] = _tables()["tests"]
    return found


def techniques(method: str) -> list[str] | None:
    """What a method stands for; empty for one that needs images or sound, None for an unknown one."""
    known: dict[str, list[str]] = _tables()["methods"]
    if method in _tables()["media"]:
        return []
    if method in known:
        return known[method]
    if method.startswith("lang_"):
        return known["lang"]
    return [method] if method in TAXONOMY.techniques else None


def tests_of(category: str, technique: str, asked: Mapping[str, Collection[str]]) -> list[str]:
    """Which tests asked for such attempts; the category stands for itself where none did.

    asked: the techniques of each test.
    """
    table = tests()
    found = [t for t, wanted in asked.items() if category in table[t] and technique in wanted]
    return found or [category]
