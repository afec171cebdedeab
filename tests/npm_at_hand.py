"""Packages from npm for the tests: chat widgets and servers that we did not write.

`tests/npm/package.json` names them, each with its exact version. They are installed once into
`.npm-tests/`, which git ignores, by whichever worker comes first; the others wait for it.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

NAMED = Path(__file__).parent / "npm"
KEPT = Path(__file__).parents[1] / ".npm-tests"
LONGEST_S = 300


@cache
def npm_packages() -> Path:
    """The folder `node_modules` with every package that is named, installed where it is missing."""
    assert shutil.which("npm"), "npm is missing: apt-get install nodejs npm"
    KEPT.mkdir(exist_ok=True)
    with _alone():
        stamp, wanted = KEPT / "installed", _wanted()
        if not stamp.exists() or stamp.read_text() != wanted:
            _install()
            stamp.write_text(wanted)
    return KEPT / "node_modules"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    return npm_packages()


def _wanted() -> str:
    files = [NAMED / "package.json", NAMED / ".npmrc"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _install() -> None:
    for name in ("package.json", ".npmrc"):
        shutil.copy(NAMED / name, KEPT / name)
    done = subprocess.run(
        ["npm", "install", "--loglevel=error"],
        cwd=KEPT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, f"npm install failed: {done.stderr[-2000:]}"


@contextmanager
def _alone() -> Iterator[None]:
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
