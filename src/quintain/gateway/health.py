"""Tell whether a model is well and, if not, how far a call comes.

The first rungs of the ladder are tried one by one; then one call is made through the very code of
every other call, its rate limit included.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
from msgspec import Raw
from yarl import URL

from quintain.dialects.base import CHAT, Ask
from quintain.dialects.openai import answers as openai_answers
from quintain.egress.outbound import Egress
from quintain.egress.probe import probe
from quintain.errors import BadRequest, QuintainError, RateLimited, TargetError, TooLarge
from quintain.gateway.call import Call
from quintain.gateway.calls import Gateway
from quintain.gateway.compiled import Compiled
from quintain.gateway.faults import fault
from quintain.settings import Settings

STAGES = ("config", "dns", "egress", "connect", "tls", "auth", "rate", "http", "mapping", "answer")
_SAID_BY_TARGETS = frozenset(
    {"target_refused_request", "content_filter", "context_length_exceeded", TooLarge.code}
)
QUERY = "Hello! Please answer with one short sentence."


@dataclass(slots=True)
class Rung:
    """result: `ok`, `failed` or `skipped`. ms: where the stage was timed by itself."""

    stage: str
    result: str = "skipped"
    ms: float | None = None
    message: str | None = None


@dataclass(slots=True)
class Health:
    response: str = ""
    ladder: list[Rung] = field(default_factory=lambda: [Rung(stage) for stage in STAGES])

    @property
    def failed(self) -> Rung | None:
        return next((rung for rung in self.ladder if rung.result == "failed"), None)

    def rung(self, stage: str) -> Rung:
        return self.ladder[STAGES.index(stage)]

    def passed(self, stage: str, ms: float | None = None) -> None:
        rung = self.rung(stage)
        rung.result, rung.ms = "ok", ms

    def fail(self, stage: str, message: str, ms: float | None = None) -> None:
        """Mark where it failed: what lies above it on the ladder was not reached."""
        rung = self.rung(stage)
        rung.result, rung.message, rung.ms = "failed", message, ms
        for later in self.ladder[STAGES.index(stage) + 1 :]:
            later.result, later.ms = "skipped", None

    def document(self) -> dict[str, Any]:
        """What the health calls answer. `error` stays empty: clients take anything else as a crash."""
        failed = self.failed
        return {
            "status": "unhealthy" if failed else "healthy",
            "message": f"{failed.stage}: {failed.message}" if failed else "The model answered.",
            "data": {
                "query": QUERY,
                "response": self.response,
                "diagnosis": [asdict(rung) for rung in self.ladder],
            },
            "error": "",
        }


class Checkup:
    def __init__(self, gateway: Gateway, egress: Egress, settings: Settings) -> None:
        self._gateway = gateway
        self._egress = egress
        self._settings = settings

    async def examine(self, compiled: Compiled, request_id: str) -> Health:
        """Climb the ladder as far as it goes. Raises nothing that a target could cause."""
        health = Health()
        call = Call(
            request_id, compiled, _ask(), compiled.identity.label, self._settings.max_wait_s
        )
        try:
            url = compiled.speaker.outgoing(_ask()).url
            compiled.keys.take(time.monotonic())
        except QuintainError as error:
            health.fail("config", error.message)
            return health
        health.passed("config")
        await self._reach(health, compiled, url)
        if health.failed is None:
            await self._converse(health, call)
        return health

    async def _reach(self, health: Health, compiled: Compiled, url: URL) -> None:
        connect_s = compiled.timeouts.connect_s or self._settings.connect_s
        try:
            stages = await probe(self._egress, url, internal=compiled.internal, connect_s=connect_s)
        except TargetError as error:
            health.fail("config", error.message)
            return
        for stage in stages:
            ms = round(stage.ms, 2)
            if stage.ok:
                health.passed(stage.name, ms)
            else:
                health.fail(stage.name, stage.sentence or "", ms)

    async def _converse(self, health: Health, call: Call) -> None:
        try:
            result = await self._gateway.call(call)
            if result.status != 200:
                raise fault(result.status, {}, result.body)
            health.response = openai_answers.text_of(result.body)
            if not health.response.strip() and not openai_answers.cut_short(result.body):
                raise openai_answers.empty_answer()
        except RateLimited as error:
            health.fail("rate", error.message, _ms(call.waited_s))
        except TargetError as error:
            self._failed(health, call, error.stage, error.message)
        except (BadRequest, TooLarge) as error:
            # Refused by the target, or before it left: then the registration takes no such call.
            stage = "http" if error.code in _SAID_BY_TARGETS else "config"
            self._failed(health, call, stage, error.message)
        else:
            self._passed_below("", health, call)

    def _failed(self, health: Health, call: Call, stage: str, message: str) -> None:
        self._passed_below(stage, health, call)
        health.fail(stage, message, _ms(call.upstream_s) if stage == "http" else None)

    def _passed_below(self, stage: str, health: Health, call: Call) -> None:
        """What a call that came as far as this stage has shown to be fine."""
        for rung in ("auth", "rate", "http", "mapping", "answer"):
            if rung == stage:
                return
            health.passed(
                rung, {"rate": _ms(call.waited_s), "http": _ms(call.upstream_s)}.get(rung)
            )


def _ask() -> Ask:
    messages = msgspec.json.encode([{"role": "user", "content": QUERY}])
    return Ask(CHAT, {"messages": Raw(messages)})


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
