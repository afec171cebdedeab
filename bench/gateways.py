"""The gateways that are compared, and how each is started: one process, one target, one model."""

import http.client
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import orjson

from processes import NotStarted, answers, free_port, listens, running
from stub import CALLER_KEY, MODEL, TARGET_KEY

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Running:
    """A started gateway. key: what its callers send as a bearer token."""

    port: int
    pid: int
    key: str = CALLER_KEY
    headers: tuple[tuple[str, str], ...] = ()

    def request_headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}", **dict(self.headers)}


class Gateway(ABC):
    """name: for the table. note: what it does less, or otherwise, than the rest."""

    name: ClassVar[str]
    note: ClassVar[str] = ""

    def missing(self) -> str:
        """Install what can be installed; say what is missing, or nothing."""
        return ""

    @abstractmethod
    def start(self, target: int, folder: Path) -> AbstractContextManager[Running]:
        """Run it in front of the target's port until the block ends."""


def _source(path: str) -> list[str]:
    return [sys.executable, str(HERE / path)]


class Direct(Gateway):
    name = "direct"
    note = "no gateway: the callers talk to the target"

    @contextmanager
    def start(self, target: int, _: Path) -> Iterator[Running]:
        yield Running(target, 0, TARGET_KEY)


class Nginx(Gateway):
    name = "nginx"
    note = "puts a header on, checks no key"

    def missing(self) -> str:
        return "" if _nginx() else "nginx is not installed (Debian: apt-get install nginx-light)"

    @contextmanager
    def start(self, target: int, folder: Path) -> Iterator[Running]:
        port = free_port()
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, port=port, target=target, key=TARGET_KEY))
        command = [_nginx(), "-c", str(config), "-p", str(folder), "-e", str(folder / "error.log")]
        with running(command, lambda: listens(port), folder / "nginx.log") as pid:
            yield Running(port, pid)


def _nginx() -> str:
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx") or ""


_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream target {{
    server 127.0.0.1:{target};
    keepalive 512;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{
      proxy_pass http://target;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer {key}";
    }}
  }}
}}
"""


class Reference(Gateway):
    name = "uvicorn+aiohttp"
    note = "the bare sum of quintain's server and client, with a key check"

    @contextmanager
    def start(self, target: int, folder: Path) -> Iterator[Running]:
        port = free_port()
        command = [
            *_source("reference.py"), "--port", str(port), "--target", f"http://127.0.0.1:{target}",
        ]  # fmt: skip
        with running(command, lambda: listens(port), folder / "reference.log") as pid:
            yield Running(port, pid)


class Quintain(Gateway):
    name = "quintain"
    note = "everything: keys, rate limit, vault, egress policy"

    @contextmanager
    def start(self, target: int, folder: Path) -> Iterator[Running]:
        with quintain(folder / "data", folder / "quintain.log") as running_:
            add_model(running_.port, model_at(target))
            yield running_


@contextmanager
def quintain(data: Path, log: Path) -> Iterator[Running]:
    """Run `quintain serve` over a data directory; the key is an admin's."""
    port = free_port()
    command = [
        sys.executable, "-m", "quintain", "serve",
        "--host", "127.0.0.1", "--port", str(port), "--data-dir", str(data),
    ]  # fmt: skip
    environment = {
        "QUINTAIN_ADMIN_KEY": CALLER_KEY,
        "QUINTAIN_LOCAL_FILE": str(data.parent / "local.json"),  # and not the user's own
    }
    with running(command, lambda: answers(port, "/readyz"), log, environment) as pid:
        yield Running(port, pid)


def model_at(target: int, name: str = MODEL) -> dict[str, object]:
    """Make the body of an add-model call for the stub at this port, as good as without a limit."""
    return {
        "model_saved_name": name,
        "model_version": "v1",
        "testing_for": "foundationModels",
        "model_name": MODEL,
        "model_config": {
            "model_provider": "openai_compatible",
            "hosting_type": "Internal",
            "rate_per_min": 10_000_000,
            "endpoint": {
                "scheme": "http", "host": "127.0.0.1", "port": target, "base_path": "/v1",
            },
            "paths": {"chat": "/chat/completions"},
            "auth_data": {
                "header_name": "Authorization",
                "header_prefix": "Bearer",
                "space_after_prefix": True,
            },
            "apikeys": [TARGET_KEY],
        },
    }  # fmt: skip


def model_name(number: int) -> str:
    return f"bench-model-{number}"


def add_model(port: int, body: dict[str, object]) -> None:
    """Register a model. Raises NotStarted with the answer where it is refused."""
    headers = {"apikey": CALLER_KEY, "content-type": "application/json"}
    status, answer = post(port, "/models/add-model", orjson.dumps(body), headers)
    if status != 200:
        raise NotStarted(f"add-model answered {status}: {answer[:300]!r}")


def post(port: int, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Litellm(Gateway):
    name = "litellm"
    note = "checks its key, rewrites the bodies"
    package = "litellm[proxy]"

    def missing(self) -> str:
        if self._program().exists():
            return ""
        folder = CACHE / "litellm"
        say = _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        return say or _run([str(folder / "bin" / "pip"), "install", "-q", self.package])

    @staticmethod
    def _program() -> Path:
        return CACHE / "litellm" / "bin" / "litellm"

    @contextmanager
    def start(self, target: int, folder: Path) -> Iterator[Running]:
        port = free_port()
        model = {
            "model": f"openai/{MODEL}", "api_base": f"http://127.0.0.1:{target}/v1",
            "api_key": TARGET_KEY,
        }  # fmt: skip
        config = folder / "litellm.json"  # which is YAML too
        config.write_bytes(
            orjson.dumps(
                {
                    "model_list": [{"model_name": MODEL, "litellm_params": model}],
                    "general_settings": {"master_key": CALLER_KEY},
                }
            )
        )
        command = [
            str(self._program()), "--config", str(config), "--host", "127.0.0.1",
            "--port", str(port), "--telemetry", "False",
        ]  # fmt: skip
        quiet = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with running(command, lambda: listens(port), folder / "litellm.log", quiet) as pid:
            yield Running(port, pid)


class Portkey(Gateway):
    name = "portkey"
    note = "checks no key: the caller's own goes on to the target"

    # With the newest node-server that it allows, release 1.15.2 answers every stream with a 500
    # ("TypeError: immutable"): its own peers are measured with a version that works.
    _package: ClassVar[dict[str, object]] = {
        "private": True,
        "dependencies": {"@portkey-ai/gateway": "1.15.2"},
        "overrides": {"@hono/node-server": "1.14.0"},
    }

    def missing(self) -> str:
        if self._program().exists():
            return ""
        folder = CACHE / "portkey"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_bytes(orjson.dumps(self._package))
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        return _run(["npm", "install", "--prefix", str(folder), *quiet])

    @staticmethod
    def _program() -> Path:
        package = CACHE / "portkey" / "node_modules" / "@portkey-ai" / "gateway"
        return package / "build" / "start-server.js"

    @contextmanager
    def start(self, target: int, folder: Path) -> Iterator[Running]:
        port = free_port()
        command = ["node", str(self._program()), f"--port={port}", "--headless"]
        with running(command, lambda: listens(port), folder / "portkey.log") as pid:
            headers = (
                ("x-portkey-provider", "openai"),
                ("x-portkey-custom-host", f"http://127.0.0.1:{target}/v1"),
            )
            yield Running(port, pid, TARGET_KEY, headers)


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    return "" if done.returncode == 0 else f"{command[0]} failed: {done.stderr.strip()[-300:]}"


ALWAYS: tuple[type[Gateway], ...] = (Direct, Reference, Quintain)
PEERS: dict[str, type[Gateway]] = {each.name: each for each in (Nginx, Litellm, Portkey)}
