"""Every failure that a caller can meet, as one tree.

QuintainError
 ├─ BadRequest 400           not JSON, or a call that no target could take
 ├─ Unauthorized 401         one and the same sentence for every reason
 ├─ Forbidden 403            a known key without the right
 ├─ NotFound 404
 ├─ Conflict 409
 ├─ TooLarge 413
 ├─ UnsupportedMedia 415
 ├─ Invalid 422              field errors, all of them at once
 ├─ RateLimited 429          the wait for a slot was longer than the caller's deadline
 ├─ Unavailable 503          shutting down, or the store is away
 └─ TargetError 424/502/504  the far side failed; names the stage
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Detail:
    """One field's error.

    field: the full dotted path, such as `model_config.endpoint.port`.
    message: what is wrong and what to do, in a sentence.
    """

    field: str
    message: str


def _whole_seconds(seconds: float) -> int:
    """For a Retry-After header: 1 to 60, since clients ignore or give up on anything longer."""
    return max(1, math.ceil(min(60.0, seconds)))


class QuintainError(Exception):
    """The root. `status` is the HTTP status, `code` a stable word for programs."""

    status: ClassVar[int] = 500
    code: str = "internal_error"

    def __init__(
        self, message: str, *, code: str | None = None, details: tuple[Detail, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if code is not None:
            self.code = code


class BadRequest(QuintainError):
    """`param` names the offending field of a gateway call, where there is one."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message, code=code)
        self.param = param


class Unauthorized(QuintainError):
    status = 401
    code = "unauthorized"

    def __init__(self) -> None:
        super().__init__("The API key is missing or not valid.")


class Forbidden(QuintainError):
    status = 403
    code = "forbidden"


class NotFound(QuintainError):
    status = 404
    code = "not_found"


class Conflict(QuintainError):
    status = 409
    code = "conflict"


class TooLarge(QuintainError):
    status = 413
    code = "too_large"


class UnsupportedMedia(QuintainError):
    status = 415
    code = "unsupported_media_type"


class Invalid(QuintainError):
    status = 422
    code = "invalid"

    def __init__(self, details: tuple[Detail, ...], message: str | None = None) -> None:
        first = details[0]
        more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
        super().__init__(message or f"{first.field}: {first.message}{more}", details=details)

    def within(self, field: str) -> Invalid:
        """The same errors, of a document that was given as a field of another one."""
        return Invalid(
            tuple(Detail(f"{field}.{each.field}", each.message) for each in self.details)
        )


class RateLimited(QuintainError):
    """`retry_after`: whole seconds, 1 to 60."""

    status = 429
    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = _whole_seconds(retry_after)


class Unavailable(QuintainError):
    status = 503
    code = "unavailable"


class ShuttingDown(Unavailable):
    code = "shutting_down"

    def __init__(self) -> None:
        super().__init__("The server is shutting down.")


class TargetError(QuintainError):
    """The target could not be reached, refused, or answered in a way that cannot be used.

    stage: `egress`, `dns`, `connect`, `tls`, `auth`, `rate`, `http`, `mapping` or `answer`.
    passing: True when a later try may succeed; False tells clients not to try again.
    http_status: what the target answered, where it answered.
    """

    code = "target_error"

    def __init__(
        self,
        stage: str,
        message: str,
        *,
        code: str | None = None,
        passing: bool = False,
        status: int | None = None,
        http_status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code or f"target_{stage}_failed")
        self.stage = stage
        self.passing = passing
        self.http_status = http_status
        self.retry_after = _whole_seconds(retry_after or 1)
        self.status = status or (502 if passing else 424)  # type: ignore[misc]
