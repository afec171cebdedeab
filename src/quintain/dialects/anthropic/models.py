"""What each generation of Claude takes, told by the model's name.

Source: Anthropic's documentation, "Thinking" with its section on sampling parameters, "Effort",
and "API versions". A name that is none of Claude's belongs to another provider's model behind the
same format: it gets what the format has had from the beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

# `claude-3-7-sonnet-20250219`, `claude-opus-4-1-20250805`, `claude-fable-5`, with any prefix.
_NAME = re.compile(r"claude-(?:[a-z]+-)*?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)", re.ASCII)
_NEVER_WITHOUT = re.compile(r"claude-(?:fable|mythos)", re.ASCII)  # thinking cannot be turned off
_LATEST = (99, 0)
WITHOUT_SAMPLING = "2026-10-21"  # from this version of the API on no model takes any of it


class Thinking(Enum):
    NONE = "none"
    BUDGET = "a number of tokens"
    ADAPTIVE = "an effort"


@dataclass(frozen=True, slots=True)
class Takes:
    """sampling: how many of temperature and top_p may be given at once, and with 0 no top_k.

    room: the tokens of an answer for which nothing was asked.
    """

    sampling: int
    thinking: Thinking
    efforts: tuple[str, ...]
    may_not_think: bool
    room: int


def takes(model_name: str, api_version: str) -> Takes:
    """api_version: the value of the header `anthropic-version`."""
    version = _version(model_name)
    sampling = 0 if api_version >= WITHOUT_SAMPLING else _sampling(version)
    return Takes(
        sampling,
        _thinking(version),
        _efforts(version),
        _NEVER_WITHOUT.search(model_name.lower()) is None,
        16_384 if version and version >= (4, 6) else 4096,
    )


def _version(model_name: str) -> tuple[int, int] | None:
    name = model_name.lower()
    found = _NAME.search(name)
    if found is None:
        return _LATEST if _NEVER_WITHOUT.search(name) else None
    return int(found[1]), int(found[2] or 0)


def _sampling(version: tuple[int, int] | None) -> int:
    if version is None or version < (4, 1):
        return 2
    return 1 if version < (4, 7) else 0


def _thinking(version: tuple[int, int] | None) -> Thinking:
    if version is None or (3, 7) <= version < (4, 6):
        return Thinking.BUDGET
    return Thinking.NONE if version < (3, 7) else Thinking.ADAPTIVE


def _efforts(version: tuple[int, int] | None) -> tuple[str, ...]:
    if version is None or version < (4, 6):
        return ()
    return ("low", "medium", "high", "max") if version < (4, 7) else ("low", "medium", "high", "xhigh", "max")  # fmt: skip
