"""What garak would do, and what it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..asking import Gateway
from ..wire import Config, Probe
from . import setting
from .choosing import Known, chosen, every
from .judging import strict_judges
from .loading import ATTACKER, JUDGE, OTHER_WAY, Ready, Unfit, needs_of, not_here, ready
from .models import Now, serve_helpers
from .naming import kind_of
from .options import Options, parse

TURNS = 5  # of a conversation whose probe has no number of its own
_HOW = {JUDGE: "give --judge NAME", ATTACKER: "give --attacker NAME"}


def name_of(known: Known) -> str:
    return f"garak:{known.name}"


def helped(config: Config, gateway: Gateway, now: Now) -> None:
    """Before anything is loaded: judges are this run's, and their answers are read strictly."""
    serve_helpers(config, gateway, now)
    if config.judge:
        strict_judges()


def planned(config: Config) -> Iterator[Probe]:
    helped(config, Gateway(config.base_url, config.api_key), Now())
    options = parse(config.options)
    for known in chosen(options, every()):
        category, technique = kind_of(known.name, known.facts["tags"])
        more: Mapping[str, Any]
        try:
            more = _amount(fitting(known, config), options, config.seed)
        except Unfit as unfit:
            more = {"attempts": 0, "skip": unfit.reason}
        title = str(known.facts["description"])
        yield Probe(name_of(known), category, technique, title=title, **more)


def fitting(known: Known, config: Config) -> Ready:
    """Load it for this run. Raises Unfit where the model under test is not for it, or help lacks."""
    if known.name in OTHER_WAY:
        raise Unfit(not_here(known))
    asked = set(known.facts["modality"]["in"])
    if missing := asked - {"text"}:
        raise Unfit(f"It sends {' and '.join(sorted(missing))}, which runs of garak do not.")
    helpers = {JUDGE: config.judge, ATTACKER: config.attacker}
    for need in needs_of(known):
        if not helpers.get(need, "-"):
            article = "an" if need == ATTACKER else "a"
            raise Unfit(f"It needs {article} {need}: {_HOW[need]}.")
    return ready(known, config.seed)


def numbers(made: Ready, options: Options, seed: int) -> list[int]:
    """The prompts that are asked, by their place in the probe: all, or the same sample each time."""
    if made.prompts <= options.prompts_per_probe:
        return list(range(made.prompts))
    chance = setting.seed(seed, made.known.name, "sample")
    return sorted(chance.sample(range(made.prompts), options.prompts_per_probe))


def turns(made: Ready, options: Options) -> int:
    return options.max_turns or int(getattr(made.probe, "max_calls_per_conv", TURNS))


def _amount(made: Ready, options: Options, seed: int) -> dict[str, Any]:
    """Attempts, and the calls that one takes at most."""
    if not made.talks:
        return {"attempts": len(numbers(made, options, seed)) * options.generations}
    rounds = turns(made, options)
    led = rounds * 4 + 4  # openings, the next turn, whether to go on
    return {"attempts": options.goals, "calls": rounds, "judge_calls": 1, "attacker_calls": led}


def known() -> Iterator[dict[str, Any]]:
    """Entries of the catalogue, with prompts counted as they come, without a cap."""
    for each in every():
        category, technique = kind_of(each.name, each.facts["tags"])
        needs, prompts, why = _look(each)
        yield {
            "probe": name_of(each),
            "title": str(each.facts["description"]),
            "category": category,
            "technique": technique,
            "tags": list(each.facts["tags"]),
            "prompts": prompts,
            "needs": list(needs),
            "active": each.active,
            "tier": int(each.facts["tier"]),
            "detector": each.facts["primary_detector"] or "",
            "why": why,
        }


def _look(each: Known) -> tuple[tuple[str, ...], int, str]:
    """What it needs, how many prompts it has, why it cannot be used."""
    needs = needs_of(each)
    if each.name in OTHER_WAY:
        return needs, 0, not_here(each)
    if extra := set(each.facts["modality"]["in"]) - {"text"}:
        return needs, 0, f"It sends {' and '.join(sorted(extra))}."
    if JUDGE in needs or ATTACKER in needs:
        hub = ("hub",) if each.module == "atkgen" else ()
        return needs + hub, 0, ""
    try:
        return needs, ready(each, 0).prompts, ""
    except Unfit as unfit:
        return tuple(dict.fromkeys(needs + unfit.needs)), 0, unfit.reason
