"""What this engine has to offer, for people to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .attacks import ATTACKS
from .converters import CONVERTERS, NONE
from .seeds import LOCAL


def entries() -> Iterator[dict[str, Any]]:
    """Attacks, then converters of prompt_sending, then PyRIT's own data sets."""
    for attack in ATTACKS.values():
        yield _entry(f"pyrit:{attack.name}", attack.title, attack.technique, list(attack.needs))
    for kind in CONVERTERS.values():
        if kind.name != NONE:
            probe = f"pyrit:prompt_sending.{kind.name}"
            yield _entry(probe, f"Prompts, {kind.title}", kind.technique, [], "converter")
    for local in LOCAL.values():
        needs = ["judge"] if local.judged else []
        probe = f"pyrit:prompt_sending.{NONE}.{local.name}"
        entry = _entry(probe, local.title, "direct", needs, "seeds")
        yield entry | {"category": local.category, "prompts": local.number}


def _entry(probe: str, title: str, technique: str, needs: list[str], *tags: str) -> dict[str, Any]:
    return {
        "probe": probe,
        "title": title,
        "category": "jailbreak",
        "technique": technique,
        "tags": list(tags),
        "prompts": 0,
        "needs": needs,
    }
