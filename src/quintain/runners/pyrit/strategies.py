"""PyRIT's attacks, put together from the target, the judge and the attacker of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyrit.executor.attack import (
    AttackAdversarialConfig,
    AttackScoringConfig,
    CrescendoAttack,
    PromptSendingAttack,
    RedTeamingAttack,
    RTASystemPromptPaths,
    SkeletonKeyAttack,
    TreeOfAttacksWithPruningAttack,
)
from pyrit.models import SeedPrompt

from . import scorers
from .options import Options


@dataclass(frozen=True, slots=True)
class Parties:
    """judge, attacker: None where the run has none. about: what the target is; policy: its own."""

    target: Any
    judge: Any
    attacker: Any
    about: str = ""
    policy: str = ""

    def scoring(self, **more: Any) -> Any:
        return AttackScoringConfig(
            objective_scorer=scorers.reached(self.judge, self.policy), **more
        )

    def adversarial(self, template: Path) -> Any:
        prompt = SeedPrompt.from_yaml_file(template)
        if self.about:
            prompt = prompt.model_copy(update={"value": f"{prompt.value}\n{_about(self.about)}"})
        return AttackAdversarialConfig(target=self.attacker, system_prompt=prompt)


def _about(about: str) -> str:
    """As text for Jinja, in which nothing of it is a template."""
    told = f"What the model that you talk to is for, by the one who runs it:\n{about}\n"
    return told.replace("{", "{{ '{' }}")


def _prompt_sending(parties: Parties, _: Options) -> Any:
    scoring = parties.scoring() if parties.judge else None
    return PromptSendingAttack(objective_target=parties.target, attack_scoring_config=scoring)


def _skeleton_key(parties: Parties, _: Options) -> Any:
    return SkeletonKeyAttack(
        objective_target=parties.target, attack_scoring_config=parties.scoring()
    )


def _red_teaming(parties: Parties, options: Options) -> Any:
    return RedTeamingAttack(
        objective_target=parties.target,
        attack_adversarial_config=parties.adversarial(RTASystemPromptPaths.TEXT_GENERATION.value),
        attack_scoring_config=parties.scoring(),
        max_turns=options.max_turns,
    )


def _crescendo(parties: Parties, options: Options) -> Any:
    template = CrescendoAttack.DEFAULT_ADVERSARIAL_CHAT_SYSTEM_PROMPT_TEMPLATE_PATH
    return CrescendoAttack(
        objective_target=parties.target,
        attack_adversarial_config=parties.adversarial(template),
        attack_scoring_config=parties.scoring(refusal_scorer=scorers.refused(parties.judge)),
        max_turns=options.max_turns,
        max_backtracks=options.max_turns,
    )


def _tap(parties: Parties, options: Options) -> Any:
    """One branch at a time, so that an attempt has one call under way."""
    template = TreeOfAttacksWithPruningAttack.DEFAULT_ADVERSARIAL_SYSTEM_PROMPT_PATH
    return TreeOfAttacksWithPruningAttack(
        objective_target=parties.target,
        attack_adversarial_config=parties.adversarial(template),
        attack_scoring_config=AttackScoringConfig(objective_scorer=scorers.scale(parties.judge)),
        tree_width=options.tree_width,
        tree_depth=options.max_turns,
        branching_factor=options.branching_factor,
        on_topic_checking_enabled=False,
        batch_size=1,
    )


STRATEGIES: dict[str, Callable[[Parties, Options], Any]] = {
    "prompt_sending": _prompt_sending,
    "skeleton_key": _skeleton_key,
    "red_teaming": _red_teaming,
    "crescendo": _crescendo,
    "tap": _tap,
}
