"""From a suite and a model to what a run is to do: which engine, with what, and what is left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from quintain.errors import Detail, Invalid
from quintain.registry.model import Model
from quintain.registry.providers import effective
from quintain.registry.schema import Context, Metadata
from quintain.registry.secrets import split
from quintain.runs.engines.table import CORE, ENGINES
from quintain.runs.model import Part, Plan, Skipped
from quintain.runs.suite import Step, Suite

# What changes how fast a model may be asked, and not what it answers.
_NO_MATTER = frozenset({"rate_per_min"})


class Installed(Protocol):
    """Which engines are there."""

    def version(self, name: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Company:
    """Who takes part besides the model. judge, attacker: as the gateway knows them, "" for none.

    datasets: names to run besides those of the suite.
    """

    judge: str = ""
    attacker: str = ""
    datasets: tuple[str, ...] = ()


def make_plan(
    suite: Suite,
    model: Model,
    spelled: str,
    company: Company,
    installed: Installed,
    limits: dict[str, Any],
) -> Plan:
    """What a run of this suite on this model does.

    spelled: the model as the gateway knows it. Raises Invalid where nothing of the suite has a
    place in it.
    """
    parts: list[Part] = []
    skipped: list[Skipped] = []
    for at, step in enumerate(suite.steps, start=1):
        if _is_for_others(step, model):
            continue
        reason = next(_against(step, model, company, installed), "")
        if reason:
            skipped.append(Skipped(f"step {at}, {step.engine}", reason))
        else:
            parts.append(_part(at, step))
    if own := _own(company, parts):
        parts.append(_part(len(suite.steps) + 1, own))
    if not parts:
        reasons = "; ".join(f"{each.what}: {each.reason}" for each in skipped)
        why = reasons or f"no step is for testing_for {model.testing_for}"
        raise Invalid((Detail("suite", f"nothing of it can be run on this model: {why}"),))
    return Plan(
        parts=tuple(parts),
        suite=suite.document,
        target=_target(model, spelled),
        facts=_facts(model),
        limits={"rate_per_min": effective(model.config).rate_per_min, **limits},
        judge=company.judge,
        attacker=company.attacker,
        skipped=tuple(skipped),
    )


def _part(at: int, step: Step) -> Part:
    return Part(f"{at:02}-{step.engine}", step.engine, dict(step.options), tuple(step.datasets))


def _own(company: Company, parts: list[Part]) -> Step | None:
    """The data sets that were asked for and are in no part yet: nothing but their rows."""
    placed = {name for part in parts for name in part.datasets}
    names = [name for name in dict.fromkeys(company.datasets) if name not in placed]
    options = {"categories": [], "controls": False}
    return Step(engine=CORE, options=options, datasets=names) if names else None


def _is_for_others(step: Step, model: Model) -> bool:
    """Nothing that this model misses, so nothing to be listed as left out."""
    return step.when.testing_for is not None and model.testing_for not in step.when.testing_for


def _against(step: Step, model: Model, company: Company, installed: Installed) -> Iterator[str]:
    """Why a step has no place in the run, the first reason first."""
    when, takes = step.when, set(model.config.input_modalities or ["text"])
    if when.modalities and not takes.issuperset(when.modalities):
        yield f"needs a model that takes {', '.join(when.modalities)}"
    for asked, there, needed in (
        (when.tools, bool(model.config.tools), "tools in the model's registration"),
        (when.context, bool(model.config.context), "context in the model's registration"),
        (when.judge, bool(company.judge), "a judge: name a registered model (--judge NAME)"),
        (when.attacker, bool(company.attacker), "an attacker: name one (--attacker NAME)"),
    ):
        if asked is not None and asked != there:
            yield f"needs {needed}" if asked else f"is for runs without {needed.partition(':')[0]}"
    if installed.version(step.engine) is None:
        title = ENGINES[step.engine].title
        yield f"{title} is not installed: quintain engines install {step.engine}"


def _target(model: Model, spelled: str) -> dict[str, Any]:
    """What engines are told; see runners/wire.py. Nothing secret, and no system prompt."""
    context = model.config.context or Context()
    metadata = model.config.metadata or Metadata()
    return {
        "model": spelled,
        "testing_for": model.testing_for,
        "input_modalities": list(model.config.input_modalities or ["text"]),
        "tools": [tool.model_dump(exclude_none=True) for tool in model.config.tools or []],
        "system_description": context.system_description or "",
        "policy_description": context.policy_description or "",
        "canaries": list(metadata.canaries or []),
    }


def _facts(model: Model) -> dict[str, Any]:
    return {
        "testing_for": model.testing_for,
        "model_name": model.model_name,
        "model_provider": model.config.model_provider,
        "certifications": list(model.certifications),
    }


def model_digest(model: Model) -> str:
    """Equal as long as a model would answer the same way; says nothing of its secrets."""
    public, _ = split(model.config)
    kept = {name: value for name, value in public.items() if name not in _NO_MATTER}
    told = [model.testing_for, model.model_name, kept]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
