"""An attempt's detail: what of it is kept, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quintain.runs.records.texts import written

FIELDS = (
    "prompt",
    "answer",
    "goal",
    "reason",
    "tool_calls",
    "steps",
    "detectors",
    "judge",
    "error",
)
LARGEST = 4 << 20  # bytes
# Characters of a text, and entries of a list, that stay: one step after the other until all fits.
_STEPS = (1 << 19, 1 << 16, 1 << 12, 1 << 8, 1 << 4)


def detail_of(event: Mapping[str, Any]) -> str:
    """JSON of at most LARGEST bytes. What is longer loses the ends of its longest texts, marked."""
    whole = {name: event.get(name) for name in FIELDS}
    text = written(whole)
    for longest in _STEPS:
        if _bytes(text) <= LARGEST:
            return text
        text = written(_shortened(whole, longest))
    return text if _bytes(text) <= LARGEST else written(_last_resort(whole))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _shortened(value: Any, longest: int) -> Any:
    if isinstance(value, str) and len(value) > longest:
        return f"{value[:longest]}… [cut: {len(value):,} characters in all]"
    if isinstance(value, Mapping):
        kept = list(value.items())[:longest]
        return {key: _shortened(each, longest) for key, each in kept}
    if isinstance(value, list | tuple):
        cut = [f"[cut: {len(value):,} entries in all]"] if len(value) > longest else []
        return [_shortened(each, longest) for each in value[:longest]] + cut
    return value


def _last_resort(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Of something so deep and wide, its texts alone."""
    return {
        name: _shortened(value, _STEPS[1]) if isinstance(value, str) else None
        for name, value in whole.items()
    }
