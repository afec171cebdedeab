"""The target's own guard: a prompt that it blocked, as the registration declares it.

Such an answer is the target's verdict on one prompt, no failure: it becomes 200 with
`finish_reason: content_filter`, so that it ends nobody's run.
"""

from __future__ import annotations

from typing import Any

import orjson

from quintain.dialects.jq import Jq
from quintain.registry.schema import Blocked

_LONGEST_TEXT = 20_000  # characters


async def is_blocked(declared: Blocked | None, status: int, body: bytes, jq: Jq) -> bool:
    """Whether this answer is what the registration calls blocked.

    Raises JqFailed when its jq does not fit.
    """
    if declared is None or status not in declared.statuses:
        return False
    if declared.match is None:
        return True
    return any(await jq.run(declared.match, _value(body)))


def blocked_text(status: int, body: bytes) -> str:
    """The target's words about the block; never empty."""
    value = _value(body)
    text = _message(value) if isinstance(value, dict) else str(value)
    return text.strip()[:_LONGEST_TEXT] or f"The target blocked this prompt with {status}."


def _value(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def _message(value: dict[str, Any]) -> str:
    """Where targets usually put their sentence, else the whole body."""
    error = value.get("error")
    inner = error if isinstance(error, dict) else value
    found = (
        inner.get("message") or inner.get("detail") or (error if isinstance(error, str) else None)
    )
    return found if isinstance(found, str) else orjson.dumps(value).decode()
