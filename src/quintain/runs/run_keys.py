"""A key for one run alone: it calls the models that take part, and ends with the run.

It is known to the engine's process and to nobody else, and stands in no file and no log.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from quintain.registry.keys import Keys, NewKey
from quintain.registry.model import Actor
from quintain.runs.model import Run
from quintain.secret import Secret

# Should a server never come back that was to revoke it.
LONGEST_LIFE = timedelta(days=90)


class RunKeys:
    """forget: has this server's door look keys up anew."""

    def __init__(self, keys: Keys, forget: Callable[[], None]) -> None:
        self._keys, self._forget = keys, forget

    async def renew(self, run: Run, project: str) -> Secret:
        """A new one; those before it end."""
        await self.revoke(run.id)
        plan = run.plan
        models = {plan.target["model"], plan.judge, plan.attacker} - {""}
        new = NewKey(
            name=f"run {run.id}",
            role="caller",
            project=project,
            models=tuple(sorted(models)),
            expires_at=datetime.now(UTC) + LONGEST_LIFE,
            run_id=run.id,
        )
        actor = Actor(run.project_id, project, run.started_by, "caller", 0)
        return (await self._keys.create(actor, new))[1]

    async def called_within(self, run_id: int, seconds: float) -> bool:
        """Whether one of its keys called that lately."""
        last = await self._keys.last_use_of_run(run_id)
        return last is not None and datetime.now(UTC) - last < timedelta(seconds=seconds)

    async def revoke(self, run_id: int) -> None:
        await self._keys.revoke_of_run(run_id)
        self._forget()
