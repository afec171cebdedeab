"""The names in braces that a custom endpoint's request is filled at."""

from __future__ import annotations

import re
from urllib.parse import quote_plus

NAMES = frozenset({"prompt", "system_prompt", "messages", "model_name", "session_id"})
_CALLERS = "|".join(sorted(NAMES))
PLACEHOLDER = re.compile(rf"\{{(?:{_CALLERS}|auth\.[^{{}}]+)\}}")


def quoted_around(text: str) -> str:
    """Percent-encode all but the placeholders, a space as `+`."""
    literals, names = PLACEHOLDER.split(text), PLACEHOLDER.findall(text)
    parts = [quote_plus(literals[0])]
    for name, literal in zip(names, literals[1:], strict=True):
        parts += [name, quote_plus(literal)]
    return "".join(parts)
