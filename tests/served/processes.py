"""Servers of others, each in a process of its own, as targets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.served.quintain import until


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def sample_chatbot(key: str) -> Iterator[str]:
    """The chatbot that ships with quintain; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "quintain.sample.chatbot", "--port", "0", "--key-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdin.write(key + "\n")
    process.stdin.flush()
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        _end(process)


@contextmanager
def serving(module: str, *arguments: str, health: str, log: Path, **env: str) -> Iterator[str]:
    """A server that takes `--port`, started as `module:function`; gives its address once `health` answers."""
    package, function = module.split(":")
    start = f"import sys; from {package} import {function}; sys.argv[0] = '{package}'; {function}()"
    command = [sys.executable, "-c", start, *arguments]
    with commanded(*command, health=health, log=log, **env) as url:
        yield url


@contextmanager
def commanded(*command: str | Path, health: str, log: Path, **env: str) -> Iterator[str]:
    """Any program that takes `--port`; gives its address once `health` answers."""
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            env=os.environ | env,
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(url + health, process, log), timeout=30)
        yield url
    finally:
        _end(process)


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    process.communicate(timeout=10)
