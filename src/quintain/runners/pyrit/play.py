"""One attempt, from the objective to its record."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from pyrit.models import Message as Said

from ..asking import Message
from ..wire import Attempt, Config
from . import engine, evidence, verdicts
from .cells import Cell
from .converting import converted
from .ledger import CURRENT, Ledger
from .objective import Objective
from .options import Options
from .record import Ended, attempt
from .strategies import STRATEGIES, Parties
from .verdict import Verdict


@dataclass(slots=True)
class Player:
    """Makes the attempts of one part, several at a time. Attacks are kept, since they hold nothing."""

    config: Config
    options: Options
    parties: Parties
    _attacks: dict[str, Any] = field(default_factory=dict)

    async def play(self, cell: Cell, objective: Objective) -> Attempt:
        """Whatever goes wrong is in the attempt."""
        ledger = Ledger(self.config.session(cell.probe, objective.seq))
        CURRENT.set(ledger)
        began, clock = time.time(), time.monotonic()
        asked, result, verdict = await self._tried(cell, objective, ledger)
        engine.forget(ledger.conversations)
        taken = time.monotonic() - clock
        ended = Ended(cell, objective, ledger, verdict, began, taken, asked, result)
        return attempt(ended, self.config)

    async def _tried(
        self, cell: Cell, objective: Objective, ledger: Ledger
    ) -> tuple[tuple[Message, ...], Any, Verdict]:
        asked = (*objective.before, {"role": "user", "content": objective.text})
        result = None
        try:
            text = await converted(cell.converter.name, objective.text, self.config.seed)
            asked = (*objective.before, {"role": "user", "content": text})
            result = await self._attack(cell).execute_async(**_asking(cell, objective, asked))
            verdict = self._judged(objective, result, ledger)
        except Exception as error:  # noqa: BLE001  PyRIT raises nothing more exact
            verdict = verdicts.undecided(ledger, error)
        return asked, result, verdict

    def _attack(self, cell: Cell) -> Any:
        name = cell.attack.name
        if name not in self._attacks:
            self._attacks[name] = STRATEGIES[name](self.parties, self.options)
        return self._attacks[name]

    def _judged(self, objective: Objective, result: Any, ledger: Ledger) -> Verdict:
        by_judge = verdicts.by_judge(result, ledger) if self.config.judge else None
        exchange = ledger.decisive(result.last_response)
        return evidence.weighed(by_judge, objective, exchange, self.config.target.canaries)


def _asking(cell: Cell, objective: Objective, asked: tuple[Message, ...]) -> dict[str, Any]:
    """What PyRIT is given. Attacks that write their own prompts get the goal alone."""
    if not cell.attack.converts:
        return {"objective": objective.aim}
    said = [Said.from_prompt(prompt=each["content"], role=each["role"]) for each in asked]
    return {
        "objective": objective.aim,
        "next_message": said[-1],
        "prepended_conversation": said[:-1] or None,
    }
