"""JSON written from what others sent: what could be read may be too deep to be written again."""

from __future__ import annotations

from typing import Any

import msgspec

from quintain.dialects.reading import another_shape
from quintain.errors import BadRequest

Json = Any


def written(document: Json) -> bytes:
    """JSON for a request. Raises BadRequest where the caller's own part is nested too deeply."""
    try:
        return msgspec.json.encode(document)
    except RecursionError:
        raise BadRequest("The request is nested too deeply.", code="invalid_json") from None


def arguments_of(given: Json) -> str:
    """A call's arguments as JSON text, as OpenAI has them.

    Raises TargetError(stage="mapping") where the target nested them too deeply.
    """
    try:
        return msgspec.json.encode(given).decode()
    except RecursionError:
        raise another_shape("a call's arguments are nested too deeply") from None
