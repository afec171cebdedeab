"""From what a user asks for to what a run is to do: models found, suite found, plan made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from quintain.errors import Conflict, Forbidden, Invalid, NotFound
from quintain.registry.model import Actor, Model
from quintain.registry.models import Models
from quintain.runs.engines.table import CORE
from quintain.runs.model import NewRun, Part, Plan, Skipped
from quintain.runs.planning import Company, Installed, make_plan, model_digest
from quintain.runs.records.datasets import DataSets
from quintain.runs.records.suites import Suites
from quintain.runs.suite import Suite, parse_suite, shipped_suite


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a user asks for.

    model, judge, attacker: as the gateway knows them; "" for no judge and no attacker. suite: a
    name, a document, or None for the baseline of what the model is. error_budget: the share of all
    attempts that may be errors. max_attempts: of the run; None for no limit. datasets: run besides
    the suite's own. labels: whatever the starter wants to find on the run again. context: what
    stands for the registration's own in this run (`system_description`, `policy_description`).
    left_out: what was asked for and is no part of the suite.
    """

    model: str
    suite: str | Mapping[str, Any] | None = None
    judge: str = ""
    attacker: str = ""
    seed: int = 0
    concurrency: int = 8
    error_budget: float = 0.05
    max_attempts: int | None = None
    datasets: tuple[str, ...] = ()
    labels: dict[str, Any] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)
    left_out: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done, to which model."""

    model: Model
    suite: Suite
    plan: Plan
    seed: int

    @property
    def new_run(self) -> NewRun:
        model, suite = self.model, self.suite
        return NewRun(
            model_id=model.id,
            saved_name=model.saved_name,
            version=model.version,
            revision=model.revision,
            model_digest=model_digest(model),
            suite_name=suite.name,
            suite_digest=suite.digest,
            seed=self.seed,
            plan=self.plan,
        )


@dataclass(frozen=True, slots=True)
class Wanting:
    models: Models
    suites: Suites
    datasets: DataSets
    installed: Installed

    async def wanted(self, actor: Actor, request: RunRequest) -> Wanted:
        """Raises Forbidden, NotFound, Invalid, or Conflict (`ambiguous_name`)."""
        may_start(actor)
        model = await self.models.resolve(actor.project_id, request.model)
        company = Company(
            await self._spelled_out(actor, request.judge),
            await self._spelled_out(actor, request.attacker),
            request.datasets,
        )
        suite = await self._suite(actor, request.suite, model.testing_for)
        spelled = await self._spelled(actor, model)
        plan = make_plan(suite, model, spelled, company, self.installed, _limits(request))
        plan = replace(
            _sampled(plan, request.max_attempts),
            labels=dict(request.labels),
            target=plan.target | request.context,
            skipped=(*plan.skipped, *request.left_out),
        )
        return Wanted(model, suite, await self._pinned(actor, plan), request.seed)

    async def _pinned(self, actor: Actor, plan: Plan) -> Plan:
        """With the digests of the data sets as they are now. Raises NotFound."""
        names = sorted({name for part in plan.parts for name in part.datasets})
        found = {name: (await self.datasets.get(actor.project_id, name)).digest for name in names}
        parts = [
            replace(part, digests={name: found[name] for name in part.datasets})
            for part in plan.parts
        ]
        return replace(plan, parts=tuple(parts))

    async def _suite(
        self, actor: Actor, given: str | Mapping[str, Any] | None, testing_for: str
    ) -> Suite:
        """A user's own goes before a shipped one of its name."""
        if isinstance(given, Mapping):
            try:
                return parse_suite(dict(given))
            except Invalid as error:
                raise error.within("suite") from None
        if given:
            try:
                return parse_suite((await self.suites.get(actor.project_id, given)).document)
            except NotFound:
                pass
        return shipped_suite(given or "baseline", testing_for)

    async def _spelled_out(self, actor: Actor, name: str) -> str:
        """A judge or attacker with its version, so that a newer one changes nothing midway."""
        if not name:
            return ""
        try:
            return await self._spelled(actor, await self.models.resolve(actor.project_id, name))
        except NotFound:
            raise NotFound(
                f"There is no model {name} in this project.", code="model_not_found"
            ) from None

    async def _spelled(self, actor: Actor, model: Model) -> str:
        """`name:version`, sure to mean this model at the gateway."""
        spelled = f"{model.saved_name}:{model.version}"
        if (await self.models.resolve(actor.project_id, spelled)).id != model.id:
            raise Conflict(
                f"Another model has the saved name {spelled}: rename one of the two.",
                code="ambiguous_name",
            )
        return spelled


def may_start(actor: Actor) -> None:
    """Raises Forbidden: a run calls what its key may call, and such a key may call little."""
    if actor.models is not None or actor.run_id is not None:
        raise Forbidden("A key that is limited to some models starts no runs.")


def _limits(request: RunRequest) -> dict[str, Any]:
    return {
        "concurrency": request.concurrency,
        "error_budget": request.error_budget,
        "max_attempts": request.max_attempts,
    }


def _sampled(plan: Plan, most: int | None) -> Plan:
    """Our own engine takes a fair sample of what it has; others are stopped at the limit."""
    if most is None:
        return plan
    return replace(plan, parts=tuple(_at_most(part, most) for part in plan.parts))


def _at_most(part: Part, most: int) -> Part:
    if part.engine != CORE:
        return part
    own = part.options.get("max_attempts")
    fewer = min(own, most) if isinstance(own, int) else most
    return replace(part, options={**part.options, "max_attempts": fewer})
