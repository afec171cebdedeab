"""What a target's refusal becomes for the caller.

A target's status never passes where testing tools would read it as ours: 401, 403, 404, 409 and
501 end whole runs, a 5xx that no retry can mend loops for ever. So: 424 for what no retry can
mend, 429/502/503/504 with Retry-After for what may pass, and 400/413/422 as they are from targets
that speak OpenAI, since clients read their bodies.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from quintain.errors import TargetError
from quintain.secret import mask

PASSED_ON = frozenset({400, 413, 422})
EXCERPT = 300  # characters
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def redact(data: bytes, secrets: Iterable[bytes]) -> bytes:
    """Mask a model's own secrets in what its target sent back."""
    for secret in secrets:
        if secret in data:
            data = data.replace(secret, mask(secret.decode()).encode())
    return data


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from a number or an HTTP date (RFC 9110, 10.2.3); None where there is none."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(date: str) -> float:
    """Seconds until an HTTP date; not a number where it is none."""
    try:
        when = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return math.nan
    return (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def as_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def fault(
    status: int, headers: Mapping[str, str], body: bytes, *, by_token: bool = False
) -> TargetError:
    """The error for an answer that is no success.

    body: already redacted. by_token: the call carried a token that a login gave.
    """
    said = as_line(body[: 4 * EXCERPT].decode("utf-8", "replace"))[:EXCERPT]
    told = f" It said: {said}" if said else ""
    if status in {401, 403} and by_token:
        return TargetError(
            "auth",
            f"The target refused the token that the login gave with {status}: check what the login"
            f" grants (scope, audience, client) and how auth_data sends the token.{told}",
            code="target_refused_token",
            http_status=status,
        )
    if status in {401, 403}:
        return TargetError(
            "auth",
            f"The target refused our key with {status}: give the model a valid one in apikeys, or mend auth_data.{told}",
            code="target_refused_key",
            http_status=status,
        )
    if status == 429:
        return _limited(headers, body, told)
    if status in {408, 502, 503, 504} or (status >= 500 and status != 501):
        return _passing(status, headers, told)
    return TargetError("http", _permanent(status, headers) + told, http_status=status)


def _permanent(status: int, headers: Mapping[str, str]) -> str:
    if 300 <= status < 400:
        where = "elsewhere" if "Location" in headers else "nowhere"
        return f"The target redirected the call {where} ({status}), and redirects are not followed: mend endpoint or paths."
    if status in {404, 405, 410}:
        return f"The target knows no such path or model ({status}): mend endpoint, paths or model_name."
    return f"The target refused the call with {status}."


def _limited(headers: Mapping[str, str], body: bytes, told: str) -> TargetError:
    if b"insufficient_quota" in body:
        return TargetError(
            "rate",
            f"The target's quota is used up (429).{told}",
            code="target_quota_used_up",
            http_status=429,
        )
    return TargetError(
        "rate",
        f"The target limits our rate (429): lower rate_per_min to what it allows.{told}",
        code="rate_limit_exceeded",
        passing=True,
        status=429,
        http_status=429,
        retry_after=retry_after(headers),
    )


def _passing(status: int, headers: Mapping[str, str], told: str) -> TargetError:
    ours = {408: 504, 503: 503, 504: 504}.get(status, 502)
    return TargetError(
        "http",
        f"The target failed with {status}.{told}",
        passing=True,
        status=ours,
        http_status=status,
        retry_after=retry_after(headers),
    )
