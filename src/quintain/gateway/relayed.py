"""What another provider says of the caller's request, in the words of OpenAI's errors."""

from __future__ import annotations

import re

from quintain.errors import BadRequest, QuintainError, TooLarge
from quintain.gateway.blocked import sentence_of

_LONGEST = 2000  # characters
# Clients tell a prompt that is too long from other refusals by OpenAI's code for it.
_TOO_LONG = re.compile(
    r"too long|too many (?:input )?tokens|context[ _](?:length|window)|maximum (?:context|number of tokens)"
    r"|exceeds? the (?:maximum|limit|model)",
    re.IGNORECASE,
)
_BLOCKED = re.compile(r"content[ _](?:filter|management|policy)|responsible ai", re.IGNORECASE)


def relayed(status: int, body: bytes) -> QuintainError:
    """The error of a request that the provider refused. body: already redacted."""
    told = sentence_of(body)[:_LONGEST] or "it gave no reason"
    whole = told + body[:_LONGEST].decode("utf-8", "replace")  # a code stands beside the sentence
    message = f"The target refused the request with {status}: {told}"
    if status == 413:
        return TooLarge(message)
    if _BLOCKED.search(whole):
        return BadRequest(message, code="content_filter")
    if _TOO_LONG.search(whole):
        return BadRequest(message, code="context_length_exceeded")
    return BadRequest(message, code="target_refused_request")
