"""What each provider brings with it, so that a user types only the key.

Each row gives the provider's documented OpenAI-compatible base URL and, where it is not the usual
`Authorization: Bearer`, its own header. `source` is the page that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from quintain.registry.curled import brought
from quintain.registry.schema import AuthData, Endpoint, ModelConfig

DEFAULT_RATE_PER_MIN = 20
DEFAULT_REGION = "us-east-1"  # AWS has a host in each; metadata.aws_region names another
_CHAT = {"chat": "/chat/completions"}
_EMBEDDINGS, _RESPONSES = {"embeddings": "/embeddings"}, {"responses": "/responses"}
_OPENAI_PATHS = {**_CHAT, "completions": "/completions", **_EMBEDDINGS}
_MODERATIONS = {"moderations": "/moderations"}
# {model_name} is the deployment; {api_version} is filled in by the dialect.
_AZURE = {
    kind: f"/openai/deployments/{{model_name}}{path}?api-version={{api_version}}"
    for kind, path in _OPENAI_PATHS.items()
} | {"responses": "/openai/v1/responses"}
_BEARER = AuthData(header_name="Authorization", header_prefix="Bearer", space_after_prefix=True)
_X_API_KEY = AuthData(header_name="x-api-key", header_prefix="", space_after_prefix=False)
_MESSAGES, _V2_CHAT = {"chat": "/v1/messages"}, {"chat": "/v2/chat"}


@dataclass(frozen=True, slots=True)
class ProviderDefaults:
    """base_url: "" where only the user can know it. paths: by the gateway's call.

    further: base paths of the user's own below which the provider serves other paths. hosts: the
    ends of its own host names, where these differ from user to user.
    """

    base_url: str
    paths: dict[str, str]
    auth: AuthData | None
    source: str
    further: Mapping[str, dict[str, str]] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()

    def serves(self, host: str | None) -> bool:
        """Whether a host is the provider's own, as an absent one is."""
        name = (host or "").lower()
        return name in {"", URL(self.base_url).host} or name.endswith(self.hosts)

    def paths_at(self, endpoint: Endpoint) -> dict[str, str]:
        """The paths at an endpoint, whose base path may have the API's version already.

        Another host than the provider's own may well serve no Responses API; a chat it does.
        """
        base = (endpoint.base_path or "").strip("/")
        paths = self.further.get(base, self.paths)
        version = f"/{base.rpartition('/')[2]}/"
        own = self.serves(endpoint.host)
        return {
            kind: _below(path, version)
            for kind, path in paths.items()
            if own or kind not in _RESPONSES
        }


def _below(path: str, version: str) -> str:
    return path[len(version) - 1 :] if path.startswith(version) else path


def _row(
    base_url: str,
    source: str,
    paths: dict[str, str] = _OPENAI_PATHS,
    auth: AuthData | None = _BEARER,
) -> ProviderDefaults:
    return ProviderDefaults(base_url, paths, auth, source)


PROVIDERS: dict[str, ProviderDefaults] = {
    "openai": _row(
        "https://api.openai.com/v1",
        "platform.openai.com/docs/api-reference",
        {**_OPENAI_PATHS, **_RESPONSES, **_MODERATIONS},
    ),
    "azure_openai": ProviderDefaults(
        "",
        _AZURE,
        AuthData(header_name="api-key", header_prefix="", space_after_prefix=False),
        "learn.microsoft.com/azure/ai-foundry/openai/reference",
        {"openai/v1": {**_OPENAI_PATHS, **_RESPONSES}},
        (".azure.com",),
    ),
    "mistral": _row(
        "https://api.mistral.ai/v1",
        "docs.mistral.ai/api",
        {**_CHAT, **_EMBEDDINGS, **_MODERATIONS},
    ),
    "huggingface": _row(
        "https://router.huggingface.co/v1", "huggingface.co/docs/inference-providers", _CHAT
    ),
    "together": _row(
        "https://api.together.ai/v1", "docs.together.ai/docs/inference/openai-compatibility"
    ),
    "groq": _row(
        "https://api.groq.com/openai/v1", "console.groq.com/docs/openai", {**_CHAT, **_RESPONSES}
    ),
    "ai21": _row(
        "https://api.ai21.com/studio/v1", "docs.ai21.com/reference/jamba-1-6-api-ref", _CHAT
    ),
    "fireworks": _row(
        "https://api.fireworks.ai/inference/v1",
        "docs.fireworks.ai/tools-sdks/openai-compatibility",
        {**_OPENAI_PATHS, **_RESPONSES},
    ),
    "alibaba": _row(
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
    ),
    "deepseek": _row("https://api.deepseek.com", "api-docs.deepseek.com", _CHAT),
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
    "gemini": _row(
        "https://generativelanguage.googleapis.com",
        "ai.google.dev/api/generate-content",
        {"chat": "/v1beta/models/{model_name}:generateContent"},
        auth=AuthData(header_name="x-goog-api-key", header_prefix="", space_after_prefix=False),
    ),
    "anthropic": _row(
        "https://api.anthropic.com",
        "platform.claude.com/docs/en/api/messages",
        _MESSAGES,
        _X_API_KEY,
    ),
    "cohere": _row("https://api.cohere.com", "docs.cohere.com/reference/chat", _V2_CHAT),
    "anthropic_compatible": _row("", "the target's own documentation", _MESSAGES, _X_API_KEY),
    "cohere_compatible": _row("", "the target's own documentation", _V2_CHAT),
    "bedrock": _row(
        f"https://bedrock-runtime.{DEFAULT_REGION}.amazonaws.com",
        "docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
        {"chat": "/model/{model_name}/converse"},
    ),
    "openai_compatible": _row("", "the target's own documentation"),
    "custom": _row("", "the target's own documentation", {}),
    "url": _row("", "the page itself", {}, None),
}
_DEFAULTED = ("hosting_type", "rate_per_min", "endpoint", "paths", "auth_data")
# A curl command is one secret as a whole, and a key may stand in the query of its URL.
_SAID_BY_CURL = frozenset({"endpoint", "paths"})
_UNKNOWN = _row("", "", {}, None)


def defaults(provider: str) -> ProviderDefaults:
    return PROVIDERS.get(provider, _UNKNOWN)


def effective(config: ModelConfig) -> ModelConfig:
    """The registration with every default filled in: what a call goes by."""
    brings, curl = defaults(config.model_provider), brought(config)
    return config.model_copy(
        update={
            "hosting_type": config.hosting_type or "External",
            "rate_per_min": config.rate_per_min or DEFAULT_RATE_PER_MIN,
            "endpoint": _endpoint(
                config.endpoint or Endpoint(),
                curl.origin or _base_url(config, brings),
                own_paths=bool(config.paths),
            ),
            "paths": brings.paths_at(config.endpoint or Endpoint())
            | curl.paths
            | {k: v for k, v in (config.paths or {}).items() if _given(v, k in curl.paths)},
            "auth_data": _auth(config, brings.auth),
            "custom_headers": curl.headers,
        }
    )


def _base_url(config: ModelConfig, brings: ProviderDefaults) -> str:
    region = config.metadata.aws_region if config.metadata else None
    return brings.base_url.replace(DEFAULT_REGION, region or DEFAULT_REGION)


def _given(path: str | None, by_curl: bool) -> bool:
    """Whether a path counts. An empty one is a path too, but not one to put a curl command's aside."""
    return path is not None and (path != "" or not by_curl)


def token_auth(config: ModelConfig) -> AuthData:
    """How a token travels that a login gives: as given, whatever header the provider's keys have."""
    return _auth(config, None) or _BEARER


def shown(config: ModelConfig) -> dict[str, Any]:
    """The registration as answers show it: as given, with the defaults for what was left out.

    Secrets are masked, unset optional fields are left out.
    """
    document = config.model_dump(exclude_none=True)
    left_out = {field for field in _DEFAULTED if not document.get(field)}
    if config.custom_curl_command is not None:
        left_out -= _SAID_BY_CURL
    if left_out:
        document |= effective(config).model_dump(include=left_out, exclude_none=True)
    return document


def origin(config: ModelConfig) -> str:
    """`scheme://host:port` of the target, "" where no host is known."""
    endpoint = effective(config).endpoint
    if endpoint is None or not endpoint.host:
        return ""
    return f"{endpoint.scheme}://{endpoint.host.lower()}:{endpoint.port}"


def _endpoint(given: Endpoint, base_url: str, *, own_paths: bool) -> Endpoint:
    """Another host that serves a provider's API has it, unless paths say otherwise, at the same place."""
    brought = URL(base_url)
    ours = bool(base_url) and (given.host or "").lower() in {"", brought.host}
    scheme: Any = given.scheme or (brought.scheme if ours else "https")
    port = given.port or (brought.port if ours and scheme == brought.scheme else None)
    same_place = bool(base_url) and (ours or not own_paths)
    base_path = brought.raw_path if given.base_path is None and same_place else given.base_path
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
