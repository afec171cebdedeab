"""What a suite looks like, and the ones that are shipped."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field

from quintain.errors import Detail, Invalid, NotFound
from quintain.registry.parse import validated
from quintain.registry.schema import Modality, TestingFor
from quintain.runs.engines.table import ENGINES
from quintain.runs.model import NAME

SHIPPED = Path(__file__).parent / "suites"
BASELINE = {
    "foundationModels": "baseline",
    "chatbotsAndCopilots": "baseline-chatbot",
    "agents": "baseline-agent",
    "URL": "baseline-url",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class When(_Strict):
    """What a model, and a run, must be for a step to have a place in it.

    modalities: all of them are among what the model takes. tools: it has some. context: its
    registration says what it is or must not do. judge, attacker: the run has one.
    """

    testing_for: list[TestingFor] | None = None
    modalities: list[Modality] | None = None
    tools: bool | None = None
    context: bool | None = None
    judge: bool | None = None
    attacker: bool | None = None


class Step(_Strict):
    """One engine's part. options: the engine's own. datasets: of the project, by name."""

    engine: str
    when: When = When()
    options: dict[str, Any] = Field(default_factory=dict)
    datasets: list[Annotated[str, Field(max_length=64)]] = Field(
        default_factory=list, max_length=100
    )


class Suite(_Strict):
    """A named set of tests. title and description: for people."""

    name: Annotated[str, Field(pattern=f"^{NAME}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    description: Annotated[str, Field(max_length=4000)] = ""
    steps: Annotated[list[Step], Field(min_length=1, max_length=50)]

    @property
    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def digest(self) -> str:
        """Equal for suites that ask for the same: names and words for people left out."""
        asked = [step.model_dump(mode="json") for step in self.steps]
        return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


def parse_suite(document: Any) -> Suite:
    """Raises Invalid with every wrong field."""
    if not isinstance(document, dict):
        raise Invalid((Detail("suite", "must be an object with name and steps"),))
    suite = validated(Suite, document)
    wrong = [
        Detail(f"steps.{at}.engine", f"must be one of {', '.join(ENGINES)}")
        for at, step in enumerate(suite.steps)
        if step.engine not in ENGINES
    ]
    if wrong:
        raise Invalid(tuple(wrong))
    return suite


@cache
def shipped() -> dict[str, Suite]:
    """By name, in the order of their names."""
    files = sorted(SHIPPED.glob("*.yaml"))
    suites = [parse_suite(yaml.safe_load(file.read_text("utf-8"))) for file in files]
    return {suite.name: suite for suite in suites}


def shipped_suite(name: str, testing_for: str) -> Suite:
    """By name; `baseline` is the one for what the model is. Raises NotFound."""
    if name == "baseline":
        name = BASELINE[testing_for]
    found = shipped().get(name)
    if found is None:
        raise NotFound(
            f"There is no suite {name}: `quintain suites list` shows them.", code="suite_not_found"
        )
    return found
