"""Where the credentials of a request go: one key into `apikeys`, the rest into other secrets."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any

from quintain.imports.places import Json, Path, name_of, rewritten, written
from quintain.imports.prompts import has_place
from quintain.imports.request import Pairs
from quintain.imports.secretive import (
    is_secret,
    looks_secret,
    named_secret,
    names_variable,
    stands_in,
)
from quintain.registry.schema import AuthData
from quintain.secret import Secret

# The usual headers of keys, the most telling first; any other one by its name.
_KEY_HEADERS = (
    "authorization", "x-api-key", "api-key", "apikey", "x-goog-api-key", "x-portkey-api-key",
    "ocp-apim-subscription-key", "x-functions-key", "x-auth-token", "x-access-token", "token",
)  # fmt: skip
_SIGNED = re.compile(r"(?:AWS4-HMAC-SHA256|Digest|OAuth|Hawk|NTLM|Negotiate)\b", re.IGNORECASE)
_OWN_KEY = re.compile(r"(?<!idempotency)[-_](?:key|token|secret)$", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,30}) +(\S.*)", re.DOTALL)


@dataclass(slots=True)
class Credentials:
    """header, prefix: how the key travels. key: None where the source only names one.

    headers: what is left. extra: secrets that `{auth.NAME}` stands for.
    """

    header: str = ""
    prefix: str = ""
    key: str | None = None
    headers: Pairs = ()
    extra: dict[str, Secret] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def auth_data(self) -> dict[str, Any]:
        auth: dict[str, Any] = dict(self.extra)
        if self.header:
            auth |= {
                "header_name": self.header,
                "header_prefix": self.prefix,
                "space_after_prefix": bool(self.prefix),
            }
        return auth

    def apikeys(self) -> list[Secret]:
        return [Secret(self.key)] if self.key else []

    def hidden(self, name: str, text: str, where: str) -> str:
        """Keep a text as a secret of its own; gives the placeholder that stands for it."""
        known = next((key for key, secret in self.extra.items() if secret.reveal() == text), None)
        if known is None:
            known = self._free(name)
            self.extra[known] = Secret(text)
        self.notes.append(f"{where} held a credential: it is kept as auth_data.{known}.")
        return f"{{auth.{known}}}"

    def _free(self, name: str) -> str:
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:64] or "secret"
        while plain in self.extra or plain in AuthData.model_fields:
            plain += "_"
        return plain


def credentials_of(headers: Pairs) -> Credentials:
    """Take the key's header out of a request's headers."""
    found = Credentials()
    rest = []
    for name, value in headers:
        if name.lower() == "authorization" and _SIGNED.match(value):
            found.notes.append("Authorization was a signature of one request: it is left out.")
        else:
            rest.append((name, value))
    name = _key_header(rest)
    if name:
        _take(found, name, dict(rest)[name])
    found.headers = tuple(pair for pair in rest if pair[0] != name)
    _drop_stand_ins(found)
    return found


def _key_header(headers: list[tuple[str, str]]) -> str:
    names = {name.lower(): name for name, value in headers if not has_place(value)}
    for low in _KEY_HEADERS:
        if low in names:
            return names[low]
    telling = (
        n for n, v in headers if n.lower() in names and n.lower() != "cookie" and _is_key(n, v)
    )
    return next(telling, "")


def _is_key(name: str, value: str) -> bool:
    """Whether a header holds a credential, or names one that the source does not give."""
    bare = _bare(value)
    if stands_in(bare) and (named_secret(name) or names_variable(bare)):
        return True
    return is_secret(name, value) or bool(_OWN_KEY.search(name) and len(value) >= 12)


def _bare(value: str) -> str:
    """A header's value without a scheme such as Bearer."""
    scheme = _SCHEME.fullmatch(value)
    return scheme[2] if scheme else value


def _take(found: Credentials, name: str, value: str) -> None:
    scheme = _SCHEME.fullmatch(value)
    prefix, key = (scheme[1], scheme[2]) if scheme else ("", value)
    bare = name.lower() != "authorization" and prefix.lower() not in {
        "bearer",
        "token",
        "key",
        "basic",
        "apikey",
    }
    found.header, found.prefix = name, "" if bare else prefix
    key = value if bare else key
    if stands_in(key) or _stands_in_pair(prefix, key):
        shown = "" if prefix.lower() == "basic" else f" ({_shown(key)})"
        found.notes.append(
            f"apikeys: the source names the key of {name} without giving it{shown}; give it."
        )
    else:
        found.key = key


def _stands_in_pair(scheme: str, key: str) -> bool:
    """Whether the user or the password of Basic authentication only stands for one."""
    if scheme.lower() != "basic":
        return False
    try:
        user, _, password = b64decode(key, validate=True).decode().partition(":")
    except ValueError:
        return False
    return names_variable(user) or (stands_in(password) and bool(password)) or _braced(user)


def _braced(text: str) -> bool:
    return text.startswith("{") and stands_in(text)


def _shown(stand_in: str) -> str:
    return stand_in.strip("{}")[:60] or "empty"


def _drop_stand_ins(found: Credentials) -> None:
    kept = []
    for name, value in found.headers:
        if _is_key(name, value) and stands_in(_bare(value)):
            found.notes.append(
                f"custom_headers: the source names the value of {name} without giving it; add it."
            )
        else:
            kept.append((name, value))
    found.headers = tuple(kept)


def hide_in_payload(payload: Json, found: Credentials) -> Json:
    """A JSON body without its secrets: `{auth.NAME}` stands where they stood."""

    def change(path: Path, text: str) -> str:
        name = name_of(path)
        if has_place(text) or text.startswith("{session_id}"):
            return text
        if is_secret(name, text):
            return found.hidden(name, text, written(path))
        if named_secret(name) and text and stands_in(text) and "{auth." not in text:
            found.notes.append(
                f"{written(path)}: the source names a credential without giving it; put it in its place."
            )
        return text

    return rewritten(payload, change)


def hide_in_query(query: Pairs, found: Credentials) -> Pairs:
    """A URL's parameters without their secrets."""

    def hide(name: str, text: str) -> str:
        return found.hidden(name, text, f"The URL's parameter {name[:64]}")

    kept = []
    for name, value in query:
        if stands_in(value) and (named_secret(name) or name == "key" or value == "$KEY"):
            plain = re.sub(r"\W+", "_", name, flags=re.ASCII)[:64]
            found.notes.append(
                f"auth_data.{plain}: the source names this credential of the URL without giving it; give it."
            )
            kept.append((name, f"{{auth.{plain}}}"))
        else:
            kept.append(
                (
                    name,
                    hide(name, value) if not has_place(value) and is_secret(name, value) else value,
                )
            )
    return tuple(kept)


def hide_in_path(path: str, found: Credentials) -> str:
    """A URL's path without the credentials that some webhooks put there."""
    return "/".join(
        found.hidden("path_token", step, "The URL's path")
        if len(step) >= 20 and looks_secret(step)
        else step
        for step in path.split("/")
    )
