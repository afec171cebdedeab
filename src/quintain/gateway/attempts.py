"""Getting one request to the target: a slot for each try, keys in turn, retries that can help.

Retried are 429, 502, 503 and 504, and failures before the first byte, at most twice. A key that
is refused or limited makes way for the next one, a refused token for a new one. Each try takes a
slot of its own. What a target that keeps conversations may have heard is not said to it again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from quintain.admission.gates import Gate, Gates, Slot
from quintain.dialects.base import Outgoing
from quintain.dialects.jq import Jq
from quintain.dialects.sse import is_event_stream
from quintain.egress.failures import OutboundError
from quintain.egress.outbound import Egress, Request
from quintain.egress.reply import Reply
from quintain.errors import TargetError
from quintain.gateway.blocked import is_blocked
from quintain.gateway.call import Call
from quintain.gateway.charsets import in_utf8
from quintain.gateway.compiled import Compiled
from quintain.gateway.faults import fault, redact, retry_after
from quintain.gateway.keyturn import TargetKey
from quintain.gateway.logins.asking import Logins
from quintain.gateway.logins.tokens import Login, Token
from quintain.settings import Settings
from quintain.telemetry.metrics import Metrics

RETRIED = frozenset({429, 502, 503, 504})
UNHEARD = frozenset({429, 503})  # of these: what is refused before it is looked at
KEY_REFUSED = frozenset({401, 403, 429})
MOST_RETRIES = 2
FIRST_PAUSE_S = 0.5
LONGEST_REFUSAL = 1 << 20  # bytes read of an answer that is no success


@dataclass(slots=True)
class Landed:
    """What the target answered.

    status: as OpenAI's API would give it, where the target's own says it otherwise. reply: a
    success, still to be read. body: whole and redacted, where it is none or was needed to tell
    whether the target blocked the prompt. by_token: the request carried a login's token.
    """

    status: int
    headers: Mapping[str, str]
    reply: Reply
    body: bytes | None = None
    blocked: bool = False
    by_token: bool = False


class _Tries:
    """What was tried for one call. keys: those that the target refused or limited.

    once: the target keeps the conversation. key: what the last request went out under. renewed: a
    refused token was given up for a new one.
    """

    __slots__ = ("_limited", "count", "key", "keys", "once", "renewed")

    key: TargetKey

    def __init__(self, *, once: bool) -> None:
        self.once = once
        self.count = 0
        self.keys: set[TargetKey] = set()
        self.renewed = False
        self._limited: Landed | None = None

    def after_failure(self, error: TargetError) -> bool:
        """Whether to try again. A silent target may be at work on the call, so it is left alone."""
        silent = error.stage in {"http", "auth"} and error.status == 504
        heard = self.once and isinstance(error, OutboundError) and error.sent
        return error.passing and not silent and not heard and self._once_more()

    def another_token(self, landed: Landed, login: Login) -> bool:
        """Whether a new token may do what this one did not; once a call."""
        if landed.blocked or landed.status != 401:
            login.accepted(self.key)
            return False
        first, self.renewed = not self.renewed, True
        return first and login.refused(self.key)

    def another_key(self, landed: Landed, keys: int) -> bool:
        """Rest a refused key; whether there is one that was not tried."""
        if landed.blocked or landed.status not in KEY_REFUSED:
            return False
        self.key.rest(time.monotonic(), landed.status, retry_after(landed.headers))
        self.keys.add(self.key)
        if landed.status == 429:
            self._limited = landed
        return len(self.keys) < keys

    def verdict(self, landed: Landed) -> Landed:
        """What the keys together came to: one that is only limited will do again."""
        refused = landed.status in {401, 403} and not landed.blocked
        return self._limited or landed if refused else landed

    def after_answer(self, landed: Landed) -> bool:
        if (
            landed.blocked
            or landed.status not in (UNHEARD if self.once else RETRIED)
            or b"insufficient_quota" in (landed.body or b"")
        ):
            return False
        return self._once_more()

    def _once_more(self) -> bool:
        self.count += 1
        return self.count <= MOST_RETRIES


class Attempts:
    """The way to every target, for calls and health checks alike."""

    def __init__(
        self, gates: Gates, egress: Egress, jq: Jq, settings: Settings, metrics: Metrics
    ) -> None:
        self._gates = gates
        self._egress = egress
        self._jq = jq
        self._settings = settings
        self._metrics = metrics
        self._logins = Logins(egress, settings, metrics)

    async def land(self, call: Call, outgoing: Outgoing) -> Landed:
        """Send until there is an answer worth having.

        Raises RateLimited when the caller's patience ends in line, TargetError when the target
        cannot be reached.
        """
        tries = _Tries(once=call.compiled.session is not None)
        while True:
            try:
                reply = await self._send(call, outgoing, tries)
            except TargetError as error:
                # What a login asks for is kept; what failed on the way to the target asks nothing.
                pause = float(error.retry_after) if error.stage == "auth" else None
                if tries.after_failure(error) and await self._paused(call, tries.count, pause):
                    continue
                raise
            landed = await self._landed(call, reply)
            login = call.compiled.login
            if login is not None and tries.another_token(landed, login):
                continue
            if tries.another_key(landed, len(call.compiled.keys)):
                continue
            landed = tries.verdict(landed)
            asked = retry_after(landed.headers)
            if not (tries.after_answer(landed) and await self._paused(call, tries.count, asked)):
                return landed

    async def _send(self, call: Call, outgoing: Outgoing, tries: _Tries) -> Reply:
        compiled = call.compiled
        tries.key = compiled.keys.take(time.monotonic(), tries.keys)
        if compiled.login is None:
            slot = await self.slot(call)
        else:
            tries.key, slot = await self._token_and_slot(call, compiled.login)
        began = time.perf_counter()
        try:
            reply = await self._egress.send(
                self._request(compiled, outgoing, tries.key), sent=slot.sent
            )
        finally:
            slot.cancel()
            took = time.perf_counter() - began
            call.upstream_s += took
        tally = self._metrics.of(compiled.dialect)
        tally.sent.inc()
        tally.upstream.observe(took)
        return reply

    async def _token_and_slot(self, call: Call, login: Login) -> tuple[Token, Slot]:
        """A login that fails is told without a wait in line; in line a token may come to its end."""
        await self._token(call, login)
        slot = await self.slot(call)
        try:
            return await self._token(call, login), slot
        except BaseException:
            slot.cancel()
            raise

    async def _token(self, call: Call, login: Login) -> Token:
        began = time.perf_counter()
        try:
            return await login.token(self._logins.fetch)
        finally:
            call.upstream_s += time.perf_counter() - began

    async def _landed(self, call: Call, reply: Reply) -> Landed:
        by_token = call.compiled.login is not None
        landed = Landed(reply.status, reply.headers, reply, by_token=by_token)
        declared = call.compiled.blocked
        judged = declared is not None and reply.status in declared.statuses
        # A stream is passed on as it comes, so it is not read whole to be judged.
        if reply.status < 300 and (not judged or is_event_stream(reply.headers)):
            return landed
        began = time.perf_counter()
        limit = self._settings.max_answer_body if reply.status < 300 else LONGEST_REFUSAL
        body = await reply.read(limit)
        if reply.status >= 300:
            body = in_utf8(body, reply.headers)  # or no secret would be found in it
        landed.body = redact(body, call.compiled.secrets)
        call.upstream_s += time.perf_counter() - began
        landed.blocked = await is_blocked(declared, reply.status, landed.body, self._jq)
        translator = call.compiled.translator
        if translator is not None and reply.status >= 300:
            landed.status = translator.status(reply.status, landed.body)
        return landed

    async def slot(self, call: Call) -> Slot:
        """A place under the model's rate. Raises RateLimited when the caller's patience ends in line."""
        gate = self.gate(call.compiled)
        slot = gate.try_enter(run=call.run)
        if slot is not None:
            self._metrics.wait.observe(0.0)
            return slot
        began = time.perf_counter()
        try:
            return await gate.enter(max(0.0, call.wait_s - call.waited_s), run=call.run)
        finally:
            waited = time.perf_counter() - began
            call.waited_s += waited
            self._metrics.wait.observe(waited)

    def gate(self, compiled: Compiled) -> Gate:
        gate = self._gates.gate(compiled.identity.gate)
        gate.set_rate(compiled.rate, compiled.identity.revision)
        return gate

    def _request(self, compiled: Compiled, outgoing: Outgoing, key: TargetKey) -> Request:
        return Request(
            method=outgoing.method,
            url=outgoing.url,
            headers=_headers(compiled, outgoing, key),
            body=outgoing.body or None,
            internal=compiled.internal,
            connect_s=compiled.timeouts.connect_s or self._settings.connect_s,
            read_s=compiled.timeouts.read_s or self._settings.read_s,
        )

    async def _paused(self, call: Call, retries: int, asked: float | None) -> bool:
        """Wait before the next try: as long as the target asked, else longer each time.

        False, at once, where the caller would not wait so long: it gets what is known by now.
        """
        backoff = FIRST_PAUSE_S * 2 ** (retries - 1)
        pause = backoff * random.uniform(0.5, 1.5) if asked is None else asked  # noqa: S311 - no secret
        if pause > call.wait_s - call.waited_s:
            return False
        began = time.perf_counter()
        await asyncio.sleep(pause)
        call.waited_s += time.perf_counter() - began
        return True


def _headers(compiled: Compiled, outgoing: Outgoing, key: TargetKey) -> Mapping[str, str]:
    """The key's own, untouched, wherever nothing of this call is to be laid over them."""
    signer, bodyless = compiled.signer, outgoing.method == "GET" and not outgoing.body
    if signer is None and not outgoing.headers and not bodyless:
        return key.headers
    headers = key.headers.copy()
    if bodyless:
        headers.popall("Content-Type", None)  # it would speak of nothing, and some servers mind
    headers.update(outgoing.headers)
    return headers if signer is None else signer.signed(outgoing, headers, key.secret.reveal())


def refused(landed: Landed) -> TargetError:
    """The error of an answer that is no success."""
    return fault(landed.status, landed.headers, landed.body or b"", by_token=landed.by_token)
