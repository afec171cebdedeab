"""report.html: one file, for someone who was not there and must decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from quintain import __version__
from quintain.runs.model import Run
from quintain.runs.reports.shown import named
from quintain.runs.reports.texts import counted
from quintain.runs.reports.told import at, elapsed_s
from quintain.runs.reports.verdict import percent
from quintain.runs.reports.view import View, category_title, technique_title, view_of
from quintain.runs.scores.source import Source


async def write(source: Source, run: Run) -> AsyncIterator[str]:
    view = await view_of(source, run)
    yield await asyncio.to_thread(rendered, view)


def rendered(view: View) -> str:
    return _template().render(view=view, run=view.run, version=__version__)


def span(seconds: float | None) -> str:
    """`45 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest if not hours else 0, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def tight(sentence: str) -> str:
    """With no line break between a figure and its percent sign."""
    return sentence.replace(" %", "\u00a0%")


def _seen(value: object) -> object:
    """Whatever text comes from outside, nothing in it is hidden from the reader."""
    return named(value) if type(value) is str else value


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("quintain.runs.reports", "template"),
        autoescape=True,
        finalize=_seen,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "tight": tight,
        "counted": counted,
        "at": at,
        "span": span,
        "category": category_title,
        "technique": technique_title,
    }
    environment.globals["elapsed_s"] = elapsed_s
    return environment.get_template("report.html")
