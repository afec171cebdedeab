"""What a login answers: the token in it, and how long it lasts.

A login's own words are never repeated here: what holds the token may not come into an error.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson

from quintain.secret import Secret

UNTOLD_S = 300.0  # how long a token is taken to last where nothing tells
LONGEST_S = 86_400.0  # however long it is said to last
LONGEST_TOKEN = 16_384  # characters; servers take headers of 8 to 64 KiB
USUAL = ("access_token", "token", "id_token", "accessToken", "idToken", "jwt")
HEADER = "header:"
_NONE: Mapping[str, str] = MappingProxyType({})
_LASTS = ("expires_in", "expiresIn")
_ENDS = ("expires_at", "expiresAt", "expires_on", "exp")
_MILLISECONDS = 1e11  # as seconds: a year far off; as milliseconds: 1973
_NAME = re.compile(r"[\w.-]{1,40}", re.ASCII)
_INDEX = re.compile(r"[0-9]{1,9}")
_SENDABLE = re.compile(r"[\x20-\x7e]+")
_LONE_TOKEN = re.compile(r"(?:(?:bearer|token|jwt) )?[^<\s]\S*", re.IGNORECASE)


class NoToken(ValueError):
    """The answer has none that can be used. The sentence names fields, and no value."""


@dataclass(frozen=True, slots=True)
class Granted:
    """lasts_s: seconds from now."""

    token: Secret
    lasts_s: float


def granted(body: bytes, key: str, headers: Mapping[str, str] = _NONE) -> Granted:
    """Read a success. key: dotted, `header:NAME`, or "" where it is for us to find. Raises NoToken."""
    answer = _parsed(body)
    if key.startswith(HEADER):
        holder, value = answer, headers.get(key.removeprefix(HEADER).strip())
    else:
        holder, value = _found(answer, key)
    text = _usable(value, key)
    return Granted(Secret(text), lasts(text, [holder, answer], time.time()))


def pick(answer: Any, key: str) -> tuple[Any, Any]:
    """What stands at a dotted key, and the object or list around it.

    A part of the key is a name, or a position in a list. A name with dots in it is found as the
    last part. Raises KeyError where there is nothing.
    """
    holder, rest = answer, key
    while True:
        if isinstance(holder, dict) and rest in holder:
            return holder, holder[rest]
        part, dot, rest = rest.partition(".")
        inner = _item(holder, part)
        if not dot:
            return holder, inner
        holder = inner


def lasts(token: str, beside: list[Any], now: float) -> float:
    """Seconds until the first end that the token, or the answer around it, tells."""
    told = [end - now for end in _claim(token)]
    for each in beside:
        if isinstance(each, dict):
            told += [seconds for name in _LASTS for seconds in _number(each.get(name))]
            told += [end - now for name in _ENDS for end in _moment(each.get(name))]
    # An end in the past is a wrong clock, theirs or ours: the target will say so if it is not.
    ahead = [seconds for seconds in told if seconds > 0]
    return min([*ahead, LONGEST_S]) if ahead else UNTOLD_S


def _parsed(body: bytes) -> Any:
    """JSON, or else the text itself."""
    try:
        return orjson.loads(body := body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace").strip()


def _found(answer: Any, key: str) -> tuple[Any, Any]:
    if key:
        try:
            return pick(answer, key)
        except KeyError:
            raise NoToken(f"has nothing at jwt_response_key {key!r}{_outline(answer)}") from None
    if isinstance(answer, str) and not _LONE_TOKEN.fullmatch(answer):
        raise NoToken("is neither JSON nor a token by itself: check jwt_url and jwt_method")
    if not isinstance(answer, dict):
        return answer, answer
    name = next((name for name in USUAL if answer.get(name)), None)
    if name is None:
        raise NoToken(
            f"has none of {', '.join(USUAL)}{_outline(answer)}; say in jwt_response_key where it is"
        )
    return answer, answer[name]


def _item(holder: Any, part: str) -> Any:
    if isinstance(holder, dict):
        return holder[part]
    if isinstance(holder, list) and _INDEX.fullmatch(part) and int(part) < len(holder):
        return holder[int(part)]
    raise KeyError(part)


def _outline(answer: Any) -> str:
    """What it has instead: names, where they look like names."""
    if not isinstance(answer, dict):
        return "; it is no JSON object" if not isinstance(answer, list) else "; it is a JSON list"
    names = [name for name in list(answer)[:10] if _NAME.fullmatch(name)]
    return f"; it has the fields {', '.join(names)}" if names else ""


def _usable(value: Any, key: str) -> str:
    where = f"at jwt_response_key {key!r} " if key else ""
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    text = str(value).strip() if is_text else ""
    if not text:
        raise NoToken(f"has {where}no text that could be a token")
    if len(text) > LONGEST_TOKEN:
        raise NoToken(f"has {where}a text of more than {LONGEST_TOKEN} characters")
    if not _SENDABLE.fullmatch(text):
        raise NoToken(f"has {where}a text that no header can carry")
    return text


def _claim(token: str) -> Iterator[float]:
    """The `exp` of a JWT (RFC 7519, 4.1.4). Unverified: it is the target that trusts the token."""
    parts = token.split(".")
    if len(parts) != 3:
        return
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return
    if isinstance(claims, dict):
        yield from _number(claims.get("exp"))


def _moment(value: Any) -> Iterator[float]:
    """A time as seconds since 1970: from such seconds, milliseconds or an ISO 8601 text."""
    for number in _number(value):
        yield number / 1000 if number > _MILLISECONDS else number
        return
    if isinstance(value, str):
        try:
            when = datetime.fromisoformat(value)
            yield when.replace(tzinfo=when.tzinfo or UTC).timestamp()
        except (ValueError, OverflowError):
            return


def _number(value: Any) -> Iterator[float]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return
    if math.isfinite(number):
        yield number
