"""LiteLLM's `config.yaml`: each entry of its `model_list`.

Source: docs.litellm.ai/docs/proxy/configs. `os.environ/X` there names an environment variable.
"""

from __future__ import annotations

import re
from typing import Any

from quintain.imports.draft import MAX_MODELS, Draft
from quintain.imports.hosts import ALIASES
from quintain.imports.named import Named
from quintain.imports.refusal import Unimportable
from quintain.imports.secretive import stands_in
from quintain.imports.source import Found, Source, chosen, mapping, text
from quintain.secret import Secret

_OPTIONS = (
    "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed", "frequency_penalty",
    "presence_penalty", "reasoning_effort", "response_format", "logit_bias",
)  # fmt: skip
_AWS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# What LiteLLM itself guesses for a name without a prefix.
_BY_NAME = {
    r"gpt-|o\d|chatgpt|text-embedding|davinci": "openai", r"claude": "anthropic", r"command": "cohere",
    r"gemini": "vertex_ai", r"mistral-|codestral|ministral": "mistral", r"deepseek-": "deepseek", r"jamba": "ai21",
}  # fmt: skip


def read(source: Source) -> Found:
    listed = mapping(source.document).get("model_list")
    if not isinstance(listed, list):
        raise Unimportable("A LiteLLM configuration has a list model_list.")
    found = Found()
    for entry in listed[: MAX_MODELS + 1]:
        label = text(mapping(entry).get("model_name")) or "an entry without model_name"
        try:
            found.drafts.append(
                _draft(label, mapping(mapping(entry).get("litellm_params")), mapping(entry))
            )
        except Unimportable as error:
            chosen(found, label, error)
    return found


def _draft(label: str, params: dict[str, Any], entry: dict[str, Any]) -> Draft:
    alias, model = _model(params)
    if "*" in model or "*" in label:
        raise Unimportable("it stands for many models at once; register each by its name.")
    if alias == "vertex_ai" and "gemini" not in model:
        raise Unimportable("Vertex AI's partner models are not spoken to.")
    named = Named(
        "gemini" if alias == "vertex_ai" else alias, model, label, text(params.get("api_base") or params.get("base_url")),
        text(params.get("api_key")), text(params.get("api_version")), text(params.get("aws_region_name")), tuple(text(params.get(n)) for n in _AWS),
        {name: text(value) for name, value in mapping(params.get("extra_headers")).items()},
        {name: params[name] for name in _OPTIONS if params.get(name) is not None},
    )  # fmt: skip
    if (
        alias.startswith("ollama")
        and named.base_url
        and not named.base_url.rstrip("/").endswith("/v1")
    ):
        named.base_url = f"{named.base_url.rstrip('/')}/v1"
    draft = named.draft()
    if alias == "vertex_ai":
        draft.note(
            "Vertex AI's own sign-in is not carried over: gemini is called with a key of the Gemini API."
        )
    _further(draft, params, entry)
    return draft


def _model(params: dict[str, Any]) -> tuple[str, str]:
    full = text(params.get("model"))
    if not full:
        raise Unimportable("it has no litellm_params.model.")
    given = text(params.get("custom_llm_provider"))
    if given:
        return given, full.removeprefix(f"{given}/")
    prefix, slash, rest = full.partition("/")
    if slash and (prefix in ALIASES or prefix in {"vertex_ai", "vertex_ai_beta"}):
        inner = re.sub(r"^(?:converse|invoke|chat|responses)/", "", rest)
        return ("vertex_ai" if prefix.startswith("vertex") else prefix), inner
    for pattern, provider in _BY_NAME.items():
        if not slash and re.match(pattern, full):
            return provider, full
    return (prefix, rest) if slash else ("openai", full)


def _further(draft: Draft, params: dict[str, Any], entry: dict[str, Any]) -> None:
    rpm = params.get("rpm", entry.get("rpm"))
    if isinstance(rpm, int) and not isinstance(rpm, bool):
        draft.config["rate_per_min"] = rpm
    timeout = params.get("timeout")
    if isinstance(timeout, int | float) and not isinstance(timeout, bool) and 0 < timeout <= 3600:
        draft.config["metadata"] = (draft.config.get("metadata") or {}) | {
            "timeouts": {"read_s": timeout}
        }
    organization = text(params.get("organization"))
    if organization and not stands_in(organization):
        draft.config["custom_headers"] = [
            *(draft.config.get("custom_headers") or []),
            {"key": "OpenAI-Organization", "value": Secret(organization)},
        ]
    mode = text(mapping(entry.get("model_info")).get("mode"))
    if mode and mode not in {"chat", "completion", "responses"}:
        draft.note(f"LiteLLM uses this model for {mode[:32]}.")
