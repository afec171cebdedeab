"""From what a person types to a run: its number, or a model's version for its latest good run."""

import re
from typing import Any

from quintain.cli.exits import Code, Failure
from quintain.cli.finding import find_model, identity, splits
from quintain.cli.following import Run, get_run
from quintain.cli.wire import Wire

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_LIMIT = "100"


def run_number(spelled: str) -> int | None:
    """The number in `12`; None for anything else."""
    return int(spelled) if _NUMBER.fullmatch(spelled) else None


async def baseline(
    wire: Wire,
    compare_to: str,
    model: tuple[str, str],
    suite: str | None,
    before: int | None = None,
) -> Run:
    """What `--compare-to` means: a run's number, NAME:VERSION, or another version of the model.

    suite: only runs of it, where its name is known. before: only runs older than that one. Raises
    Failure where there is none.
    """
    number = run_number(compare_to)
    if number is not None:
        return await _finished(wire, number)
    named = next(iter(splits(compare_to)), (model[0], compare_to))
    runs = await finished_runs(wire, named, suite, before)
    if not runs:
        raise _no_run(named, suite)
    return runs[0]


async def two_runs(wire: Wire, one: str, other: str, suite: str | None) -> tuple[Run, Run]:
    """Two runs by number or model; of models, the latest two that did the same."""
    first, second = await _candidates(wire, one, suite), await _candidates(wire, other, suite)
    for same in ("digest", "name"):
        for late in second:
            for early in first:
                if (
                    early["suite"][same] == late["suite"][same]
                    and early["run_id"] != late["run_id"]
                ):
                    return early, late
    if run_number(one) and run_number(other) and first[0]["run_id"] != second[0]["run_id"]:
        return first[0], second[0]  # the server says why they cannot be compared
    raise Failure(
        f"{one} and {other} have no finished runs of one suite.",
        Code.NOT_FOUND,
        hint="`quintain runs list` shows what there is; `quintain run NAME --suite S` makes one.",
    )


async def _candidates(wire: Wire, spelled: str, suite: str | None) -> list[Run]:
    number = run_number(spelled)
    if number is not None:
        return [await _finished(wire, number)]
    named = await identity_of(wire, spelled)
    runs = await finished_runs(wire, named, suite)
    if not runs:
        raise _no_run(named, suite)
    return runs


async def identity_of(wire: Wire, spelled: str) -> tuple[str, str]:
    """Name and version of a model; of one that was removed, as it is written."""
    try:
        return identity(await find_model(wire, spelled))
    except Failure as failure:
        written = next(iter(splits(spelled)), None)
        if failure.exit_code is not Code.NOT_FOUND or written is None:
            raise
        return written


async def finished_runs(
    wire: Wire, model: tuple[str, str], suite: str | None, before: int | None = None
) -> list[Run]:
    """Newest first."""
    params = {"model": model[0], "version": model[1], "state": "finished", "limit": _LIMIT}
    params |= {"suite": suite} if suite else {}
    params |= {"before": str(before)} if before else {}
    answer: dict[str, Any] = await wire.ask("GET", "/runs", params=params)
    runs: list[Run] = answer["runs"]
    return runs


async def _finished(wire: Wire, number: int) -> Run:
    run = await get_run(wire, number)
    if run["state"] != "finished":
        raise Failure(f"Run {number} is {run['state']}: only finished runs can be compared.")
    return run


def _no_run(model: tuple[str, str], suite: str | None) -> Failure:
    of = f" of the suite {suite}" if suite else ""
    return Failure(
        f"{model[0]}:{model[1]} has no finished run{of} to compare with.",
        Code.NOT_FOUND,
        hint="`quintain runs list` shows what there is.",
    )
