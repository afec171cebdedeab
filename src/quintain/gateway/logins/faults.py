"""What a failed login becomes: stage `auth`, and a sentence that says which of the two calls it was.

A login answers to credentials: of what it says only what it calls its error is repeated, and
nothing that looks like a token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from quintain.errors import TargetError
from quintain.gateway.faults import EXCERPT, as_line, redact, retry_after

_FIELD = re.compile(r"endpoint\.(host|port|scheme)")
# Three parts of base64url, the first of them JSON: RFC 7515, 3.1.
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]*\.?[\w-]*")


def unreachable(where: str, error: TargetError) -> TargetError:
    """error: of the way to the login; its sentence is about a target's fields."""
    reason = _FIELD.sub(r"the \1 in jwt_url", error.message).replace("the target", "the login")
    return TargetError(
        "auth",
        f"The login at {where} gave no token: {reason}",
        code="login_unreachable",
        passing=error.passing,
        status=error.status,
    )


def silent(where: str, seconds: float) -> TargetError:
    return TargetError(
        "auth",
        f"The login at {where} did not answer within {seconds:g} s: look into its log, or check"
        " model_jwt_config.jwt_url.",
        code="login_unreachable",
        passing=True,
        status=504,
    )


def unusable(where: str, why: str) -> TargetError:
    """why: what is wrong with a success, as the end of a sentence."""
    return TargetError(
        "auth", f"The answer of the login at {where} {why}.", code="login_without_token"
    )


def refused(
    where: str, status: int, headers: Mapping[str, str], body: bytes, secrets: tuple[bytes, ...]
) -> TargetError:
    said = _said(redact(body, secrets))
    passing = status in {408, 429} or (status >= 500 and status != 501)
    return TargetError(
        "auth",
        f"The login at {where} answered {status}: {_hint(status, headers)}.{said}",
        code="login_failed",
        passing=passing,
        http_status=status,
        retry_after=retry_after(headers) if passing else None,
    )


def _hint(status: int, headers: Mapping[str, str]) -> str:
    if 300 <= status < 400:
        where = "elsewhere" if "Location" in headers else "nowhere"
        return f"it redirects {where}, and redirects are not followed; mend jwt_url"
    if status == 429:
        return "it limits how often we may log in; try again later"
    if status in {404, 405, 410}:
        return "it knows no such path or method; mend jwt_url or jwt_method"
    if status >= 500 or status == 408:
        return "it failed; try again, or look into its log"
    return "it refused our credentials; mend jwt_body, jwt_headers, client_id or client_secret"


def _said(body: bytes) -> str:
    """The error as OAuth 2.0 (RFC 6749, 5.2) or as most others name it; `body` is redacted."""
    try:
        answer: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(answer, dict):
        return ""
    words = [answer.get(name) for name in ("error", "error_description", "message", "detail")]
    text = ": ".join(word for word in words if isinstance(word, str) and word)
    said = as_line(_JWT.sub("xxxxx", text)[:EXCERPT])
    return f" It said: {said}" if said else ""
