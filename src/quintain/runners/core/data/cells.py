"""Cases from the rows of data sets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ...wire import ATTACK, CONTROL, Config, Probe
from ..case import Case, Setting
from ..goal import Goal
from ..matrix import Cell, takes
from ..options import Options
from ..techniques.base import Message, Script
from ..techniques.table import TECHNIQUES
from .reading import rows
from .row import ANSWER, OVER

DEFAULT = "custom"  # the category of rows that name none
_REFUSED = {"refusal": {"whole": True}}


def cells(config: Config, options: Options) -> Iterator[Cell]:
    """One cell for each data set and category; with the techniques, one more for each of them."""
    for name in sorted(config.datasets):
        by_category: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for seq, row in enumerate(rows(config.datasets[name])):
            by_category.setdefault(_category(row), []).append((seq, row))
        for category, found in sorted(by_category.items()):
            for control in (False, True):
                yield from _of_rows(
                    name, category, [each for each in found if _harmless(each[1]) is control]
                )
            if options.apply_techniques:
                yield from _by_techniques(config, options, name, found)


def _of_rows(name: str, category: str, found: list[tuple[int, dict[str, Any]]]) -> Iterator[Cell]:
    if found:
        apart = ".answer" if _harmless(found[0][1]) and category != OVER else ""
        probe = f"core:data.{name}.{category}{apart}"
        cases = tuple(_case(probe, seq, row) for seq, row in found)
        techniques = {case.technique for case in cases}
        calls = max(case.script().calls for case in cases)
        yield Cell(
            Probe(
                probe,
                category,
                techniques.pop() if len(techniques) == 1 else "",
                len(cases),
                f"data set {name}, {category.replace('_', ' ')}",
                cases[0].kind,
                calls,
            ),
            cases,
        )


def _category(row: dict[str, Any]) -> str:
    return str(row.get("category") or (OVER if _harmless(row) else DEFAULT))


def _harmless(row: dict[str, Any]) -> bool:
    return row.get("expected") == ANSWER


def _case(probe: str, seq: int, row: dict[str, Any]) -> Case:
    harmless = _harmless(row)
    plain = _plain(row)
    return Case(
        probe,
        seq,
        _category(row),
        row.get("technique") or ("benign" if harmless else "direct"),
        partial(_script, row),
        row.get("detector") or (_REFUSED if harmless else "compliance"),
        plain,
        row.get("goal") or plain[:200],
        CONTROL if harmless else ATTACK,
        row.get("severity", "medium"),
        expects_hit=harmless and "detector" in row,
    )


def _plain(row: dict[str, Any]) -> str:
    return str(row["prompt"] if "prompt" in row else row["turns"][-1]["content"])


def _script(row: dict[str, Any]) -> Script:
    """User turns that follow each other are asked one by one; those of an assistant are given."""
    turns: list[Message] = row.get("turns") or [{"role": "user", "content": row["prompt"]}]
    system = turns[0]["content"] if turns[0]["role"] == "system" else ""
    rounds: list[tuple[Message, ...]] = []
    held: list[Message] = []
    rest = turns[1:] if system else turns
    for at, turn in enumerate(rest):
        held.append({"role": turn["role"], "content": turn["content"]})
        following = rest[at + 1]["role"] if at + 1 < len(rest) else "user"
        if turn["role"] == "user" and following == "user":
            rounds.append(tuple(held))
            held = []
    return Script(tuple(rounds), system)


def _by_techniques(
    config: Config, options: Options, name: str, found: list[tuple[int, dict[str, Any]]]
) -> Iterator[Cell]:
    setting = Setting(config.seed, config.target)
    goals = [_goal(name, seq, row) for seq, row in found if "prompt" in row and not _harmless(row)]
    for technique in TECHNIQUES.values():
        wanted = options.techniques is None or technique.id in options.techniques
        if wanted and technique.id != "direct":
            cases = [
                setting.case(g, technique, f"data.{name}.")
                for g in goals
                if takes(technique, g, config)
            ]
            if cases:
                yield Cell(_probe(name, cases, technique.title, technique.calls), tuple(cases))


def _probe(name: str, cases: list[Case], title: str, calls: int) -> Probe:
    first = cases[0]
    title = f"data set {name}, {first.category.replace('_', ' ')}, {title}"
    return Probe(first.probe, first.category, first.technique, len(cases), title, calls=calls)


def _goal(name: str, seq: int, row: dict[str, Any]) -> Goal:
    return Goal(
        f"data.{name}.{row['id']}",
        seq,
        _category(row),
        row["prompt"],
        row.get("goal") or row["prompt"][:200],
        row.get("detector", "compliance"),
        row.get("severity", "medium"),
    )
