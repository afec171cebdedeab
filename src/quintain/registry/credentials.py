"""The text of API keys: how one is made, what is public of it, and what of it is stored."""

from __future__ import annotations

import hashlib
import re
import secrets
import string

PREFIX_LENGTH = 8
_ALPHABET = string.ascii_letters + string.digits
_MADE_BY_US = re.compile(r"(qt_[0-9A-Za-z]{8})_[0-9A-Za-z_-]{43}")
_GIVEN_LABEL = b"quintain admin key prefix\0"


def new_key() -> str:
    """`qt_<8 public characters>_<43 characters>`: 256 random bits behind the public part."""
    public = "".join(secrets.choice(_ALPHABET) for _ in range(PREFIX_LENGTH))
    return f"qt_{public}_{secrets.token_urlsafe(32)}"


def is_ours(text: str) -> bool:
    return _MADE_BY_US.fullmatch(text) is not None


def prefix_of(text: str) -> str:
    """The public name of a key: of one that an operator chose, `env_` and a short digest."""
    ours = _MADE_BY_US.fullmatch(text)
    return ours[1] if ours else f"env_{_digest(_GIVEN_LABEL, text).hex()[:8]}"


def digest_of(text: str) -> bytes:
    """What is stored. A plain hash is enough: nobody guesses 256 random bits."""
    return _digest(b"", text)


def _digest(label: bytes, text: str) -> bytes:
    return hashlib.sha256(label + text.encode("utf-8", "surrogatepass")).digest()
