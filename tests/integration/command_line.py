"""The command line in the tests' own process, so that it is quick; with its environment and stdin."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from quintain.cli import main


@dataclass
class Ended:
    code: int
    out: str
    err: str


def command_line(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, url: str, key: str
) -> Callable[..., Ended]:
    """What runs commands against a server. stdin: text or bytes."""
    monkeypatch.setenv("QUINTAIN_URL", url)
    monkeypatch.setenv("QUINTAIN_API_KEY", key)

    def run(*words: object, stdin: str | bytes = "") -> Ended:
        raw = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run
