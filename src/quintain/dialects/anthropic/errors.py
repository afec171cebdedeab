"""Anthropic's errors: their kind tells more than the status that they came with.

Source: Anthropic's API reference, "Errors". In a stream an error comes as an event, after the 200.
"""

from __future__ import annotations

from typing import Any

import orjson

from quintain.errors import TargetError

Json = Any
_STATUSES = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 503,
    "timeout_error": 504,
}
_NO_CREDIT = "credit balance is too low"  # told as 400, as if the request were wrong
_LONGEST = 300  # characters


def status_of(status: int, body: bytes) -> int:
    """What OpenAI's API would give for the refusal."""
    try:
        kind, told = _told(orjson.loads(body))
    except ValueError:
        kind, told = "", ""
    if status == 400 and _NO_CREDIT in told:
        return 402
    return _STATUSES.get(kind, 503 if status == 529 else status)


def failure(event: dict[str, Json]) -> TargetError:
    """The error that a target told in place of an answer, or in the midst of one."""
    kind, told = _told(event)
    message = f"The target failed with {kind or 'an error'}: {told[:_LONGEST]}"
    status = _STATUSES.get(kind, 0)
    if status in (401, 403):
        return TargetError("auth", message, code="target_refused_key", http_status=status)
    if status == 429:
        return TargetError(
            "rate", message, code="rate_limit_exceeded", passing=True, status=429, http_status=429
        )
    if status in (503, 504):
        return TargetError("http", message, passing=True, status=status)
    return TargetError("http", message, passing=kind in ("", "api_error"))


def _told(event: Json) -> tuple[str, str]:
    """The kind of an error and its sentence."""
    error = event.get("error") if isinstance(event, dict) else None
    if not isinstance(error, dict):
        return "", error if isinstance(error, str) else ""
    return str(error.get("type") or ""), str(error.get("message") or "")
