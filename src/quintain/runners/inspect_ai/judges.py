"""Whether a task's scorers ask a judge, as far as Inspect's own scorers tell it."""

from __future__ import annotations

from typing import Any

from inspect_ai import Task
from inspect_ai._util.registry import has_registry_params, registry_info, registry_params

_GRADED = frozenset({"inspect_ai/model_graded_qa", "inspect_ai/model_graded_fact"})


def needs_judge(task: Task) -> bool:
    return any(map(_grades, task.scorer or []))


def _grades(scorer: Any) -> bool:
    if not has_registry_params(scorer) or registry_info(scorer).name not in _GRADED:
        return False
    return registry_params(scorer).get("model") is None
