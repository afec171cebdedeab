"""Which dialect each provider speaks: one line a provider."""

from __future__ import annotations

from quintain.dialects.base import Dialect, Speaker
from quintain.dialects.custom import Custom
from quintain.dialects.jq import Jq
from quintain.dialects.openai import NOT_DEFAULTS, OpenAI
from quintain.errors import Detail
from quintain.registry.providers import effective
from quintain.registry.schema import Metadata, ModelConfig, Target

_OPENAI, _CUSTOM = OpenAI(), Custom()

DIALECTS: dict[str, Dialect] = {
    "openai": _OPENAI,
    "mistral": _OPENAI,
    "huggingface": _OPENAI,
    "together": _OPENAI,
    "groq": _OPENAI,
    "ai21": _OPENAI,
    "fireworks": _OPENAI,
    "alibaba": _OPENAI,
    "deepseek": _OPENAI,
    "portkey": _OPENAI,
    "llama": _OPENAI,
    "openai_compatible": _OPENAI,
    "custom": _CUSTOM,
}


async def check(target: Target, jq: Jq) -> list[Detail]:
    """What the dialect, and this version, require beyond the schema; empty when all is right."""
    dialect = DIALECTS.get(target.config.model_provider)
    found = _unserved(target)
    if dialect is not None:
        found += await dialect.check(target, jq)
    found += await _metadata(target.config, jq)
    options = target.config.default_request_options or {}
    found += [
        Detail(
            f"model_config.default_request_options.{name}",
            "is the caller's own and cannot have a default",
        )
        for name in NOT_DEFAULTS
        if name in options
    ]
    return found


def compile_speaker(
    saved_name: str, model_name: str | None, config: ModelConfig, jq: Jq
) -> Speaker:
    """saved_name stands in where the target's own name for the model is not known."""
    full = effective(config)
    return DIALECTS[config.model_provider].compile(model_name or saved_name, full, jq)


def _unserved(target: Target) -> list[Detail]:
    """Registrations whose effect this version does not have are refused, not stored in vain."""
    config, found = target.config, []
    if config.model_provider not in DIALECTS:
        served = ", ".join(DIALECTS)
        found.append(
            Detail(
                "model_config.model_provider",
                f"{config.model_provider} speaks a dialect that this version does not serve; it serves {served}",
            )
        )
    if target.testing_for == "URL":
        found.append(Detail("testing_for", "URL targets are not served by this version"))
    if config.model_auth_type == "jwt":
        found.append(
            Detail("model_config.model_auth_type", "jwt is not served by this version; use apikey")
        )
    if config.model_jwt_config is not None and config.model_jwt_config.jwt_url:
        found.append(
            Detail("model_config.model_jwt_config", "is not served by this version; leave it out")
        )
    if config.custom_curl_command is not None:
        found.append(
            Detail(
                "model_config.custom_curl_command",
                "is not served by this version; give endpoint, paths, custom_headers and custom_payload",
            )
        )
    return found


async def _metadata(config: ModelConfig, jq: Jq) -> list[Detail]:
    """The keys of the free-form metadata that have an effect."""
    metadata, found = config.metadata or Metadata(), []
    if metadata.session is not None and metadata.session.kind != "none":
        found.append(
            Detail(
                "model_config.metadata.session.kind",
                'this version serves only "none": the history is sent',
            )
        )
    if metadata.blocked is not None and metadata.blocked.match:
        try:
            await jq.check(metadata.blocked.match)
        except ValueError as error:
            found.append(Detail("model_config.metadata.blocked.match", f"is not valid jq: {error}"))
    return found
