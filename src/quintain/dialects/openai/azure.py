"""Azure OpenAI: OpenAI's bodies below paths that name a deployment and an `api-version`.

Source: learn.microsoft.com/azure/ai-foundry/openai/reference for deployment paths,
.../openai/api-version-lifecycle for the surface below `/openai/v1`, which needs no version.
"""

from __future__ import annotations

import re

from quintain.dialects.base import Speaker
from quintain.dialects.jq import Jq
from quintain.dialects.openai.dialect import OpenAI, OpenAISpeaker
from quintain.errors import Detail
from quintain.registry.schema import ModelConfig, Target

API_VERSION = "api-version"
NEWEST_GA = "2024-10-21"  # the last dated one; what came after it is below /openai/v1
_VERSIONS = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?|preview|latest|v1")


class Azure(OpenAI):
    name = "azure_openai"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:
        found = await super().check(target, jq)
        if found:
            found = [
                Detail(
                    "model_config.endpoint.host",
                    "is required: give your resource's, such as NAME.openai.azure.com",
                )
            ]
        version = (target.config.default_request_options or {}).get(API_VERSION, NEWEST_GA)
        if not isinstance(version, str) or not _VERSIONS.fullmatch(version):
            found.append(
                Detail(
                    f"model_config.default_request_options.{API_VERSION}",
                    f"must be a version of the API, such as {NEWEST_GA} or 2025-04-01-preview",
                )
            )
        return found

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> Speaker:  # noqa: ARG002
        options = dict(config.default_request_options or {})
        version = options.pop(API_VERSION, NEWEST_GA)
        paths = {
            kind: path and path.replace("{api_version}", version)
            for kind, path in (config.paths or {}).items()
        }
        changes = {"default_request_options": options, "paths": paths}
        return OpenAISpeaker(model_name, config.model_copy(update=changes))
