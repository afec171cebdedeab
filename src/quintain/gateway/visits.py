"""Calls of models that are pages: said by the browser, under the same rate as any other call."""

from __future__ import annotations

import time

from quintain.dialects.base import Answer, Outgoing
from quintain.dialects.page import PageTarget
from quintain.gateway.attempts import Attempts
from quintain.gateway.call import Call, Result
from quintain.gateway.spoken import spoken
from quintain.pages.browser import Browser, PageAnswer
from quintain.settings import Settings
from quintain.telemetry.metrics import Metrics


class Visits:
    def __init__(
        self, browser: Browser, attempts: Attempts, settings: Settings, metrics: Metrics
    ) -> None:
        self._browser = browser
        self._attempts = attempts
        self._settings = settings
        self._metrics = metrics

    async def send(self, call: Call, page: PageTarget, outgoing: Outgoing) -> Result:
        """Say the call's text on the page. Raises RateLimited or TargetError.

        It is not tried again: what was typed cannot be taken back.
        """
        answer = await self._asked(call, page, outgoing.body.decode())
        result = spoken(call, Answer(answer.text))
        result.began_anew = answer.new
        return result

    async def _asked(self, call: Call, page: PageTarget, text: str) -> PageAnswer:
        identity = call.compiled.identity
        conversation = f"{identity.gate}.{identity.revision}.{call.ask.session}"
        deadline_s = call.compiled.timeouts.read_s or self._settings.read_s
        slot = await self._attempts.slot(call)
        began = time.perf_counter()
        try:
            answer = await self._browser.ask(
                page,
                conversation if call.ask.session else None,
                text,
                deadline_s,
                sent=slot.sent,
            )
        finally:
            slot.cancel()
            took = time.perf_counter() - began
            call.upstream_s += took
        tally = self._metrics.of(call.compiled.dialect)
        tally.sent.inc()
        tally.upstream.observe(took)
        return answer
