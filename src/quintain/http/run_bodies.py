"""What a run is asked for with, and resumed with."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request
from pydantic import Field

from quintain.errors import Detail, Invalid
from quintain.http.bodies import read_object
from quintain.registry.fields import Strict
from quintain.registry.parse import validated
from quintain.runs.wanting import RunRequest

MOST_ATTEMPTS = 10_000_000
LARGEST_SEED = 2**32 - 1  # what the engines' random generators take
MOST_DATASETS = 100
MOST_NAME = 64
_Model = Annotated[str, Field(max_length=193)]  # a saved name, a colon, a version


class RunBody(Strict):
    """What to run on which model.

    model, judge, attacker: registered ones, `<name>` or `<name>:<version>`. suite: a name, or the
    document itself; unless given, the baseline of what the model is.
    """

    model: Annotated[_Model, Field(min_length=1)]
    suite: Annotated[str, Field(min_length=1, max_length=MOST_NAME)] | dict[str, Any] | None = None
    judge: _Model = ""
    attacker: _Model = ""
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 0
    concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    error_budget: Annotated[float, Field(ge=0, le=1)] = 0.05
    max_attempts: Annotated[int, Field(ge=1, le=MOST_ATTEMPTS)] | None = None
    datasets: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MOST_NAME)]],
        Field(max_length=MOST_DATASETS),
    ] = Field(default_factory=list)


class ResumeBody(Strict):
    """retry_errors: try again what ended in an error."""

    retry_errors: bool = True


def read_run(body: dict[str, Any]) -> RunRequest:
    """Raises Invalid with every field error."""
    suite = body.get("suite")
    named = isinstance(suite, str) and 1 <= len(suite) <= MOST_NAME
    if not named and not isinstance(suite, dict | None):
        raise Invalid((Detail("suite", "must be the name of a suite, or a suite as an object"),))
    wanted = validated(RunBody, body)
    fields = wanted.model_dump() | {"datasets": tuple(wanted.datasets)}
    return RunRequest(**fields)


async def read_resume(request: Request) -> ResumeBody:
    """No body at all is one without fields. Raises BadRequest or Invalid."""
    return validated(ResumeBody, read_object(request.state.body or b"{}"))
