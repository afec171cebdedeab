"""Names of models as bad as the registry takes them, and shells and parsers to read exports with."""

from __future__ import annotations

import subprocess
import unicodedata

from hypothesis import strategies as st

from quintain.exports.base import Facts

HAZARDS = "'\"\\`$!#&*?|;<>()[]{}%@:,~^= -\u00a0\u2028\u202e\u200b\U0001f40eöé日"
BASE_URL = "http://127.0.0.1:8321/v1"


def _taken(text: str) -> bool:
    plain = all(unicodedata.category(char) not in {"Cc", "Cs"} for char in text)
    return plain and text == text.strip() != ""


_chars = st.one_of(st.sampled_from(HAZARDS), st.characters(exclude_categories=("Cc", "Cs")))
names = st.text(_chars, min_size=1, max_size=40).filter(_taken)
purposes = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


def facts(model: str = "support-gpt:v1", purpose: str = "", key_env: str = "QUINTAIN_API_KEY"):
    return Facts(BASE_URL, model, key_env, purpose)


def bash(script: str, *, cwd=None, **env: str) -> list[str]:
    """What a script wrote, parted at its NULs."""
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]
