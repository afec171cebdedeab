"""What a step does, settled from its options and the seed alone: the same in every run."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..wire import Config, Probe
from . import attacks, converters, sources
from .objective import Objective
from .options import Options, parse

_NOTHING = "nothing in its source fits: what is there needs a judge, or other techniques"


@dataclass(frozen=True, slots=True)
class Cell:
    """One attack by one converter over one source. skip: why it cannot be made."""

    attack: attacks.Kind
    converter: converters.Kind
    source: str
    objectives: tuple[Objective, ...]
    skip: str = ""

    @property
    def probe(self) -> str:
        return f"pyrit:{self.attack.name}.{self.converter.name}.{self.source}"

    @property
    def technique(self) -> str:
        """The converter's, where there is one: it is what makes the prompt an attack."""
        plain = self.converter.name == converters.NONE
        return self.attack.technique if plain else self.converter.technique

    def takes(self, objective: Objective) -> bool:
        if self.attack.converts and not objective.text:
            return False
        return not objective.only or self.technique in objective.only

    def planned(self, options: Options, *, judge: bool) -> Iterator[Probe]:
        """One for each category."""
        sent, judged, led = self.attack.calls(options)
        plain = self.converter.name == converters.NONE
        title = self.attack.title if plain else f"{self.attack.title}, {self.converter.title}"
        number = Counter(each.category for each in self.objectives) or Counter({"": 0})
        for category in number:
            yield Probe(
                self.probe,
                category,
                self.technique,
                number[category],
                title,
                calls=sent,
                judge_calls=judged * judge,
                attacker_calls=led,
                skip=self.skip,
            )


def options_of(config: Config) -> Options:
    """Raises ValueError."""
    return parse(config.options, datasets=bool(config.datasets), sources=sources.NAMES)


def cells(config: Config, options: Options) -> Iterator[Cell]:
    """In the order of their doing: by source, attack and converter."""
    for source in sources.of(config, options):
        # Without a judge, what only a judge can tell is left out before the sample is drawn.
        every = [each for each in source.load() if config.judge or not each.judged]
        for attack in (attacks.ATTACKS[name] for name in options.attacks):
            missing = attacks.missing(attack, config.judge, config.attacker)
            for converter in _converters(attack, options):
                cell = Cell(attack, converter, source.name, (), missing or _NOTHING)
                found = [each for each in every if cell.takes(each)]
                most = options.objectives_per_attack
                drawn = _drawn(found, most, config.seed, source.name)
                yield replace(cell, objectives=drawn, skip=missing) if drawn else cell


def _converters(attack: attacks.Kind, options: Options) -> list[converters.Kind]:
    names = options.converters if attack.converts else (converters.NONE,)
    return [converters.CONVERTERS[name] for name in names]


def _drawn(every: list[Objective], most: int, seed: int, source: str) -> tuple[Objective, ...]:
    """As far as it can be the same for each attack and converter, so that these can be compared."""

    def lot(each: Objective) -> float:
        return random.Random(f"{seed}/{source}/{each.seq}").random()  # noqa: S311  nothing secret

    return tuple(sorted(sorted(every, key=lot)[:most], key=lambda each: each.seq))
