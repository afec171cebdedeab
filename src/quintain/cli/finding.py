"""From what a person types, `gpt` or `gpt:v2`, to one model."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from quintain.cli.exits import Code, Failure
from quintain.cli.wire import Wire

Model = dict[str, Any]


async def find_model(wire: Wire, spelled: str) -> Model:
    """The model meant. Raises Failure (NOT_FOUND) with the nearest name that there is."""
    start = spelled.partition(":")[0]
    listed = await wire.ask("GET", "/models/list-models", params={"q": start} if start else None)
    model = pick(listed["models"], spelled)
    return model if model is not None else await _missing(wire, spelled)


async def _missing(wire: Wire, spelled: str) -> Model:
    listed = await wire.ask("GET", "/models/list-models")
    names = {full_name(model) for model in listed["models"]}
    names |= {model["model_saved_name"] for model in listed["models"]}
    close = get_close_matches(spelled, sorted(names), n=1)
    hint = f"Did you mean {close[0]}?" if close else "`quintain models list` shows what there is."
    raise Failure(f"There is no model {spelled!r}.", Code.NOT_FOUND, hint=hint)


def pick(models: Sequence[Model], spelled: str) -> Model | None:
    """Return the model that the gateway would take, by its own rule.

    An exact saved name with its newest version wins, then each split at a colon, from the right.
    """
    named = [model for model in models if model["model_saved_name"] == spelled]
    if named:
        return max(named, key=lambda model: int(model["model_id"]))
    by_identity = {(model["model_saved_name"], model["model_version"]): model for model in models}
    found = (by_identity.get(split) for split in splits(spelled))
    return next((model for model in found if model), None)


def splits(spelled: str) -> list[tuple[str, str]]:
    """Every reading of `spelled` as NAME:VERSION, the longest name first."""
    colons = [at for at, char in enumerate(spelled) if char == ":"]
    return [(spelled[:at], spelled[at + 1 :]) for at in reversed(colons)]


def full_name(model: Model) -> str:
    return f"{model['model_saved_name']}:{model['model_version']}"


def identity(model: Model) -> tuple[str, str]:
    return model["model_saved_name"], model["model_version"]
