"""What a page leaves to its reader, and its reader left where it was: `{app_id}`, `YOUR_BOT`."""

from __future__ import annotations

import re
from typing import Any

from quintain.imports.places import texts
from quintain.registry.placeholders import PLACEHOLDER

_IN_PATH = re.compile(r"\{\{?[\w.-]{1,64}\}?\}|<[\w -]{1,64}>|\b(?:YOUR|MY)_[A-Z_]{2,64}\b")
_IN_TEXT = re.compile(r"\{\{[\w.-]{1,64}\}\}")
MOST = 5


def unfilled(config: dict[str, Any]) -> list[str]:
    """A note for the path and one for the payload, where a value is still to give."""
    path = (config.get("paths") or {}).get("chat") or ""
    named = _IN_PATH.findall(PLACEHOLDER.sub("", path))
    notes = [_note("paths.chat", named)] if named else []
    within = [
        name for _, text in texts(config.get("custom_payload")) for name in _IN_TEXT.findall(text)
    ]
    return [*notes, *([_note("custom_payload", within)] if within else [])]


def _note(field: str, names: list[str]) -> str:
    shown = ", ".join(list(dict.fromkeys(names))[:MOST])
    return f"{field}: {shown} only stands for a value; put the value in its place."
