"""A login server that tests tell what to do, and a target that asks for its tokens."""

from __future__ import annotations

import base64
import itertools
import json
import time
from typing import Any

from aiohttp import web

from tests.served.target import Behaviour, answers


def jwt(serial: int, lasts_s: float) -> str:
    """A token as logins give them; nobody checks its signature here."""
    claims = {"sub": "quintain", "jti": serial, "exp": time.time() + lasts_s}
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, f"signature-{serial:08}"])


class Tokens:
    """What a login gave so far. revoked: those that the target takes no longer."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.revoked: set[str] = set()
        self._serial = itertools.count(1)

    def gives(
        self, *, lasts_s: float = 600, wrap: str = "", delay: float = 0, **more: Any
    ) -> Behaviour:
        """A login that gives a new JWT each time. wrap: the key of an object around the answer."""

        async def behaviour(request: web.Request) -> web.StreamResponse:
            token = jwt(next(self._serial), lasts_s)
            self.given.append(token)
            inner = {"access_token": token, "token_type": "Bearer"} | more
            return await answers({wrap: inner} if wrap else inner, delay=delay)(request)

        return behaviour

    def needed(self, then: Behaviour | None = None, header: str = "Authorization") -> Behaviour:
        """A target that takes calls with a token that was given and not revoked."""

        async def behaviour(request: web.Request) -> web.StreamResponse:
            token = request.headers.get(header, "").removeprefix("Bearer ")
            if token in self.given and token not in self.revoked:
                return await (then or answers())(request)
            body = {"error": {"message": f"no access with {request.headers.get(header)}"}}
            return await answers(body, 401)(request)

        return behaviour

    def revoke_all(self) -> None:
        self.revoked |= set(self.given)
