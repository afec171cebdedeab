"""The token of a model that logs in: fetched once for all who wait, kept until shortly before its end.

One `Login` belongs to one revision of a model. What it fetches it asks for through a function, so
that nothing here knows of networks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from multidict import CIMultiDict

from quintain.errors import TargetError
from quintain.gateway.keyturn import TargetKey
from quintain.gateway.logins.answers import Granted
from quintain.gateway.logins.request import LoginRequest
from quintain.gateway.masking import spellings
from quintain.secret import Secret

MARGIN_S = 30.0  # a token is renewed so long before its end, or a tenth of its time if that is less
SHORTEST_S = 1.0  # a token is used at least so long, however soon it is said to end
FIRST_PAUSE_S = 1.0  # after a failed login; doubled with each that follows
LONGEST_PAUSE_S = 30.0
CALM_S = 30.0  # after a token that was refused as soon as it was new
REMEMBERED = 4  # tokens that are masked: answers to calls with an older one may still be arriving

Fetch = Callable[["Login"], Awaitable[Granted]]


@dataclass(frozen=True, slots=True)
class Carrier:
    """How a token travels. headers: all others of a request."""

    headers: CIMultiDict[str]
    name: str
    prefix: str

    def loaded(self, token: Secret) -> CIMultiDict[str]:
        text, scheme = token.reveal(), self.prefix.rstrip()
        # Some logins give the scheme along with the token.
        if scheme and text.lower().startswith(f"{scheme.lower()} "):
            text = text[len(scheme) :].lstrip()
        headers = self.headers.copy()
        headers[self.name] = self.prefix + text
        return headers


class Token(TargetKey):
    """until: when it is to be renewed, by the loop's clock."""

    __slots__ = ("until",)

    def __init__(self, headers: CIMultiDict[str], until: float) -> None:
        super().__init__(headers)
        self.until = until


class Login:
    """label: how the model is named in the log. secrets: what is masked in answers, tokens included."""

    def __init__(
        self, request: LoginRequest, carrier: Carrier, known: tuple[bytes, ...], label: str
    ) -> None:
        self.request = request
        self.label = label
        self.known = self.secrets = known
        self._carrier = carrier
        self._seen: deque[tuple[bytes, ...]] = deque(maxlen=REMEMBERED)
        self._token: Token | None = None
        self._fetching: asyncio.Task[Token | TargetError] | None = None
        self._failure: TargetError | None = None
        self._failures = 0
        self._closed_until = 0.0
        self._calm_until = 0.0

    async def token(self, fetch: Fetch) -> Token:
        """The token that is good now. Raises TargetError, stage `auth`, where none can be had.

        Whoever leaves, the fetch goes on for the others.
        """
        now = asyncio.get_running_loop().time()
        if self._token is not None and now < self._token.until:
            return self._token
        if self._fetching is None:
            if self._failure is not None and now < self._closed_until:
                raise _again(self._failure)
            self._fetching = asyncio.create_task(self._fetch(fetch))
            self._fetching.add_done_callback(self._ended)
        outcome = await asyncio.shield(self._fetching)
        if isinstance(outcome, TargetError):
            raise _again(outcome)
        return outcome

    def refused(self, token: TargetKey) -> bool:
        """Drop a token that the target refused; whether another may do better.

        Many calls may say so of one token. Where a token is refused that was fetched for just this
        reason, the next is not fetched before some time has passed.
        """
        if token is not self._token:
            return True
        now = asyncio.get_running_loop().time()
        if now < self._calm_until:
            return False
        self._token, self._calm_until = None, now + CALM_S
        return True

    def accepted(self, token: TargetKey) -> None:
        """The target took this token, so a later refusal is about its age."""
        if token is self._token:
            self._calm_until = 0.0

    async def _fetch(self, fetch: Fetch) -> Token | TargetError:
        try:
            granted = await fetch(self)
        except TargetError as error:
            return self._failed(error)
        self._failure, self._failures = None, 0
        self._remember(granted.token)
        lasts = granted.lasts_s
        kept = max(SHORTEST_S, lasts - min(MARGIN_S, lasts / 10))
        until = asyncio.get_running_loop().time() + kept
        self._token = Token(self._carrier.loaded(granted.token), until)
        return self._token

    def _failed(self, error: TargetError) -> TargetError:
        """Leave the login in peace for a while, and longer each time: a crowd may be asking."""
        pause = min(FIRST_PAUSE_S * 2**self._failures, LONGEST_PAUSE_S)
        pause = max(pause, error.retry_after)
        self._failures = min(self._failures + 1, 16)
        self._failure = error
        self._closed_until = asyncio.get_running_loop().time() + pause
        return error

    def _remember(self, token: Secret) -> None:
        self._seen.append(spellings(token))
        every = {each for seen in self._seen for each in seen} | set(self.known)
        self.secrets = tuple(sorted(every, key=len, reverse=True))

    def _ended(self, task: asyncio.Task[Token | TargetError]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # told to those who waited; there may be none left


def _again(error: TargetError) -> TargetError:
    """The same failure for another call: one exception raised twice would mix up their traces."""
    return TargetError(
        error.stage,
        error.message,
        code=error.code,
        passing=error.passing,
        status=error.status,
        http_status=error.http_status,
        retry_after=error.retry_after,
    )
