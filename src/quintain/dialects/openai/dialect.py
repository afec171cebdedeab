"""Targets that speak OpenAI's API: the caller's fields pass as raw JSON, spliced, never rebuilt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw
from yarl import URL

from quintain.dialects.base import CHAT, COMPLETIONS, RESPONSES, Ask, Outgoing, Speaker
from quintain.dialects.jq import Jq
from quintain.dialects.openai.defaults import for_chat, for_others, for_responses
from quintain.dialects.places import host_missing
from quintain.dialects.urls import join, with_model
from quintain.errors import BadRequest, Detail
from quintain.registry.schema import Endpoint, ModelConfig, Target

# What a caller alone may decide, since it shapes the answer that the caller waits for.
NOT_DEFAULTS = ("model", "messages", "prompt", "input", "stream", "n")
# Two names of one option: a target that gets both refuses the call.
_TWINS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_encode = msgspec.json.encode
_ABSENT = (b"", b"null", b'""')


class OpenAI:
    name = "openai"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:  # noqa: ARG002
        return host_missing(target.config)

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> Speaker:  # noqa: ARG002
        return OpenAISpeaker(model_name, config)


class OpenAISpeaker:
    def __init__(self, model_name: str, config: ModelConfig) -> None:
        self._urls = _urls(model_name, config)
        self._model = Raw(_encode(model_name))
        self._system_text = config.system_prompt or ""
        self._system = (
            _encode({"role": "system", "content": self._system_text}) if self._system_text else b""
        )
        self._defaults: Mapping[str, Mapping[str, Raw]] = {
            CHAT: for_chat(config),
            RESPONSES: for_responses(config),
        }
        self._other_defaults = for_others(config)

    def outgoing(self, ask: Ask) -> Outgoing:
        return Outgoing(self.url(ask), _encode(self.fields(ask)))

    def fields(self, ask: Ask) -> dict[str, Raw]:
        """The body's fields: the caller's, below them what the registration adds."""
        fields = dict(ask.fields)
        for name, value in self._defaults.get(ask.kind, self._other_defaults).items():
            if _TWINS.get(name) not in fields:
                fields.setdefault(name, value)
        fields["model"] = self._model
        if self._system and not ask.continued:
            self._put_system(ask, fields)
        return fields

    def url(self, ask: Ask) -> URL:
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
            fields["prompt"] = Raw(_encode(self._before(ask.value("prompt"), "prompt")))
        elif ask.kind == RESPONSES:
            given = bytes(fields.get("instructions", b"")) not in _ABSENT
            own = self._before(ask.value("instructions"), "instructions") if given else ""
            fields["instructions"] = Raw(_encode(own or self._system_text))

    def _before(self, given: Any, name: str) -> Any:
        """The system prompt and then what the caller gave. Raises BadRequest for other than text."""
        if isinstance(given, str):
            return f"{self._system_text}\n\n{given}"
        if isinstance(given, list) and all(isinstance(each, str) for each in given):
            return [self._before(each, name) for each in given]
        raise BadRequest(f"This model has a system prompt, so {name} must be text.", param=name)


def _urls(model_name: str, config: ModelConfig) -> dict[str, URL]:
    endpoint = config.endpoint or Endpoint()
    paths = (config.paths or {}).items()
    return {kind: join(endpoint, with_model(path or "", model_name)) for kind, path in paths}
