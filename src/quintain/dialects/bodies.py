"""Bodies of our own making, for targets that do not speak OpenAI."""

from __future__ import annotations

from typing import Any

import msgspec

from quintain.errors import BadRequest


def written(body: dict[str, Any]) -> bytes:
    """A body as JSON. Raises BadRequest for one that is nested too deeply."""
    try:
        return msgspec.json.encode(body)
    except RecursionError:
        raise BadRequest("The call is nested too deeply for this model's format.") from None
