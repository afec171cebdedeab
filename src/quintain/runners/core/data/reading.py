"""From a file of JSONL, CSV or YAML to rows in one normal form, with every error by its place."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import yaml

from .row import Problem, checked

MOST_BYTES = 64 << 20
MOST_YAML_BYTES = 8 << 20  # it is read slowly
MOST_ROWS = 100_000
MOST_PROBLEMS = 100
MOST_DEPTH = 100  # of YAML
FORMATS = ("jsonl", "csv", "yaml")
_JSON_COLUMNS = ("turns", "detector")
_OPENS = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_CLOSES = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
csv.field_size_limit(1 << 20)


class Bad(ValueError):
    """A data set that cannot be used. problems: the first hundred of what is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(each) for each in problems[:20]))
        self.problems = problems


def normal(content: bytes, kind: str) -> list[dict[str, Any]]:
    """The rows of a data set. kind: jsonl, csv or yaml. Raises Bad."""
    most = MOST_YAML_BYTES if kind == "yaml" else MOST_BYTES
    if len(content) > most:
        raise Bad([Problem(0, "", f"is larger than {most >> 20} MiB")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Bad([Problem(0, "", f"is no UTF-8, at byte {error.start}")]) from None
    reader = {"jsonl": _jsonl, "csv": _csv, "yaml": _yaml}.get(kind)
    if reader is None:
        raise Bad([Problem(0, "format", f"must be one of {', '.join(FORMATS)}")])
    return _all_checked(reader(text))


def rows(path: str) -> list[dict[str, Any]]:
    """The rows of a file in normal form. Raises Bad, OSError."""
    with open(path, "rb") as file:  # noqa: PTH123  # as the config gives it
        return normal(file.read(MOST_BYTES + 1), "jsonl")


def _all_checked(given: Iterator[tuple[int, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    problems: list[Problem] = []
    places: dict[str, int] = {}
    for at, (line, row) in enumerate(given):
        if at >= MOST_ROWS:
            raise Bad([Problem(line, "", f"has more than {MOST_ROWS:,} rows")])
        made = row if isinstance(row, Problem) else checked(row, line)
        if isinstance(made, dict):
            made = _unique(made, line, places)
            found.append(made) if isinstance(made, dict) else problems.append(made)
        else:
            problems += [made] if isinstance(made, Problem) else made
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems or not found:
        raise Bad(problems[:MOST_PROBLEMS] or [Problem(0, "", "has no rows")])
    return found


def _unique(row: dict[str, Any], line: int, places: dict[str, int]) -> dict[str, Any] | Problem:
    name = row.get("id") or f"row-{line}"
    if name in places and "id" not in row:  # rows that share a line, as those of JSON may
        name = f"row-{line}.{len(places) + 1}"
    if name in places:
        return Problem(line, "id", f"{name!r} stands in line {places[name]} already")
    places[name] = line
    return {"id": name} | row


def _jsonl(text: str) -> Iterator[tuple[int, Any]]:
    for line, piece in enumerate(text.split("\n"), start=1):
        if piece.strip():
            try:
                yield line, json.loads(piece)
            except (ValueError, RecursionError) as error:
                yield line, Problem(line, "", f"is no JSON: {error}")


def _csv(text: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            yield reader.line_num, _of_columns(row, reader.line_num)
    except csv.Error as error:
        yield reader.line_num, Problem(reader.line_num, "", f"is no CSV: {error}")


def _of_columns(row: dict[Any, Any], line: int) -> Any:
    if None in row or None in row.values():
        return Problem(line, "", "has more or fewer cells than the first line has names")
    filled = {name.strip(): cell for name, cell in row.items() if cell.strip()}
    for name in _JSON_COLUMNS:
        if filled.get(name, "").lstrip()[:1] in {"{", "["} and filled.get(name):
            try:
                filled[name] = json.loads(filled[name])
            except (ValueError, RecursionError) as error:
                return Problem(line, name, f"is no JSON: {error}")
    return filled


def _yaml(text: str) -> Iterator[tuple[int, Any]]:
    """A list of rows. The lines are where each of them begins. No anchors, which can grow."""
    if (listed := _json(text)) is not None:
        yield from _placed(text, listed)
        return
    try:
        if wrong := _unfit(text):
            yield 0, Problem(0, "", wrong)
            return
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        yield 0, Problem(0, "", f"is no YAML: {' '.join(str(error).split())[:300]}")
        return
    if not isinstance(document, list) or not isinstance(node, yaml.SequenceNode):
        yield 1, Problem(1, "", "must be a list of rows")
        return
    for row, place in zip(document, node.value, strict=True):
        yield place.start_mark.line + 1, row


def _json(text: str) -> list[Any] | None:
    """A list in JSON; None for anything else.

    YAML is more than JSON but for tabs, and for characters written as surrogate pairs.
    """
    if not text.lstrip().startswith("["):
        return None
    try:
        found: list[Any] = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found


def _placed(text: str, listed: list[Any]) -> Iterator[tuple[int, Any]]:
    """Each with the line on which it begins."""
    decoder, line, seen, at = json.JSONDecoder(), 1, 0, text.index("[") + 1
    for row in listed:
        while text[at] in " \t\r\n,":
            at += 1
        line, seen = line + text.count("\n", seen, at), at
        yield line, row
        _, at = decoder.raw_decode(text, at)


def _unfit(text: str) -> str:
    """Why YAML is not read any further, "" for none. Stops at the first reason.

    The time of reading grows with the square of the depth of brackets.
    """
    depth = 0
    for token in yaml.scan(text):
        if isinstance(token, yaml.AliasToken):
            return "may hold no aliases (*name)"
        depth += isinstance(token, _OPENS)
        depth -= isinstance(token, _CLOSES)
        if depth > MOST_DEPTH:
            return f"is nested more than {MOST_DEPTH} levels deep"
    return ""
