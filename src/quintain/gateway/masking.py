"""Which of a model's secrets are masked in what its target sends back, and as what they may stand.

An API key is masked wherever it turns up. The value of a custom header may be an ordinary word, as
in `X-Env: production`, and to mask that would spoil answers: it counts where its header's name or
its own length says that it is a credential.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from quintain.registry.schema import Header, ModelConfig
from quintain.secret import Secret

SHORTEST = 8  # characters: a shorter secret may be part of an ordinary word
SHORTEST_UNNAMED = 20  # of a header whose name does not tell
_CREDENTIAL = re.compile(
    r"auth|key|token|secret|cookie|passw|credential|session|sign", re.IGNORECASE
)
_ORDINARY = frozenset(
    {
        "accept",
        "accept-language",
        "cache-control",
        "content-type",
        "origin",
        "referer",
        "user-agent",
    }
)
_SCHEMES = frozenset({"basic", "bearer", "token"})


def spellings_to_mask(config: ModelConfig) -> tuple[bytes, ...]:
    """The longest first, so that none leaves the rest of another that it begins."""
    texts = {
        text
        for secret, shortest in _secrets(config)
        if secret.readable
        for text in _spellings(secret.reveal())
        if len(text) >= shortest
    }
    return tuple(sorted((text.encode() for text in texts), key=len, reverse=True))


def _secrets(config: ModelConfig) -> Iterator[tuple[Secret, int]]:
    """Each secret, and how long it must be to be masked."""
    further = config.auth_data.further if config.auth_data else {}
    for secret in (*(config.apikeys or []), *further.values()):
        yield secret, SHORTEST
    for header in config.custom_headers or []:
        if header.key.lower() not in _ORDINARY:
            yield header.value, _shortest(header)


def _shortest(header: Header) -> int:
    return SHORTEST if _CREDENTIAL.search(header.key) else SHORTEST_UNNAMED


def _spellings(text: str) -> Iterator[str]:
    """A credential also without the scheme before it, as in `Bearer <token>`, and as JSON has it."""
    scheme, _, rest = text.partition(" ")
    for each in (text, rest.strip()) if scheme.lower() in _SCHEMES else (text,):
        yield each
        yield json.dumps(each)[1:-1]
        yield json.dumps(each, ensure_ascii=False)[1:-1]
