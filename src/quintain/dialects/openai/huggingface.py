"""Hugging Face: its router and every server that speaks OpenAI's chat, or TGI's own `/generate`."""

from __future__ import annotations

from quintain.dialects.base import CHAT, Speaker
from quintain.dialects.jq import Jq
from quintain.dialects.nearly.dialect import Nearly
from quintain.dialects.nearly.table import HUGGINGFACE
from quintain.dialects.openai.tgi import TgiSpeaker
from quintain.errors import Detail
from quintain.registry.providers import effective
from quintain.registry.schema import ModelConfig, Target

_GENERATE = ("/generate", "/generate_stream")


class HuggingFace(Nearly):
    def __init__(self) -> None:
        super().__init__("huggingface", HUGGINGFACE)

    async def check(self, target: Target, jq: Jq) -> list[Detail]:
        found = await super().check(target, jq)
        if target.config.tools and _generates(effective(target.config)):
            found.append(
                Detail(
                    "model_config.tools",
                    "have no place in TGI's /generate: let paths.chat be /v1/chat/completions",
                )
            )
        return found

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> Speaker:
        if _generates(config):
            return TgiSpeaker(config)
        return super().compile(model_name, config, jq)


def _generates(config: ModelConfig) -> bool:
    path, _, _ = ((config.paths or {}).get(CHAT) or "").partition("?")
    return path.rstrip("/").endswith(_GENERATE)
