"""Asking a login for a token: one request, by the same way out as every call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog

from quintain.egress.failures import OutboundError
from quintain.egress.outbound import Egress, Request
from quintain.errors import TargetError
from quintain.gateway.logins import faults as login_faults
from quintain.gateway.logins.answers import Granted, NoToken, granted
from quintain.gateway.logins.request import LoginRequest
from quintain.gateway.logins.tokens import Login
from quintain.settings import Settings
from quintain.telemetry.metrics import Metrics

LONGEST_S = 30.0  # for all of it: many calls may be waiting
LARGEST = 1 << 18  # bytes of an answer
_log = structlog.get_logger(__name__)


class Logins:
    """A login takes no slot of `rate_per_min`, which is the target's."""

    def __init__(self, egress: Egress, settings: Settings, metrics: Metrics) -> None:
        self._egress = egress
        self._settings = settings
        self._metrics = metrics

    async def fetch(self, login: Login) -> Granted:
        """Log in. Raises TargetError, stage `auth`, with a sentence that names the login."""
        began = time.perf_counter()
        where = login.request.where
        try:
            token = await self._ask(login)
        except TargetError as error:
            self._metrics.logins.labels("failed").inc()
            _log.warning("login failed", model=login.label, login=where, code=error.code)
            raise
        self._metrics.logins.labels("answered").inc()
        took = round((time.perf_counter() - began) * 1000, 1)
        _log.info("login", model=login.label, login=where, ms=took, lasts_s=round(token.lasts_s, 1))
        return token

    async def _ask(self, login: Login) -> Granted:
        request, where = login.request, login.request.where
        status, headers, body = await self._sent(request)
        if not 200 <= status < 300:
            raise login_faults.refused(where, status, headers, body, login.secrets)
        if headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}:
            raise login_faults.unusable(where, "is compressed though it was asked not to be")
        try:
            return granted(body, request.key, headers)
        except NoToken as error:
            raise login_faults.unusable(where, str(error)) from None

    async def _sent(self, request: LoginRequest) -> tuple[int, Mapping[str, str], bytes]:
        try:
            async with asyncio.timeout(LONGEST_S):
                reply = await self._egress.send(self._request(request))
                return reply.status, reply.headers, await reply.read(LARGEST)
        except OutboundError as error:
            raise login_faults.unreachable(request.where, error) from error
        except TimeoutError:
            raise login_faults.silent(request.where, LONGEST_S) from None

    def _request(self, request: LoginRequest) -> Request:
        timeouts = request.timeouts
        return Request(
            method=request.method,
            url=request.url,
            headers=request.headers,
            body=request.body,
            internal=request.internal,
            connect_s=timeouts.connect_s or self._settings.connect_s,
            read_s=min(timeouts.read_s or self._settings.read_s, LONGEST_S),
        )
