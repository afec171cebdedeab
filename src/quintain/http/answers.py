"""How errors look on the wire: ours, and OpenAI's below /v1 (docs/errors.md)."""

from __future__ import annotations

from typing import Any

import orjson

from quintain.errors import (
    BadRequest,
    Invalid,
    QuintainError,
    RateLimited,
    TargetError,
    Unavailable,
)


class Unexpected(QuintainError):
    """What nobody foresaw: the log has it, the caller only the request id."""

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side; the log has it under this request id.")


_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}
RETRY_UNAVAILABLE_S = 2


def control_error(error: QuintainError, request_id: str) -> bytes:
    body: dict[str, Any] = {"message": error.message, "error": error.code}
    if error.details:
        body["details"] = [{"field": each.field, "message": each.message} for each in error.details]
    return orjson.dumps(body | {"request_id": request_id})


def openai_error(error: QuintainError) -> bytes:
    """`type` in OpenAI's words; `code` is the same stable word as on the control plane."""
    param = error.param if isinstance(error, BadRequest) else None
    if isinstance(error, Invalid):
        param = error.details[0].field
    kind = _TYPES.get(error.status, "server_error" if error.status >= 500 else "target_error")
    code = "invalid_api_key" if error.status == 401 else error.code
    return orjson.dumps(
        {"error": {"message": error.message, "type": kind, "param": param, "code": code}}
    )


def retry_headers(error: QuintainError) -> list[tuple[bytes, bytes]]:
    """Whether a client's library should try again, and when: CLIENTS obey these two headers."""
    if isinstance(error, RateLimited):
        return [(b"retry-after", str(error.retry_after).encode())]
    if isinstance(error, TargetError):
        if error.passing:
            return [(b"retry-after", str(error.retry_after).encode())]
        return [(b"x-should-retry", b"false")]
    if isinstance(error, Unavailable):
        return [(b"retry-after", str(RETRY_UNAVAILABLE_S).encode())]
    return []
