"""Which of a model's secrets are masked in what its target sends back, and as what they may stand.

An API key is masked wherever it turns up. The value of a custom header may be an ordinary word, as
in `X-Env: production`, and to mask that would spoil answers: it counts where its header's name or
its own length says that it is a credential.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import orjson

from quintain.gateway.logins.request import basic
from quintain.registry.curled import segments_of, texts_of
from quintain.registry.logins import is_json, login_of
from quintain.registry.placeholders import PLACEHOLDER
from quintain.registry.schema import Header, JwtConfig, ModelConfig
from quintain.secret import Secret

SHORTEST = 8  # characters: a shorter secret may be part of an ordinary word
SHORTEST_UNNAMED = 20  # of a header whose name does not tell
_CREDENTIAL = re.compile(
    r"auth|key|token|secret|cookie|passw|pwd|credential|session|sign", re.IGNORECASE
)
_OPAQUE = re.compile(r"[\w+/=~-]{20,}")  # no address, scope or name of a person
# A part of a path that lets in by itself, as webhooks have it, and no name of a model or a place.
_CAPABILITY = re.compile(
    r"(?=[a-z]*[0-9])[a-z0-9]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE
)
_ORDINARY = frozenset(
    {
        "accept",
        "accept-language",
        "cache-control",
        "content-type",
        "origin",
        "referer",
        "user-agent",
    }
)
_SCHEMES = frozenset({"basic", "bearer", "token"})


def spellings(token: Secret) -> tuple[bytes, ...]:
    """As what a token of a login may stand in an answer."""
    return tuple(text.encode() for text in _spellings(token.reveal()) if len(text) >= SHORTEST)


def spellings_to_mask(config: ModelConfig, *, parts: bool = False) -> tuple[bytes, ...]:
    """The longest first, so that none leaves the rest of another that it begins.

    parts: an API key is made of several, with colons between them.
    """
    texts = {
        text
        for secret, shortest in _secrets(config, parts=parts)
        if secret.readable
        for text in _spellings(secret.reveal())
        if len(text) >= shortest
    }
    return tuple(sorted((text.encode() for text in texts), key=len, reverse=True))


def _secrets(config: ModelConfig, *, parts: bool) -> Iterator[tuple[Secret, int]]:
    """Each secret, and how long it must be to be masked."""
    further = config.auth_data.further if config.auth_data else {}
    if parts:
        for key in config.apikeys or []:
            yield from _parts(key)
    for secret in config.apikeys or []:
        yield secret, SHORTEST
    for secret in further.values():
        yield from _in_every_place(secret)
    yield from _of_headers(config.custom_headers or [])
    for text in texts_of(config):
        yield from _inside(text, by_look=False)
    for segment in segments_of(config):
        if _CAPABILITY.search(segment):
            yield Secret(segment), SHORTEST
    login = login_of(config)
    if login is not None:
        yield from _of_login(login)


def _in_every_place(secret: Secret) -> Iterator[tuple[Secret, int]]:
    """As it is, and as it stands in a URL or a form."""
    text = secret.reveal() if secret.readable else ""
    for each in (text, quote(text, safe=""), quote_plus(text)):
        yield Secret(each), SHORTEST


def _of_headers(headers: list[Header]) -> Iterator[tuple[Secret, int]]:
    for header in headers:
        if header.key.lower() not in _ORDINARY:
            yield header.value, _shortest(header.key)


def _of_login(login: JwtConfig) -> Iterator[tuple[Secret, int]]:
    yield from _of_headers(login.jwt_headers)
    if login.jwt_body is not None:
        yield login.jwt_body, SHORTEST_UNNAMED
        if login.jwt_body.readable:
            yield from _inside(login.jwt_body.reveal())
    secret = login.client_secret
    if secret is not None and secret.readable:
        yield from _in_every_place(secret)
        yield Secret(basic(login)), SHORTEST


def _inside(body: str, *, by_look: bool = True) -> Iterator[tuple[Secret, int]]:
    """The values of a JSON or form that are credentials: by their name, or by their look.

    A chat's body holds names of models too, which look no different.
    """
    for name, value in _named_values(body):
        known = _CREDENTIAL.search(name) or (by_look and _OPAQUE.fullmatch(value))
        if known and not PLACEHOLDER.search(value):
            yield Secret(value), SHORTEST


def _named_values(body: str) -> Iterator[tuple[str, str]]:
    if not is_json(body):
        for pair in body.split("&"):
            name, _, raw = pair.partition("=")
            yield name, raw
            yield name, unquote_plus(raw)
        return
    left: list[tuple[str, Any]] = [("", orjson.loads(body))]
    while left:
        name, value = left.pop()
        if isinstance(value, dict):
            left += value.items()
        elif isinstance(value, list):
            left += [(name, each) for each in value]
        elif isinstance(value, str):
            yield name, value


def _parts(key: Secret) -> Iterator[tuple[Secret, int]]:
    if key.readable:
        for part in key.reveal().split(":"):
            yield Secret(part), SHORTEST


def _shortest(name: str) -> int:
    return SHORTEST if _CREDENTIAL.search(name) else SHORTEST_UNNAMED


def _spellings(text: str) -> Iterator[str]:
    """A credential also without the scheme before it, as in `Bearer <token>`, and as JSON has it."""
    scheme, _, rest = text.partition(" ")
    for each in (text, rest.strip()) if scheme.lower() in _SCHEMES else (text,):
        yield each
        yield json.dumps(each)[1:-1]
        yield json.dumps(each, ensure_ascii=False)[1:-1]
