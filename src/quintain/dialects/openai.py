"""Targets that speak OpenAI's API: the caller's fields pass as raw JSON, spliced, never rebuilt."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw
from yarl import URL

from quintain.dialects.base import CHAT, COMPLETIONS, Ask, Outgoing
from quintain.dialects.jq import Jq
from quintain.dialects.urls import join
from quintain.errors import BadRequest, Detail
from quintain.registry.providers import effective
from quintain.registry.schema import Endpoint, ModelConfig, Target, Tool

# What a caller alone may decide, since it shapes the answer that the caller waits for.
NOT_DEFAULTS = ("model", "messages", "prompt", "input", "stream", "n")
_encode = msgspec.json.encode


class OpenAI:
    name = "openai"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:  # noqa: ARG002
        endpoint = effective(target.config).endpoint
        if endpoint is None or not endpoint.host:
            return [Detail("model_config.endpoint.host", "is required for this provider")]
        return []

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> OpenAISpeaker:  # noqa: ARG002
        return OpenAISpeaker(model_name, config)


class OpenAISpeaker:
    def __init__(self, model_name: str, config: ModelConfig) -> None:
        endpoint = config.endpoint or Endpoint()
        self._urls = {
            kind: join(endpoint, path or "") for kind, path in (config.paths or {}).items()
        }
        self._model = Raw(_encode(model_name))
        self._system_text = config.system_prompt or ""
        self._system = (
            _encode({"role": "system", "content": self._system_text}) if self._system_text else b""
        )
        self._defaults = _defaults(config)

    def outgoing(self, ask: Ask) -> Outgoing:
        fields = dict(ask.fields)
        for name, value in self._defaults.items():
            fields.setdefault(name, value)
        fields["model"] = self._model
        if self._system:
            self._put_system(ask, fields)
        return Outgoing(self._url(ask), _encode(fields))

    def _url(self, ask: Ask) -> URL:
        kind = "vision" if ask.images and "vision" in self._urls else ask.kind
        url = self._urls.get(kind)
        if url is None:
            raise BadRequest(
                f"This model has no path for {kind}: register one as model_config.paths.{kind}.",
                code="unsupported_call",
            )
        return url

    def _put_system(self, ask: Ask, fields: dict[str, Raw]) -> None:
        if ask.kind == CHAT and "messages" in fields:
            rest = bytes(fields["messages"]).lstrip()[1:].lstrip()
            comma = b"" if rest.startswith(b"]") else b","
            fields["messages"] = Raw(b"[" + self._system + comma + rest)
        elif ask.kind == COMPLETIONS and "prompt" in fields:
            fields["prompt"] = Raw(_encode(self._before(ask.value("prompt"))))

    def _before(self, prompt: Any) -> Any:
        if isinstance(prompt, str):
            return f"{self._system_text}\n\n{prompt}"
        if isinstance(prompt, list) and all(isinstance(each, str) for each in prompt):
            return [self._before(each) for each in prompt]
        raise BadRequest("This model has a system prompt, so prompt must be text.", param="prompt")


def _defaults(config: ModelConfig) -> dict[str, Raw]:
    options = dict(config.default_request_options or {})
    tools = [_tool(tool) for tool in config.tools or [] if tool.parameters is not None]
    if tools:
        options.setdefault("tools", tools)
    return {name: Raw(_encode(value)) for name, value in options.items()}


def _tool(tool: Tool) -> dict[str, Any]:
    return {"type": "function", "function": tool.model_dump()}
