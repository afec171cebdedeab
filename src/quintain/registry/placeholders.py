"""The names in braces that a custom endpoint's request is filled at."""

from __future__ import annotations

import re
from urllib.parse import quote_plus

# These stand in an item of a JSON list, which is repeated: for each message of the conversation, or
# for each one before the last of the user.
OF_EACH = frozenset({"message.role", "message.text", "history.role", "history.text"})
NAMES = OF_EACH | {"prompt", "system_prompt", "messages", "model_name", "session_id"}
_CALLERS = "|".join(map(re.escape, sorted(NAMES)))
PLACEHOLDER = re.compile(rf"\{{(?:{_CALLERS}|auth\.[^{{}}]+)\}}")


def quoted_around(text: str) -> str:
    """Percent-encode all but the placeholders, a space as `+`."""
    literals, names = PLACEHOLDER.split(text), PLACEHOLDER.findall(text)
    parts = [quote_plus(literals[0])]
    for name, literal in zip(names, literals[1:], strict=True):
        parts += [name, quote_plus(literal)]
    return "".join(parts)
