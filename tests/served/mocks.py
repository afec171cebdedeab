"""Mock LLM servers from PyPI that others wrote, each in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.served.aimock import WEATHER_TOOL
from tests.served.processes import serving

# What fakellm says to what.
RULES = """
version: 1
defaults: {fallback: deterministic_echo}
rules:
  - name: greeting
    when: {messages_contain: hello}
    respond: {content: "Hi there! This is a mock."}
  - name: weather
    when: {tools_include: get_weather}
    respond:
      tool_calls: [{name: get_weather, arguments: {city: Oslo}}]
  - name: limited
    when: {messages_contain: too often}
    respond: {status: 429, error: "Rate limit exceeded (mock)"}
  - name: denied
    when: {messages_contain: wrong key}
    respond: {status: 401, error: "Invalid key (mock)"}
"""


class LLMock:
    """llmock: journals every request and answers as it is told to."""

    def __init__(self, url: str) -> None:
        self.url = url

    def forget(self) -> None:
        """An empty journal, and answers that it makes up."""
        self._post("reset")

    def script(self, *behaviours: dict[str, Any]) -> None:
        """What it does with the next requests, in turn."""
        self._post("scenario", {"behaviors": list(behaviours)})

    def bodies(self) -> list[Any]:
        """What came since it was last told what to do, oldest first."""
        found = httpx.get(f"{self.url}/_llmock/requests", trust_env=False).json()
        entries = found["requests"] if isinstance(found, dict) else found
        return [entry.get("body") or entry.get("request_body") for entry in entries]

    def verdict(self) -> dict[str, Any]:
        """How it judges its client: `passed` and `warnings`."""
        found: dict[str, Any] = httpx.get(f"{self.url}/_llmock/verdict", trust_env=False).json()
        return found

    def _post(self, what: str, document: Any = None) -> None:
        answer = httpx.post(f"{self.url}/_llmock/{what}", json=document, trust_env=False)
        assert answer.is_success, answer.text


@contextmanager
def llmock_running(log: Path) -> Iterator[LLMock]:
    with serving("llmock.cli:app", "serve", health="/health", log=log) as url:
        yield LLMock(url)


@contextmanager
def fakellm_running(directory: Path, rules: str = RULES) -> Iterator[str]:
    """fakellm by these rules, in YAML; gives its address."""
    file = directory / "rules.yaml"
    file.write_text(rules)
    options = ("serve", "--config", str(file))
    started = serving(
        "fakellm.cli:main",
        *options,
        health="/_fakellm/stats",
        log=directory / "log",
        FAKELLM_CONFIG=str(file),
    )
    with started as url:
        yield url


def at(url: str, provider: str, base_path: str = "", **fields: Any) -> dict[str, Any]:
    """A registration's model_config for a model of this provider at a mock."""
    port = int(url.rsplit(":", 1)[1])
    endpoint = {"scheme": "http", "host": "127.0.0.1", "port": port, "base_path": base_path}
    own = {"hosting_type": "Internal", "rate_per_min": 10_000, "endpoint": endpoint}
    return {"model_provider": provider, **own, "apikeys": ["sk-mock-0123456789-abcdef"]} | fields


def asked_for_the_weather(client: Any, model: str) -> Any:
    """A tool is called, told its result, and spoken of; gives the call."""
    asked = {"role": "user", "content": "What is the weather in Oslo?"}
    create = client.chat.completions.create
    message = create(model=model, messages=[asked], tools=[WEATHER_TOOL]).choices[0].message
    [call] = message.tool_calls
    assert call.function.name == "get_weather"
    turns = [
        asked,
        message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"},
    ]
    told = create(model=model, messages=turns, tools=[WEATHER_TOOL])
    assert told.choices[0].message.content
    return call
