"""Whose API a request is for: by its host, else by its shape."""

from __future__ import annotations

import re
from typing import Any

from yarl import URL

from quintain.imports.places import Json
from quintain.imports.prompts import OPENAI_ROLES
from quintain.imports.request import Address, HttpRequest
from quintain.registry.providers import PROVIDERS, defaults

# Hosts beside those of the registry's base URLs; each provider's own reference names them.
_HOSTS = {
    "anthropic": r"api\.anthropic\.com",
    "azure_openai": r".+\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)",
    "bedrock": r"bedrock-runtime(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?",
    "cohere": r"api\.cohere\.(?:com|ai)",
    "gemini": r"generativelanguage\.googleapis\.com",
    "openai": r"(?:[a-z]+\.)?api\.openai\.com",
    "mistral": r"api\.mistral\.ai",
    "huggingface": r"router\.huggingface\.co|api-inference\.huggingface\.co",
    "together": r"api\.together\.(?:xyz|ai)",
    "alibaba": r"dashscope(?:-[a-z]+)?\.aliyuncs\.com",
    "ai21": r"api\.ai21\.com",
}
_CHAT_END = re.compile(r"/chat/completions/?$")
_OPENAI_END = re.compile(r"/(?:chat/completions|completions|embeddings|responses)/?$")
# What a body of OpenAI's chat API may hold, with the options that servers such as vLLM add.
_OPENAI_FIELDS = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
    "max_completion_tokens", "max_tokens", "messages", "metadata", "min_p", "modalities", "model", "n",
    "parallel_tool_calls", "prediction", "presence_penalty", "reasoning_effort", "repetition_penalty",
    "response_format", "seed", "service_tier", "stop", "store", "stream", "stream_options",
    "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p", "user", "verbosity",
})  # fmt: skip
# The paths of the APIs that are spoken here; an address alone is a base URL.
_OPENAI_SPOKEN = re.compile(
    r"/(?:chat/completions|completions|embeddings|responses|moderations|(?:images|audio)/\w+)/?$|^(?:/(?:v\d+|api|openai))*/?$"
)
_SPOKEN = {
    "anthropic": re.compile(r"/messages/?$|^(?:/v1)?/?$"),
    "anthropic_compatible": re.compile(""),
    "bedrock": re.compile(r"/model/|^/?$"),
    "cohere": re.compile(r"/v2/chat/?$|^(?:/v2)?/?$"),
    "gemini": re.compile(r":(?:generate|streamGenerate)Content$|^(?:/v1\w*)?/?$"),
    "openai_compatible": re.compile(""),
}

# The names that other tools' configurations give providers: ours, and the base URL of those that
# speak OpenAI's API and have no provider of their own here. Sources: docs.litellm.ai/docs/providers,
# promptfoo.dev/docs/providers, and each provider's own reference.
ALIASES: dict[str, tuple[str, str]] = {
    **{name: (name, "") for name in PROVIDERS if name not in {"custom", "url"}},
    **{name: (name, "") for name in _HOSTS},
    "azure": ("azure_openai", ""), "azureopenai": ("azure_openai", ""), "azure_ai": ("openai_compatible", ""),
    "bedrock_converse": ("bedrock", ""), "cohere_chat": ("cohere", ""),
    "google": ("gemini", ""), "palm": ("gemini", ""), "together_ai": ("together", ""), "togetherai": ("together", ""),
    "fireworks_ai": ("fireworks", ""), "dashscope": ("alibaba", ""), "meta_llama": ("llama", ""), "llamaapi": ("llama", ""),
    "ai21_chat": ("ai21", ""), "text-completion-openai": ("openai", ""), "custom_openai": ("openai_compatible", ""),
    "openai_like": ("openai_compatible", ""), "hosted_vllm": ("openai_compatible", ""), "vllm": ("openai_compatible", ""),
    "litellm_proxy": ("openai_compatible", "http://localhost:4000"), "litellm": ("openai_compatible", "http://localhost:4000"),
    "ollama": ("openai_compatible", "http://localhost:11434/v1"), "ollama_chat": ("openai_compatible", "http://localhost:11434/v1"),
    "localai": ("openai_compatible", "http://localhost:8080/v1"), "llama.cpp": ("openai_compatible", "http://localhost:8080/v1"),
    "lm_studio": ("openai_compatible", "http://localhost:1234/v1"), "lmstudio": ("openai_compatible", "http://localhost:1234/v1"),
    "openrouter": ("openai_compatible", "https://openrouter.ai/api/v1"), "xai": ("openai_compatible", "https://api.x.ai/v1"),
    "perplexity": ("openai_compatible", "https://api.perplexity.ai"), "cerebras": ("openai_compatible", "https://api.cerebras.ai/v1"),
    "deepinfra": ("openai_compatible", "https://api.deepinfra.com/v1/openai"), "nvidia_nim": ("openai_compatible", "https://integrate.api.nvidia.com/v1"),
    "nvidia": ("openai_compatible", "https://integrate.api.nvidia.com/v1"), "sambanova": ("openai_compatible", "https://api.sambanova.ai/v1"),
    "moonshot": ("openai_compatible", "https://api.moonshot.ai/v1"), "hyperbolic": ("openai_compatible", "https://api.hyperbolic.xyz/v1"),
    "novita": ("openai_compatible", "https://api.novita.ai/v3/openai"), "github": ("openai_compatible", "https://models.github.ai/inference"),
}  # fmt: skip


def provider_at(address: Address) -> str:
    """The known provider of a host, "" for any other."""
    host = address.host.lower()
    for name, pattern in _HOSTS.items():
        if re.fullmatch(pattern, host):
            return name
    return next(
        (n for n, row in PROVIDERS.items() if row.base_url and URL(row.base_url).host == host), ""
    )


def spoken_at(provider: str, address: Address) -> bool:
    """Whether a provider's dialect is what is spoken at this path: providers have other APIs too."""
    return bool(_SPOKEN.get(provider, _OPENAI_SPOKEN).search(address.path))


def base_path_of(address: Address) -> str:
    """An OpenAI-speaking address without the call's own path."""
    return _OPENAI_END.sub("", address.path).rstrip("/")


def is_chat_path(address: Address) -> bool:
    return bool(_CHAT_END.search(address.path))


def spoken(address: Address, request: HttpRequest, body: Json) -> str:
    """The dialect of a request to an unknown host: `openai_compatible`, `anthropic_compatible` or ""."""
    if not isinstance(body, dict) or not _has_messages(body):
        return ""
    if "/openai/deployments/" in address.path:
        return "azure_openai"
    if request.header("anthropic-version") or re.search(r"/v1/messages/?$", address.path):
        return "anthropic_compatible"
    return "openai_compatible" if is_chat_path(address) or _whole(body) else ""


def _has_messages(body: dict[str, Any]) -> bool:
    messages = body.get("messages")
    return isinstance(messages, list | str)


def _whole(body: dict[str, Any]) -> bool:
    """Whether a body is a chat completion's by its fields alone."""
    messages = body.get("messages")
    return (
        isinstance(body.get("model"), str)
        and body.keys() <= _OPENAI_FIELDS
        and isinstance(messages, list)
        and all(
            isinstance(m, dict) and str(m.get("role")) in OPENAI_ROLES and "content" in m
            for m in messages
        )
    )


def brought_base(provider: str) -> str:
    return defaults(provider).base_url
