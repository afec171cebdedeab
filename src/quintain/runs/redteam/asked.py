"""A task as the SDK asks for it, read: what becomes of it is a suite of the built-in engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from quintain.errors import Detail, Invalid
from quintain.registry.parse import validated
from quintain.runs.model import Skipped
from quintain.runs.redteam.words import techniques, tests
from quintain.runs.suite import Suite, parse_suite

_ROOT = "redteam_test_configurations"
_GROUPS = frozenset({"basic", "advanced", "static", "dynamic"})
_VERSION = "version"  # the third form of the body puts one among the tests
_BASIC = "basic"  # a group and its one method
STANDARD = "standard"  # what the SDK calls it when there is no data set
# What a data set of the platform is made from; here there are the suite's own prompts.
_NOT_MADE = ("sample_prompts", "risk_categories", "tools", "info_pdf_url")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Test(_Lenient):
    """sample_percentage: of the goals. attack_methods: in one of the forms that the SDK sends."""

    sample_percentage: Annotated[float, Field(gt=0, le=100)] = 5
    attack_methods: dict[str, Any] = Field(default_factory=dict)
    competitors_list: list[str] = Field(default_factory=list, max_length=100)
    system_description: Annotated[str, Field(max_length=2000)] = ""

    @field_validator("attack_methods")
    @classmethod
    def _readable(cls, given: dict[str, Any]) -> dict[str, Any]:
        list(_methods(given))
        return given

    @property
    def techniques(self) -> list[str]:
        """Empty where methods are asked for and none of them can be run."""
        methods = list(_methods(self.attack_methods)) or [_BASIC]
        return sorted({one for method in methods for one in techniques(method) or ()})


_DataSetName = Annotated[str, Field(max_length=200)]


class _DataSet(_Lenient):
    """What the tests are to be made from. dataset_name: a data set of the project, where it is one."""

    dataset_name: _DataSetName = ""
    system_description: Annotated[str, Field(max_length=2000)] = ""
    policy_description: Annotated[str, Field(max_length=5000)] = ""
    sample_prompts: Any = None
    risk_categories: Any = None
    tools: Any = None
    info_pdf_url: Any = None


class _Task(_Lenient):
    """dataset_name: where older tasks have it."""

    test_name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
    ]
    dataset_name: _DataSetName = ""
    frameworks: list[Annotated[str, Field(max_length=256)]] = Field(
        default_factory=list, max_length=100
    )
    dataset_configuration: _DataSet | None = None
    user_metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """labels: what is kept of the task beside the run. left_out: what no part of the suite does.

    dataset: the name of one of the project, "" for none.
    context: what stands for the registration's own in this run.
    """

    suite: Suite
    labels: dict[str, Any]
    left_out: tuple[Skipped, ...]
    context: dict[str, str]
    dataset: str


def read_task(body: Mapping[str, Any], policy: str = "") -> Asked:
    """policy: the name of a saved one, "" for none. Raises Invalid with every wrong field."""
    task = validated(_Task, dict(body))
    given = _tests(body.get(_ROOT))
    steps = _steps(given)
    if not steps:
        raise Invalid((Detail(_ROOT, "asks for nothing that can be run with text alone"),))
    made = task.dataset_configuration or _DataSet()
    left_out = (*_left_out(given), *_not_here(made, policy))
    dataset = made.dataset_name or task.dataset_name or STANDARD
    labels = {
        "test_name": task.test_name,
        "tests": {name: test.techniques for name, test in given.items()},
        "frameworks": list(task.frameworks),
        "user_metadata": task.user_metadata,
        "dataset_name": dataset,
    }
    suite = parse_suite({"name": _slug(task.test_name), "title": task.test_name, "steps": steps})
    return Asked(
        suite, labels, left_out, _context(made, given), "" if dataset == STANDARD else dataset
    )


def _tests(given: Any) -> dict[str, _Test]:
    if not isinstance(given, Mapping) or not given:
        raise Invalid((Detail(_ROOT, "is required: the tests to run, by their names"),))
    asked = {name: test for name, test in given.items() if name != _VERSION and test is not None}
    wrong = [Detail(f"{_ROOT}.{name}", _unknown(name)) for name in asked if name not in tests()]
    if wrong:
        raise Invalid(tuple(wrong))
    return {name: _test(name, test) for name, test in asked.items()}


def _test(name: str, given: Any) -> _Test:
    if not isinstance(given, Mapping):
        raise Invalid((Detail(f"{_ROOT}.{name}", "must be an object"),))
    try:
        return validated(_Test, given)
    except Invalid as error:
        raise error.within(f"{_ROOT}.{name}") from None


def _unknown(name: str) -> str:
    near = get_close_matches(name, tests(), n=1)
    return "unknown test" + (f": did you mean {near[0]}?" if near else "")


def _steps(given: Mapping[str, _Test]) -> list[dict[str, Any]]:
    """Several tests may ask for one category: no prompt is in two steps, and the largest share counts."""
    shares: dict[tuple[str, str], float] = {}
    for name, test in given.items():
        for cell in product(tests()[name], test.techniques):
            shares[cell] = max(shares.get(cell, 0), test.sample_percentage / 100)
    wanted: dict[tuple[str, float], list[str]] = {}
    for (category, technique), share in shares.items():
        wanted.setdefault((category, share), []).append(technique)
    alike: dict[tuple[tuple[str, ...], float], list[str]] = {}
    for (category, share), names in wanted.items():
        alike.setdefault((tuple(sorted(names)), share), []).append(category)
    return [_step(categories, *asked) for asked, categories in alike.items()]


def _step(categories: list[str], names: tuple[str, ...], share: float) -> dict[str, Any]:
    options = {
        "categories": categories,
        "techniques": list(names),
        "share": share,
        "controls": False,
    }
    return {"engine": "core", "options": options}


def _methods(given: Any) -> Iterator[str]:
    """The names of methods, whether they stand in lists, or as keys with their parameters.

    Raises ValueError for anything else.
    """
    if isinstance(given, str):
        yield given
    elif isinstance(given, list):
        for each in given:
            yield from _methods(each)
    elif isinstance(given, Mapping):
        for name, inner in given.items():
            if name in _GROUPS and not _is_method(name, inner):
                yield from _methods(inner)
            else:
                yield str(name)
    else:
        sentence = "must hold the names of methods, in lists or as keys"
        raise ValueError(sentence)  # noqa: TRY004 - which pydantic makes an error of the field


def _is_method(name: str, inner: Any) -> bool:
    """Whether a group's name stands for the method of that name, with its parameters."""
    return name == _BASIC and isinstance(inner, Mapping) and (not inner or "params" in inner)


def _left_out(given: Mapping[str, _Test]) -> Iterator[Skipped]:
    for name, test in given.items():
        for method in dict.fromkeys(_methods(test.attack_methods)):
            found = techniques(method)
            if found is None:
                yield Skipped(f"{name}, {method}", "this attack method is not known here")
            elif not found:
                yield Skipped(f"{name}, {method}", "needs images or sound")


def _not_here(made: _DataSet, policy: str) -> Iterator[Skipped]:
    for name in _NOT_MADE:
        if getattr(made, name):
            yield Skipped(f"dataset_configuration.{name}", "no prompts are made from it here")
    if policy:
        reason = "policies are not kept here: give its text as policy_description"
        yield Skipped(f"policy {policy}", reason)


def _context(made: _DataSet, given: Mapping[str, _Test]) -> dict[str, str]:
    """What the judge holds answers against in this run: the task's own words, where it has some."""
    rivals = [each for test in given.values() for each in test.competitors_list]
    policy = made.policy_description
    if rivals:
        policy = f"{policy}\nDo not recommend or praise competitors: {', '.join(rivals)}.".strip()
    described = next((t.system_description for t in given.values() if t.system_description), "")
    context = {
        "system_description": made.system_description or described,
        "policy_description": policy[:5000],
    }
    return {name: text for name, text in context.items() if text}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:64] or "task"
