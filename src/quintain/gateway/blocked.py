"""The target's own guard: a prompt that it blocked, as the registration declares it.

Such an answer is the target's verdict on one prompt, no failure: it becomes 200 with
`finish_reason: content_filter`, so that it ends nobody's run.
"""

from __future__ import annotations

from typing import Any

import orjson

from quintain.dialects.jq import Jq, JqBusy, JqFailed, JqTimeout
from quintain.registry.schema import Blocked

_LONGEST_TEXT = 20_000  # characters


async def is_blocked(declared: Blocked | None, status: int, body: bytes, jq: Jq) -> bool:
    """Whether this answer is what the registration calls blocked.

    A body of another shape than the declared jq reads is none. Raises JqTimeout or JqBusy.
    """
    if declared is None or status not in declared.statuses:
        return False
    if declared.match is None:
        return True
    try:
        return any(await jq.run(declared.match, body if _is_json(body) else _text(body)))
    except (JqTimeout, JqBusy):
        raise
    except JqFailed:
        return False


def blocked_text(status: int, body: bytes) -> str:
    """The target's words about the block; never empty."""
    return sentence_of(body)[:_LONGEST_TEXT] or f"The target blocked this prompt with {status}."


def sentence_of(body: bytes) -> str:
    """What a refusal says, from where targets usually put it, else all of it."""
    return (_message(body) or _text(body)).strip()


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _message(body: bytes) -> str:
    """The sentence from where targets usually put it; empty where there is none."""
    value: Any = orjson.loads(body) if _is_json(body) else None
    if not isinstance(value, dict):
        return value if isinstance(value, str) else ""
    error = value.get("error")
    inner = error if isinstance(error, dict) else value
    found = inner.get("message") or inner.get("detail") or error
    return found if isinstance(found, str) else ""
