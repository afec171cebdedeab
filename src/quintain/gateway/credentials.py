"""What lets a model's calls in at its target: keys in turn, keys to sign with, or a login's token."""

from __future__ import annotations

from multidict import CIMultiDict

from quintain.dialects.custom.dialect import with_auth
from quintain.gateway.keyturn import KeyTurn, TargetKey
from quintain.gateway.logins.request import login_request
from quintain.gateway.logins.tokens import Carrier, Login
from quintain.registry.logins import login_of
from quintain.registry.providers import token_auth
from quintain.registry.schema import AuthData, JwtConfig, Metadata, ModelConfig, Timeouts
from quintain.secret import Secret

_LOST = "A stored secret of this model cannot be opened and needs to be entered again."


def keys_of(full: ModelConfig, *, signs: bool) -> KeyTurn:
    """full: with the provider's defaults. signs: requests are signed with a key, and carry none."""
    if not all(secret.readable for secret in _shared(full)):
        return KeyTurn([], _LOST)
    base = _base_headers(full)
    if login_of(full) is not None:
        return KeyTurn([TargetKey(base)])
    apikeys = full.apikeys or []
    readable = [secret for secret in apikeys if secret.readable]
    if apikeys and not readable:
        return KeyTurn([], _LOST)
    texts = [text for secret in readable if (text := secret.reveal())]
    auth = full.auth_data or AuthData()
    if signs:
        return KeyTurn([TargetKey(base, Secret(text)) for text in texts or [""]])
    if not texts or not auth.header_name:
        return KeyTurn([TargetKey(base)])
    name = auth.header_name
    return KeyTurn([TargetKey(_with_key(base, name, auth.scheme + text)) for text in texts])


def login_for(
    config: ModelConfig, full: ModelConfig, known: tuple[bytes, ...], label: str
) -> Login | None:
    """config: as registered, since a provider's own header is for its keys.

    None also where a secret was lost: no call is made then, and `keys_of` says why.
    """
    given = login_of(config)
    if given is None or not all(secret.readable for secret in _shared(full)):
        return None
    request = login_request(
        given,
        internal=full.hosting_type == "Internal",
        timeouts=(full.metadata or Metadata()).timeouts or Timeouts(),
    )
    auth = token_auth(config)
    carrier = Carrier(_base_headers(full), auth.header_name or "", auth.scheme)
    return Login(request, carrier, known, label)


def _base_headers(config: ModelConfig) -> CIMultiDict[str]:
    headers = CIMultiDict({"Content-Type": "application/json", "Accept": "*/*"})
    given = CIMultiDict[str]()
    for header in config.custom_headers or []:
        given.add(header.key, with_auth(header.value.reveal(), config.auth_data))
    for name in given:
        headers.popall(name, None)
    headers.extend(given)
    return headers


def _with_key(base: CIMultiDict[str], name: str, value: str) -> CIMultiDict[str]:
    headers = base.copy()
    headers[name] = value
    return headers


def _shared(config: ModelConfig) -> list[Secret]:
    """What goes out with every call or login."""
    further = config.auth_data.further if config.auth_data else {}
    headers = (header.value for header in config.custom_headers or [])
    login = login_of(config)
    curl = [config.custom_curl_command] if config.custom_curl_command is not None else []
    return [*headers, *further.values(), *curl, *(_of_login(login) if login else [])]


def _of_login(login: JwtConfig) -> list[Secret]:
    given = (login.jwt_body, login.client_secret, *(header.value for header in login.jwt_headers))
    return [secret for secret in given if secret is not None]
