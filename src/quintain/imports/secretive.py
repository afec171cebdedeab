"""What is a credential, by its name and by its look, and what only stands for one."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

# Credentials that issuers made to be recognised.
_ISSUED = re.compile(
    r"(?:sk|pk|rk)[-_](?=[\w-]*\d)[\w-]{12,}|gh[opsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[abops]-[\w-]{10,}|AKIA[0-9A-Z]{12,}|ASIA[0-9A-Z]{12,}|AIza[\w-]{20,}|hf_\w{16,}"
    r"|gsk_\w{16,}|xai-\w{16,}|pplx-\w{16,}|r8_\w{16,}|nvapi-[\w-]{16,}|fw_\w{16,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?:Bearer|Basic) +\S{8,}"
)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_RANDOM = re.compile(r"[A-Za-z0-9+/_=.~-]{24,4096}")
_HEX = re.compile(r"[0-9a-f]{32,4096}", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_ALONE = {
    "apikey", "authorization", "auth", "bearer", "credential", "credentials", "jwt", "passwd", "password",
    "passphrase", "pwd", "secret", "sig", "signature", "token", "cookie",
}  # fmt: skip
_BEFORE_KEY = {
    "api",
    "access",
    "private",
    "subscription",
    "function",
    "functions",
    "secret",
    "auth",
    "account",
    "client",
    "app",
    "license",
}
_MEASURES = {
    "count",
    "limit",
    "budget",
    "type",
    "length",
    "usage",
    "url",
    "uri",
    "max",
    "method",
    "scheme",
    "mode",
}

_STAND_IN = re.compile(
    r"""\{\{.*\}\} | \{\w+\} | (?-i:[A-Z]{2,}(?:_[A-Z]+)+) | \$\{?\w+\}? | \$\(.*\) | %\w+% | <.*> | \[.*\] | os\.environ/.* | env[:.].*
      | [*x.\u2022\u2026]{3,} | (?:sk|pk)[-_][*x.\u2026]+ | .*(?:\*{4,}|x{6,}|\.\.\.|\u2026).*
      | (?:.*[_\W])?(?:your|my)[_\W]?(?:.*[_\W])?(?:api|key|apikey|token|secret|password)(?:[_\W].*)?
      | (?:insert|replace|put|add|enter)[_\W].* | change_?me | redacted | placeholder
      | (?:api[_-]?key|token|secret|password|key|undefined|null|none|todo|string) """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_MODEL = re.compile(r"(?:^|_)model(?:_?(?:id|name))?$", re.IGNORECASE)  # long, mixed and public
_VARIABLE = re.compile(r"\{\{.*\}\}|\$\{?\w+\}?|<[^<>]+>|os\.environ/|%\w+%", re.DOTALL)


def named_secret(name: str) -> bool:
    """Whether a field of this name holds a credential."""
    words = [word.lower() for word in _WORD.findall(name[:128])]
    if not words or words[-1] in _MEASURES or words[0] in {"max", "min"}:
        return False
    pairs = pairwise(words)
    return not _ALONE.isdisjoint(words) or any(a in _BEFORE_KEY and b == "key" for a, b in pairs)


def looks_secret(text: str) -> bool:
    """Whether a text looks like a credential whatever its name: issued as one, or random."""
    if _ISSUED.search(text[:8192]):
        return True
    if _UUID.fullmatch(text) or not (_RANDOM.fullmatch(text) or _HEX.fullmatch(text)):
        return False
    return bool(_HEX.fullmatch(text)) or (_mixed(text) and _bits_per_character(text) > 3.7)


def is_secret(name: str, text: str) -> bool:
    """Whether this value of this field is a credential itself."""
    if len(text) < 4 or text.isspace() or stands_in(text) or _MODEL.search(name):
        return False
    key_alone = name.lower() in {"key", "code", "k"} and len(text) >= 16 and " " not in text
    return looks_secret(text) or key_alone or (named_secret(name) and "{" not in text)


def stands_in(text: str) -> bool:
    """Whether a text only names a credential: `$API_KEY`, `<token>`, `YOUR_KEY`, `os.environ/X`."""
    text = text.strip()
    return not text or (len(text) <= 256 and bool(_STAND_IN.fullmatch(text)))


def names_variable(text: str) -> bool:
    """Whether a text that is no credential, such as an address, stands for a variable's value."""
    return bool(_VARIABLE.search(text[:2048]))


def _mixed(text: str) -> bool:
    kinds = (str.isdigit, str.isupper, str.islower)
    return all(any(kind(char) for char in text) for kind in kinds)


def _bits_per_character(text: str) -> float:
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
