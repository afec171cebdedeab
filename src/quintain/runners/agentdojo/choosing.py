"""What a suite asks of this engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..given import Refused

SUITES = ("workspace", "travel", "banking", "slack")
USUAL = "important_instructions"
# Those of AgentDojo's that need nothing besides. `manual` asks a person, and the `dos` ones only
# stop the agent, which is not to be told from an agent that cannot do its task.
ATTACKS = (
    USUAL,
    "important_instructions_no_user_name",
    "important_instructions_no_model_name",
    "important_instructions_no_names",
    "important_instructions_wrong_model_name",
    "important_instructions_wrong_user_name",
    "tool_knowledge",
    "direct",
    "ignore_previous",
    "system_message",
    "injecagent",
)
_NAMES = ("suites", "attack", "user_tasks", "injection_tasks", "defense", "utility")


@dataclass(frozen=True, slots=True)
class Choice:
    """user_tasks, injection_tasks: how many of each suite's; None for all.

    utility: whether the user tasks are done without an attack too.
    """

    suites: tuple[str, ...] = SUITES
    attacks: tuple[str, ...] = (USUAL,)
    user_tasks: int | None = None
    injection_tasks: int | None = None
    utility: bool = True

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Choice:
        """Raises Refused."""
        strange = sorted(set(options) - set(_NAMES))
        if strange:
            raise Refused(f"options.{strange[0]} is not known; there are {', '.join(_NAMES)}.")
        if options.get("defense", "none") not in {None, "none"}:
            raise Refused("options.defense must be none: the target is tested as it is.")
        utility = options.get("utility", True)
        if not isinstance(utility, bool):
            raise Refused("options.utility must be true or false.")
        return cls(
            _names(options, "suites", SUITES, SUITES),
            _names(options, "attack", ATTACKS, (USUAL,)),
            _count(options, "user_tasks"),
            _count(options, "injection_tasks"),
            utility,
        )


def _names(
    options: Mapping[str, Any], field: str, known: Sequence[str], usual: tuple[str, ...]
) -> tuple[str, ...]:
    """One name or a list of them, in the order of those that are known."""
    given = options.get(field)
    if given is None:
        return usual
    asked = [given] if isinstance(given, str) else given
    if not isinstance(asked, list) or not asked or any(name not in known for name in asked):
        raise Refused(f"options.{field} must be some of {', '.join(known)}.")
    return tuple(name for name in known if name in asked)


def _count(options: Mapping[str, Any], field: str) -> int | None:
    number = options.get(field)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise Refused(f"options.{field} must be a whole number of at least 1.")
    return number
