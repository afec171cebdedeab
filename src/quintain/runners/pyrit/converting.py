"""Prompts through PyRIT's converters, the same each time for the same seed."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import pyrit.converter
from pyrit.common.path import JAILBREAK_TEMPLATES_PATH
from pyrit.datasets import TextJailBreak

from .converters import CONVERTERS, JAILBREAK, NONE

_TRIES = 50


async def converted(name: str, text: str, seed: int) -> str:
    """Give the text in another shape.

    PyRIT's own seed must be set (`engine.begin`), for the converters that leave something to
    chance.
    """
    if name == NONE:
        return text
    converter = _jailbreak(text, seed) if name == JAILBREAK else _made(name, seed)
    result = await converter.convert_async(prompt=text, input_type="text")
    return str(result.output_text)


@cache
def _made(name: str, seed: int) -> Any:
    kind = CONVERTERS[name]
    own = {"seed": seed} if kind.seeded else {}
    return getattr(pyrit.converter, kind.made_by)(**kind.options, **own)


def _jailbreak(text: str, seed: int) -> Any:
    """One of the templates, chosen by prompt and seed."""
    choice = random.Random(f"{seed}/{text}")  # noqa: S311  nothing secret
    for path in choice.sample(_templates(), _TRIES):
        if (template := _template(path)) is not None:
            return pyrit.converter.TextJailbreakConverter(jailbreak_template=template)
    raise LookupError("none of PyRIT's jailbreak templates takes a prompt alone")


@cache
def _templates() -> list[Path]:
    return sorted(Path(JAILBREAK_TEMPLATES_PATH).rglob("*.yaml"))


@cache
def _template(path: Path) -> Any:
    """None for one that takes more than a prompt."""
    try:
        return TextJailBreak(template_path=str(path))
    except ValueError:
        return None
