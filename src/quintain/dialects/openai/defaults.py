"""What a registration adds to a call in OpenAI's words: its request options and its tools.

Source of the fields: OpenAI's API reference, "Create chat completion" and "Create a model
response". The two say some options differently and share only a part of the others.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from quintain.registry.schema import ModelConfig, Tool

Json = dict[str, Any]
# Every field of "Create chat completion" but model, messages, stream and n.
CHAT_FIELDS = frozenset(
    {"audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
     "max_completion_tokens", "max_tokens", "metadata", "modalities", "moderation",
     "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key",
     "prompt_cache_options", "prompt_cache_retention", "reasoning_effort", "response_format",
     "safety_identifier", "seed", "service_tier", "stop", "store", "stream_options", "temperature",
     "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options"}
)  # fmt: skip
# Those that mean the same to "Create a model response".
_SHARED = frozenset(
    {"metadata", "moderation", "parallel_tool_calls", "prompt_cache_key", "prompt_cache_options",
     "prompt_cache_retention", "safety_identifier", "service_tier", "store", "temperature",
     "top_logprobs", "top_p", "user"}
)  # fmt: skip


def for_chat(config: ModelConfig) -> dict[str, Raw]:
    options = _options(config)
    tools = [{"type": "function", "function": tool.model_dump()} for tool in _tools(config)]
    return _raw(({"tools": tools} if tools else {}) | options)


def for_others(config: ModelConfig) -> dict[str, Raw]:
    """For completions, embeddings and the like, which know no tools."""
    return _raw(_options(config))


def for_responses(config: ModelConfig) -> dict[str, Raw]:
    """What only a chat knows is left out: a response would be refused for it."""
    options = _options(config)
    kept = {name: value for name, value in options.items() if name not in CHAT_FIELDS - _SHARED}
    limit = options.get("max_completion_tokens", options.get("max_tokens"))
    effort = options.get("reasoning_effort")
    # Strict is the default there, not in a chat, and not every schema can be.
    tools = [{"type": "function", **tool.model_dump(), "strict": False} for tool in _tools(config)]
    named = {
        "max_output_tokens": limit,
        "reasoning": effort and {"effort": effort},
        "text": _text(options),
        "tools": tools,
    }
    return _raw({name: value for name, value in named.items() if value} | kept)


def _options(config: ModelConfig) -> Json:
    return dict(config.default_request_options or {})


def _tools(config: ModelConfig) -> list[Tool]:
    return [tool for tool in config.tools or [] if tool.parameters is not None]


def _text(options: Json) -> Json:
    """`text` of a response: the answer's format, its schema one level higher, and its verbosity."""
    wanted, verbosity = options.get("response_format"), options.get("verbosity")
    text: Json = {"verbosity": verbosity} if verbosity else {}
    if isinstance(wanted, dict):
        schema = wanted.get("json_schema")
        text["format"] = {"type": wanted.get("type")} | (schema if isinstance(schema, dict) else {})
    return text


def _raw(options: Json) -> dict[str, Raw]:
    return {name: Raw(msgspec.json.encode(value)) for name, value in options.items()}
