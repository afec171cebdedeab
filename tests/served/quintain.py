"""One `quintain serve` process with a data directory of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import openai

ADMIN_KEY = "an-admin-key-for-tests-0123456789abcdef"
START_S = 30


class Quintain:
    """data_dir: kept between starts of one instance. env: further QUINTAIN_* settings."""

    def __init__(self, data_dir: Path, **env: str) -> None:
        self.data_dir = data_dir
        self.env = env
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.log = data_dir.parent / f"{data_dir.name}.log"

    def command(self) -> list[str]:
        return [
            sys.executable,
            "-m",
            "quintain",
            "serve",
            "--port",
            "0",
            "--json",
            "--data-dir",
            str(self.data_dir),
        ]

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("QUINTAIN_")}
        own = {
            "QUINTAIN_ADMIN_KEY": ADMIN_KEY,
            "QUINTAIN_LOCAL_FILE": str(self.data_dir.parent / f"{self.data_dir.name}-local.json"),
        }
        return clean | own | self.env

    def start(self) -> Quintain:
        """Returns when it serves; raises with what it said when it does not come up."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command(),
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self.process.stdout.readline()
        if not line:
            self.status = self.process.wait(START_S)
            self.stop()
            raise AssertionError(f"quintain did not start: {self.log.read_text()}")
        self.started = json.loads(line)
        self.url = self.started["url"]
        return self

    def stop(self, sig: int = signal.SIGTERM, timeout: float = 40) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(sig)
        try:
            return process.wait(timeout)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def logs(self) -> str:
        return self.log.read_text()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = ADMIN_KEY,
        headers: Any = None,
    ) -> httpx.Response:
        """One control-plane or gateway request. body: sent as JSON; bytes as they are."""
        given = {"apikey": key} if key else {}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if content is not None:
            given["content-type"] = "application/json"
        with httpx.Client(base_url=self.url, timeout=90, trust_env=False) as client:
            return client.request(
                method, path, content=content, headers=given | dict(headers or {})
            )

    def add(
        self, name: str, config: dict[str, Any], *, key: str = ADMIN_KEY, **more: Any
    ) -> dict[str, Any]:
        """Register a model; gives its data."""
        body = {
            "model_saved_name": name,
            "model_version": "v1",
            "model_name": "target-model",
            "model_config": config,
        }
        answer = self.call("POST", "/models/add-model", body | more, key=key)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def new_key(self, role: str, **more: Any) -> str:
        answer = self.call("POST", "/keys", {"role": role, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["key"]

    def openai(self, key: str = ADMIN_KEY, **options: Any) -> openai.OpenAI:
        """The stock client, with its retries off unless asked for."""
        return openai.OpenAI(
            base_url=f"{self.url}/v1", api_key=key, **({"max_retries": 0} | options)
        )

    def openai_async(self, key: str = ADMIN_KEY, **options: Any) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(
            base_url=f"{self.url}/v1", api_key=key, **({"max_retries": 0} | options)
        )


def until(condition: Any, timeout: float = 30) -> Any:
    """Look again and again until something is true: for what another process does in its own time."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return found
