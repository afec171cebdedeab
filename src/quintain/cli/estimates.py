"""What a run is going to take, before it begins."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from quintain.cli import screen
from quintain.cli.scorecard import grouped
from quintain.cli.wording import several, span

Estimate = Mapping[str, Any]

_ASK_CALLS = 1000
_ASK_S = 600


def is_large(answer: Estimate) -> bool:
    """True where a person should say yes first: more than 1,000 calls, or than ten minutes."""
    found = answer["estimate"]
    return _calls(found) > _ASK_CALLS or (found.get("seconds") or 0) > _ASK_S


def _calls(found: Mapping[str, Any]) -> int:
    return sum(int(found.get(name) or 0) for name in ("calls", "judge_calls", "attacker_calls"))


def print_estimate(console: Console, answer: Estimate) -> None:
    for sentence in sentences(answer):
        for line in screen.lines_of(screen.plain(sentence), console):
            console.print(Text(line, "dim"))


def sentences(answer: Estimate) -> Iterator[str]:
    found = answer["estimate"]
    if found.get("attempts"):
        yield _whole(found)
    for line in grouped(answer.get("skipped") or []):
        yield f"Left out: {line}"


def _whole(found: Mapping[str, Any]) -> str:
    calls = [several(int(found.get("calls") or 0), "call")]
    for name, word in (("judge_calls", "judge call"), ("attacker_calls", "attacker call")):
        if found.get(name):
            calls.append(several(int(found[name]), word))
    took = span(found.get("seconds"))
    about = f", about {took}" if took else ""
    return f"It will be {several(int(found['attempts']), 'attempt')}: {', '.join(calls)}{about}."
