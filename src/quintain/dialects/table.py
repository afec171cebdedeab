"""Which dialect each provider speaks: one line a provider."""

from __future__ import annotations

from quintain.dialects.anthropic.dialect import Anthropic
from quintain.dialects.auth_names import auth_missing
from quintain.dialects.base import Dialect, Prepared, Speaker
from quintain.dialects.bedrock.dialect import Bedrock
from quintain.dialects.cohere.dialect import Cohere
from quintain.dialects.custom.dialect import Custom
from quintain.dialects.gemini.dialect import Gemini
from quintain.dialects.jq import Jq
from quintain.dialects.metadata import check_metadata
from quintain.dialects.nearly.table import AI21, DEEPSEEK, GROQ, MISTRAL, TOGETHER
from quintain.dialects.openai.azure import Azure
from quintain.dialects.openai.dialect import NOT_DEFAULTS, OpenAI
from quintain.dialects.openai.huggingface import HuggingFace
from quintain.dialects.page import UrlPage
from quintain.errors import Detail
from quintain.registry.curled import PROVIDER as CURLED
from quintain.registry.logins import check_login
from quintain.registry.schema import ModelConfig, Target

_OPENAI, _ANTHROPIC, _COHERE = OpenAI(), Anthropic(), Cohere()

DIALECTS: dict[str, Dialect] = {
    "openai": _OPENAI,
    "azure_openai": Azure(),
    "mistral": MISTRAL,
    "huggingface": HuggingFace(),
    "together": TOGETHER,
    "groq": GROQ,
    "ai21": AI21,
    "fireworks": _OPENAI,
    "alibaba": _OPENAI,
    "deepseek": DEEPSEEK,
    "portkey": _OPENAI,
    "llama": _OPENAI,
    "openai_compatible": _OPENAI,
    "gemini": Gemini(),
    "bedrock": Bedrock(),
    "anthropic": _ANTHROPIC,
    "anthropic_compatible": _ANTHROPIC,
    "cohere": _COHERE,
    "cohere_compatible": _COHERE,
    "custom": Custom(),
    "url": UrlPage(),
}


async def check(target: Target, jq: Jq) -> list[Detail]:
    """What the dialect requires beyond the schema; empty when all is right."""
    found = await DIALECTS[target.config.model_provider].check(target, jq)
    found += _curl(target.config)
    found += auth_missing(target.config)
    found += check_login(target.config)
    found += await check_metadata(target.config, jq)
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


async def prepare(provider: str) -> None:
    """Have ready what calls of this provider need, before one is made."""
    dialect = DIALECTS[provider]
    if isinstance(dialect, Prepared):
        await dialect.prepare()


def compile_speaker(
    saved_name: str, model_name: str | None, config: ModelConfig, jq: Jq
) -> Speaker:
    """saved_name stands in where the target's own name for the model is not known.

    config: with the provider's defaults filled in.
    """
    return DIALECTS[config.model_provider].compile(model_name or saved_name, config, jq)


def _curl(config: ModelConfig) -> list[Detail]:
    if config.custom_curl_command is None or config.model_provider == CURLED:
        return []
    return [
        Detail(
            "model_config.custom_curl_command",
            f"is read for model_provider {CURLED} alone: take that, or leave the command out",
        )
    ]
