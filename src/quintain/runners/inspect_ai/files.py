"""The operator's task files: found below their folder, and nowhere else."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..given import Refused
from ..wire import LONGEST_PROBE

_UNREADABLE = (OSError, ValueError, SyntaxError)
ENGINE, CATEGORY, TECHNIQUE = "inspect", "policy_violation", "direct"
_HOW = "Put it into the folder tasks of the data directory, and name it from there."


@dataclass(frozen=True, slots=True)
class TaskFile:
    """path: absolute, links resolved. names: of the tasks in it that are meant.

    label: as asked. file: its path in the folder.
    """

    path: Path
    names: tuple[str, ...]
    label: str
    file: str

    def probe(self, name: str, args: Mapping[str, Any]) -> str:
        return probe_of(self.file, name, args)

    @property
    def specs(self) -> list[str]:
        """As Inspect names them."""
        return [f"{self.path}@{name}" for name in self.names]


def found(folder: str, asked: str) -> TaskFile:
    """Raises Refused for what is not there, and for what lies elsewhere."""
    file, _, name = asked.partition("@")
    if name and not name.isidentifier():
        raise Refused("options.task must end in a task's name after the @.")
    if not folder:
        raise Refused("This server has no folder for task files.")
    root = Path(folder).resolve()
    path = _below(root, file)
    if path.suffix != ".py" or not path.is_file():
        raise Refused(f"There is no task file {file}. {_HOW}")
    try:
        names = tuple(names_in(path))
    except _UNREADABLE as error:
        raise Refused(f"The task file {file} does not load: {_told(error)}") from None
    if not names or (name and name not in names):
        there = f"its tasks are {', '.join(names)}" if names else "none of its functions is a @task"
        raise Refused(f"There is no task {name} in {file}: {there}.".replace("  ", " "))
    return TaskFile(path, (name,) if name else names, asked, path.relative_to(root).as_posix())


def probe_of(file: str, name: str, args: Mapping[str, Any]) -> str:
    """What names a task in a run: two steps with other arguments are two probes."""
    given = ", ".join(f"{key}={json.dumps(args[key], default=str)}" for key in sorted(args))
    whole = f"{ENGINE}:{file}@{name}" + (f"({given})" if given else "")
    digest = hashlib.sha256(whole.encode()).hexdigest()[:16]
    return whole if len(whole) <= LONGEST_PROBE else f"{whole[: LONGEST_PROBE - 17]}~{digest}"


def _below(root: Path, file: str) -> Path:
    """The path itself must stay below, and so must what its links lead to."""
    try:
        path = (root / file).resolve()
    except (OSError, ValueError):  # a loop of links; a NUL
        raise Refused("options.task must be the path of a file.") from None
    if Path(file).is_absolute() or ".." in Path(file).parts or not path.is_relative_to(root):
        raise Refused(f"options.task must stay within its folder. {_HOW}")
    return path


def tasks_in(folder: Path) -> Iterator[tuple[str, str]]:
    """File and name of each task below a folder."""
    for path in sorted(folder.rglob("*.py")):
        with suppress(*_UNREADABLE):
            for name in names_in(path):
                yield path.relative_to(folder).as_posix(), name


def listed(folder: Path) -> Iterator[dict[str, Any]]:
    """Entries for the catalogue, of the files that are there now."""
    for file, name in tasks_in(folder):
        yield {
            "probe": probe_of(file, name, {}),
            "title": f"{file}@{name}",
            "category": CATEGORY,
            "technique": TECHNIQUE,
            "tags": [f"file:{file}"],
            "prompts": 0,  # known once the task is made, by running its file
            "needs": [],
        }


def names_in(path: Path) -> list[str]:
    """The tasks of a file, as its text says: nothing of it is run. Raises _UNREADABLE."""
    tree = ast.parse(path.read_bytes())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for node in functions for name in _task_names(node)]


def _task_names(function: ast.FunctionDef) -> Iterator[str]:
    """The one name of a task, by its decorator or else its own; nothing for what is no task."""
    for decorator in filter(_is_task, function.decorator_list):
        given = decorator.keywords if isinstance(decorator, ast.Call) else []
        named = [each.value for each in given if each.arg == "name"]
        yield next((str(v.value) for v in named if isinstance(v, ast.Constant)), function.name)


def _told(error: Exception) -> str:
    where = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
    return f"{type(error).__name__}: {getattr(error, 'msg', None) or error}{where}"


def _is_task(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")) == "task"
