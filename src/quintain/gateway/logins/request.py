"""The request to a login, made ready once: all that a registration says about how a token is got."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from multidict import CIMultiDict
from yarl import URL

from quintain.registry.logins import is_json
from quintain.registry.schema import JwtConfig, Timeouts
from quintain.secret import Secret

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """where: host and port, the only part of the URL that people are shown.

    key: where in the answer the token stands, as dotted keys; "" where it is for us to find.
    internal, timeouts: the model's own, which hold for its login too.
    """

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: bytes | None
    key: str
    internal: bool
    timeouts: Timeouts

    @property
    def where(self) -> str:
        return f"{self.url.host_subcomponent}:{self.url.port}"


def login_request(given: JwtConfig, *, internal: bool, timeouts: Timeouts) -> LoginRequest:
    """given: with readable secrets, and as `check_login` wants it."""
    body = _text(given.jwt_body)
    headers = CIMultiDict({"Accept": "application/json, text/plain, */*"})
    if body:
        headers["Content-Type"] = "application/json" if is_json(body) else _FORM
    if given.grant_type:
        headers["Content-Type"] = _FORM
        if given.client_auth != "body":
            headers["Authorization"] = basic(given)
        body = "&".join(filter(None, [urlencode(_grant(given)), body]))
    for name in {header.key for header in given.jwt_headers}:
        headers.popall(name, None)
    for header in given.jwt_headers:
        headers.add(header.key, header.value.reveal())
    return LoginRequest(
        method=given.jwt_method,
        url=URL(given.jwt_url),
        headers=headers,
        body=body.encode() or None,
        key=given.jwt_response_key,
        internal=internal,
        timeouts=timeouts,
    )


def basic(given: JwtConfig) -> str:
    """A client's id and secret as a header; each is encoded as a form first (RFC 6749, 2.3.1).

    A space becomes %20 and no plus sign: servers that decode percent signs alone read it too.
    """
    pair = f"{quote(given.client_id or '', safe='')}:{quote(_text(given.client_secret), safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _grant(given: JwtConfig) -> dict[str, str]:
    """The form of RFC 6749, 4.4.2. audience: not in the RFC, but what many servers ask for."""
    fields = {"grant_type": given.grant_type, "scope": given.scope, "audience": given.audience}
    if given.client_auth == "body":
        fields |= {"client_id": given.client_id, "client_secret": _text(given.client_secret)}
    return {name: value for name, value in fields.items() if value}


def _text(secret: Secret | None) -> str:
    return "" if secret is None else secret.reveal()
