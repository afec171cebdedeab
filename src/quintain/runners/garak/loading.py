"""A probe made ready: its prompts and the detectors that judge the answers; or why it cannot be."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from . import setting
from .choosing import Known

JUDGE, ATTACKER, HUB, TOOLS = "judge", "attacker", "hub", "tools"
_JUDGES, _LISTED_AT_A_HUB = "judge.", "packagehallucination."
_MISSING = "It needs data from a hub, or a package that only the full install has."
_LED_BY = ("red_team_model_type", "attack_model_type")
OTHER_WAY = {
    "agent_breaker.AgentBreaker": "it must be told an agent's tools; the engine agentdojo has some",
    "tap.PAIR": "it tells only of attacks that worked; the engine pyrit has the same search",
    "tap.TAP": "it tells only of attacks that worked; the engine pyrit has the same search",
    "suffix.BEAST": "it needs the weights of the model under test",
    "suffix.GCG": "it needs the weights of the model under test",
    "dan.AutoDAN": "it needs the weights of the model under test",
    "grandma.GrandmaIntent": "what it is after has to be chosen first",
}


class Unfit(Exception):
    """A probe that cannot be used as things are. needs: what it would take, where that is known."""

    def __init__(self, reason: str, needs: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason, self.needs = reason, needs


@dataclass(slots=True)
class Ready:
    """deciding: the detector that the verdict goes by; the others' scores are kept beside it."""

    known: Known
    probe: Any
    deciding: str
    detectors: dict[str, Any] = field(default_factory=dict)

    @property
    def prompts(self) -> int:
        return len(getattr(self.probe, "prompts", None) or ())

    @property
    def talks(self) -> bool:
        """Whether it answers the target's answers, turn by turn."""
        return ATTACKER in needs_of(self.known)


def needs_of(known: Known) -> tuple[str, ...]:
    """What its description alone tells: a judge, an attacker, tools."""
    params = known.facts.get("DEFAULT_PARAMS") or {}
    tools = known.module == "agent_breaker"
    judged = tools or str(known.facts.get("primary_detector")).startswith(_JUDGES)
    led = tools or any(name in params for name in _LED_BY)
    found = ((JUDGE, judged), (ATTACKER, led), (TOOLS, tools))
    return tuple(name for name, needed in found if needed)


def not_here(known: Known) -> str:
    return f"Not used here: {OTHER_WAY[known.name]}."


def ready(known: Known, seed: int) -> Ready:
    """Load it; the same seed gives the same prompts in every process. Raises Unfit."""
    setting.seed(seed, known.name)
    made = Ready(known, _plugin(f"probes.{known.name}"), "")
    if not made.talks and not made.prompts:
        raise Unfit("It has no prompts without data from a hub.", (HUB,))
    _detectors(made)
    return made


def _detector(name: str) -> Any:
    if name.startswith(_LISTED_AT_A_HUB) and "HF_HUB_OFFLINE" in os.environ:
        raise Unfit("It needs lists of packages from a hub.", (HUB,))  # it would ask when it judges
    return _plugin(f"detectors.{name}")


def _detectors(made: Ready) -> None:
    """The primary one decides; where it cannot be had, garak goes on with the others, and so do we."""
    probe, why = made.probe, ""
    primary = probe.primary_detector or ""
    for name in filter(None, dict.fromkeys((primary, *probe.extended_detectors))):
        try:
            made.detectors[name] = _detector(name)
        except Unfit as unfit:
            why = why or unfit.reason
    if not made.detectors:
        raise Unfit(f"Nothing here can judge its answers. {why}", (HUB,))
    made.deciding = next(iter(made.detectors))


def _plugin(path: str) -> Any:
    """One of its own, not the instance that another probe has used and changed. Raises Unfit."""
    from garak import _plugins  # noqa: PLC0415

    try:
        found = _plugins.load_plugin(path)
    except Exception as error:  # a plugin may raise what it likes
        raise Unfit(f"{_MISSING} ({_sentence(error)})", (HUB,)) from error
    finally:
        _plugins.PluginProvider._instance_cache.clear()  # noqa: SLF001  # there is no other way to say so
    if not found:
        raise Unfit(_MISSING, (HUB,))
    return found


def _sentence(error: BaseException) -> str:
    """The innermost cause, in a line."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return f"{type(error).__name__}: {text}"
