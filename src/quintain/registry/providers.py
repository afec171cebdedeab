"""What each provider brings with it, so that a user types only the key.

Each row gives the provider's documented OpenAI-compatible base URL and, where it is not the usual
`Authorization: Bearer`, its own header. `source` is the page that says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yarl import URL

from quintain.registry.schema import AuthData, Endpoint, ModelConfig

DEFAULT_RATE_PER_MIN = 20
_CHAT = {"chat": "/chat/completions"}
_OPENAI_PATHS = {**_CHAT, "completions": "/completions", "embeddings": "/embeddings"}
_BEARER = AuthData(header_name="Authorization", header_prefix="Bearer", space_after_prefix=True)


@dataclass(frozen=True, slots=True)
class ProviderDefaults:
    """base_url: "" where only the user can know it. paths: by the gateway's call."""

    base_url: str
    paths: dict[str, str]
    auth: AuthData | None
    source: str


def _row(
    base_url: str,
    source: str,
    paths: dict[str, str] = _OPENAI_PATHS,
    auth: AuthData | None = _BEARER,
) -> ProviderDefaults:
    return ProviderDefaults(base_url, paths, auth, source)


PROVIDERS: dict[str, ProviderDefaults] = {
    "openai": _row("https://api.openai.com/v1", "platform.openai.com/docs/api-reference"),
    "mistral": _row(
        "https://api.mistral.ai/v1", "docs.mistral.ai/api", {**_CHAT, "embeddings": "/embeddings"}
    ),
    "huggingface": _row(
        "https://router.huggingface.co/v1", "huggingface.co/docs/inference-providers", _CHAT
    ),
    "together": _row(
        "https://api.together.xyz/v1", "docs.together.ai/docs/openai-api-compatibility"
    ),
    "groq": _row("https://api.groq.com/openai/v1", "console.groq.com/docs/openai", _CHAT),
    "ai21": _row("https://api.ai21.com/studio/v1", "docs.ai21.com/reference/jamba-api-ref", _CHAT),
    "fireworks": _row(
        "https://api.fireworks.ai/inference/v1", "docs.fireworks.ai/tools-sdks/openai-compatibility"
    ),
    "alibaba": _row(
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
    ),
    "deepseek": _row("https://api.deepseek.com/v1", "api-docs.deepseek.com", _CHAT),
    "portkey": _row(
        "https://api.portkey.ai/v1",
        "portkey.ai/docs/api-reference/inference-api/headers",
        auth=AuthData(header_name="x-portkey-api-key", header_prefix="", space_after_prefix=False),
    ),
    "llama": _row(
        "https://api.llama.com/compat/v1",
        "llama.developer.meta.com/docs/features/compatibility",
        _CHAT,
    ),
    "openai_compatible": _row("", "the target's own documentation"),
    "custom": _row("", "the target's own documentation", {}),
}
_DEFAULTED = ("hosting_type", "rate_per_min", "endpoint", "paths", "auth_data")
_UNKNOWN = _row("", "", {}, None)


def defaults(provider: str) -> ProviderDefaults:
    return PROVIDERS.get(provider, _UNKNOWN)


def effective(config: ModelConfig) -> ModelConfig:
    """The registration with every default filled in: what a call goes by."""
    brings = defaults(config.model_provider)
    return config.model_copy(
        update={
            "hosting_type": config.hosting_type or "External",
            "rate_per_min": config.rate_per_min or DEFAULT_RATE_PER_MIN,
            "endpoint": _endpoint(config.endpoint or Endpoint(), brings.base_url),
            "paths": brings.paths
            | {k: v for k, v in (config.paths or {}).items() if v is not None},
            "auth_data": _auth(config, brings.auth),
        }
    )


def shown(config: ModelConfig) -> dict[str, Any]:
    """The registration as answers show it: as given, with the defaults for what was left out.

    Secrets are masked, unset optional fields are left out.
    """
    document = config.model_dump(exclude_none=True)
    left_out = {field for field in _DEFAULTED if not document.get(field)}
    if left_out:
        document |= effective(config).model_dump(include=left_out, exclude_none=True)
    return document


def origin(config: ModelConfig) -> str:
    """`scheme://host:port` of the target, "" where no host is known."""
    endpoint = effective(config).endpoint
    if endpoint is None or not endpoint.host:
        return ""
    return f"{endpoint.scheme}://{endpoint.host.lower()}:{endpoint.port}"


def _endpoint(given: Endpoint, base_url: str) -> Endpoint:
    brought = URL(base_url)
    ours = bool(base_url) and (given.host or "").lower() in {"", brought.host}
    scheme: Any = given.scheme or (brought.scheme if ours else "https")
    port = given.port or (brought.port if ours and scheme == brought.scheme else None)
    base_path = given.base_path if given.base_path is not None or not ours else brought.raw_path
    return Endpoint.model_construct(
        scheme=scheme,
        host=given.host or (brought.host if ours else None),
        port=port or (443 if scheme == "https" else 80),
        base_path=base_path or "",
    )


def _auth(config: ModelConfig, brought: AuthData | None) -> AuthData | None:
    given = config.auth_data
    if given is None or given.header_name is not None:
        return given or brought
    base = brought or _BEARER
    return given.model_copy(
        update={
            "header_name": base.header_name,
            "header_prefix": base.header_prefix
            if given.header_prefix is None
            else given.header_prefix,
            "space_after_prefix": (
                base.space_after_prefix
                if given.space_after_prefix is None
                else given.space_after_prefix
            ),
        }
    )
