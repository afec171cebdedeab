"""aimock: a mock of many providers' own APIs that others wrote, from npm.

One server speaks them all: OpenAI (`/v1/chat/completions`, `/v1/responses`, `/v1/embeddings`),
Azure (`/openai/deployments/NAME/...`), Anthropic (`/v1/messages`), Gemini
(`/v1beta/models/NAME:generateContent`), Bedrock (`/model/NAME/converse`), Cohere (`/v2/chat`),
Ollama. A path below any other prefix that ends like OpenAI's is taken for OpenAI's. What it says
to which prompt stands in `aimock.json`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.npm_at_hand import npm_packages
from tests.served.processes import commanded

FIXTURES = Path(__file__).with_name("aimock.json")
GREETING = "Hello from aimock, which speaks every provider's own format."
WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city now.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class AIMock:
    """url: where it listens, without a path."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def config(self, provider: str, base_path: str = "", **fields: Any) -> dict[str, Any]:
        """A registration's model_config for a model of this provider at the mock."""
        endpoint = {
            "scheme": "http",
            "host": "127.0.0.1",
            "port": self.port,
            "base_path": base_path,
        }
        own = {"hosting_type": "Internal", "rate_per_min": 10_000, "endpoint": endpoint}
        keys = {"apikeys": ["sk-mock-0123456789-abcdef"]}
        return {"model_provider": provider} | own | keys | fields

    def requests(self) -> list[dict[str, Any]]:
        """What came since the test began, oldest first: each with its `path`, `headers` and `body`
        (of which the mock keeps a form of its own, near OpenAI's).
        """
        found: list[dict[str, Any]] = httpx.get(self._journal, trust_env=False).json()
        return found

    def forget(self) -> None:
        httpx.post(f"{self.url}/__aimock/reset/journal", trust_env=False).raise_for_status()

    @property
    def _journal(self) -> str:
        return f"{self.url}/__aimock/journal"


@contextmanager
def aimock_running(log: Path, fixtures: Path = FIXTURES) -> Iterator[AIMock]:
    """A mock on a port of its own. log: the file for what it says."""
    node = shutil.which("node")
    assert node, "Node.js 20 or newer is needed for the tests against aimock"
    program = npm_packages() / "@copilotkit" / "aimock" / "dist" / "cli.js"
    options = ("--fixtures", fixtures, "--strict", "--validate-on-load")
    with commanded(node, program, *options, health="/health", log=log) as url:
        yield AIMock(url)
