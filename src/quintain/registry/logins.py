"""What a registration's login must be, beyond the types of its fields.

A login is a second request, to `jwt_url`, that gives the token which calls carry. With `grant_type`
it is OAuth 2.0's client credentials (RFC 6749, 4.4), else whatever the registration spells out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

import orjson
from yarl import URL

from quintain.errors import Detail
from quintain.registry.schema import JwtConfig, ModelConfig
from quintain.registry.secrets import ROOT, TOKEN
from quintain.secret import Secret

GRANT_FIELDS = ("client_id", "client_secret", "client_auth", "scope", "audience")
# What the fields say; a further form of the user's may not say it a second time.
_OURS = frozenset({"grant_type", "client_id", "client_secret", "scope", "audience"})
_EMPTY = JwtConfig(jwt_headers=[])
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")
_CREDENTIALS = re.compile(r"[^/?#]*//[^/?#]*@")


def login_of(config: ModelConfig) -> JwtConfig | None:
    """The login that calls go by, None where they do not go by one.

    `model_auth_type` decides; where it is left out, a `jwt_url` does.
    """
    given = config.model_jwt_config
    if config.model_auth_type is None:
        return given if given is not None and given.jwt_url else None
    return (given or _EMPTY) if config.model_auth_type == "jwt" else None


def check_login(config: ModelConfig) -> list[Detail]:
    """Everything that is wrong with it, by full path."""
    given = config.model_jwt_config
    if login_of(config) is None:
        return list(_wrong_url(given)) if given is not None and given.jwt_url else []
    given = given or _EMPTY
    rules = _wrong_grant(given) if given.grant_type else _needs_grant(given)
    return [*_wrong_url(given), *rules, *_wrong_header(config)]


def is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _wrong_url(given: JwtConfig) -> Iterator[Detail]:
    path = f"{TOKEN}.jwt_url"
    if not given.jwt_url:
        yield Detail(path, "is required when model_auth_type is jwt")
    elif _NOT_IN_URL.search(given.jwt_url):
        yield Detail(path, "must not contain spaces, control characters or '\\'")
    elif not _is_web(given.jwt_url):
        yield Detail(path, "must be http(s)://host[:port]/path")
    elif _CREDENTIALS.match(given.jwt_url):
        yield Detail(
            path, "must not contain a user or password: put them into jwt_headers or jwt_body"
        )


def _is_web(text: str) -> bool:
    try:
        url = URL(text)
        return url.scheme in {"http", "https"} and bool(url.raw_host) and url.port != 0
    except ValueError:
        return False


def _needs_grant(given: JwtConfig) -> Iterator[Detail]:
    for name in GRANT_FIELDS:
        if getattr(given, name) is not None:
            yield Detail(
                f"{TOKEN}.{name}", "has an effect only with grant_type: client_credentials"
            )


def _wrong_grant(given: JwtConfig) -> Iterator[Detail]:
    if not given.client_id:
        yield Detail(f"{TOKEN}.client_id", "is required with grant_type")
    if given.client_secret is None:
        yield Detail(f"{TOKEN}.client_secret", "is required with grant_type")
    if given.jwt_method != "POST":
        yield Detail(f"{TOKEN}.jwt_method", "must be POST with grant_type")
    if given.jwt_body is not None:
        yield from _wrong_form(given.jwt_body)
    if given.client_auth != "body":
        for index, header in enumerate(given.jwt_headers):
            if header.key.lower() == "authorization":
                yield Detail(
                    f"{TOKEN}.jwt_headers.{index}.key",
                    "is made from client_id and client_secret: leave it out, or set client_auth to body",
                )


def _wrong_form(body: Secret) -> Iterator[Detail]:
    """What is wrong with the further fields of a grant's form. No word of the body is told."""
    text = body.reveal() if body.readable else ""
    if text and is_json(text):
        yield Detail(
            f"{TOKEN}.jwt_body",
            "must be a form with grant_type, such as resource=https%3A%2F%2Fapi.example.com",
        )
        return
    twice = sorted({name for name, _ in parse_qsl(text, keep_blank_values=True)} & _OURS)
    if twice:
        yield Detail(
            f"{TOKEN}.jwt_body",
            f"must not repeat what has a field of its own: {', '.join(twice)}",
        )


def _wrong_header(config: ModelConfig) -> Iterator[Detail]:
    if config.auth_data is not None and config.auth_data.header_name == "":
        yield Detail(
            f"{ROOT}.auth_data.header_name",
            "must name the header that carries the token; leave it out for Authorization",
        )
