"""How a run ends whose engines came to their end: three verdicts, and an error is none of the others."""

from __future__ import annotations

from collections.abc import Iterable

from quintain.runners.wire import ERROR
from quintain.runs.model import FAILED, FINISHED, Tally

_ROUNDING = 1e-6  # 29 of 100 are not more than 0.29


def ending(tallies: Iterable[Tally], budget: float, last_error: str) -> tuple[str, str]:
    """State and reason. budget: the share of all attempts that may be errors.

    last_error: the sentence of one of them, "" where none is known.
    """
    numbers = [(tally.verdict == ERROR, tally.number) for tally in tallies]
    total = sum(number for _, number in numbers)
    errors = sum(number for is_error, number in numbers if is_error)
    if not total:
        return (
            FAILED,
            "Nothing was tested: not one attempt was made. The list of what was skipped says why.",
        )
    if errors == total:
        return FAILED, f"Not one of {total} attempts could be judged.{_such_as(last_error)}"
    if errors > budget * total + _ROUNDING:
        return FAILED, (
            f"{errors} of {total} attempts ({_percent(errors / total)}) ended in errors, more than the error"
            f" budget of {_percent(budget)}.{_such_as(last_error)}"
        )
    return FINISHED, ""


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _such_as(last_error: str) -> str:
    return f" The last error: {last_error}" if last_error else ""
