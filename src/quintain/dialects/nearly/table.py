"""How each provider's API differs from OpenAI's, with the place that says so."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from quintain.dialects.base import CHAT, EMBEDDINGS
from quintain.dialects.nearly import answers as nearly_answers
from quintain.dialects.nearly.dialect import Deviations, Fields, Nearly, chat_fields
from quintain.dialects.nearly.messages import Messages
from quintain.dialects.parts import Media, parts_of, text_of, unsupported

Json = Any
_MAX_TOKENS = {"max_completion_tokens": "max_tokens"}
# What OpenAI's own clients send along with an earlier answer.
_OF_ANSWERS = frozenset(
    {"refusal", "annotations", "audio", "function_call", "reasoning_content", "parsed"}
)
_MISTRAL_CALL_ID = re.compile(r"[a-zA-Z0-9]{9}")


def _mistral_call_id(ident: str) -> str:
    """Nine letters and digits, or Mistral refuses the call; the same for the same id."""
    plain = _MISTRAL_CALL_ID.fullmatch(ident)
    return ident if plain else hashlib.sha256(ident.encode("utf-8", "replace")).hexdigest()[:9]


def _mistral_content(content: Json, place: str) -> Json:  # noqa: ARG001
    if not isinstance(content, list):
        return content
    return [_mistral_part(part) if isinstance(part, dict) else part for part in content]


def _mistral_part(part: Json) -> Json:
    kind, held = part.get("type"), part.get(part.get("type"))
    if kind == "input_audio" and isinstance(held, dict):
        return {"type": kind, kind: held.get("data")}
    if kind == "file" and isinstance(held, dict) and held.get("file_data"):
        named = {"document_name": held["filename"]} if held.get("filename") else {}
        return {"type": "document_url", "document_url": held["file_data"], **named}
    return {"type": "text", "text": held} if kind == "refusal" else part


def _text_alone(content: Json, place: str) -> str:
    parts = parts_of(content, place)
    for part in parts:
        if isinstance(part, Media):
            raise unsupported(part, "text")
    return text_of(parts)


def _listed(stop: Json) -> Json:
    return [stop] if isinstance(stop, str) else stop


# docs.mistral.ai/api and the types of its own client, ChatCompletionRequest and EmbeddingRequest:
# further fields are refused with 422 (extra_forbidden).
MISTRAL = Nearly(
    "mistral",
    Deviations(
        fields={
            CHAT: chat_fields(
                "frequency_penalty logprobs max_tokens metadata parallel_tool_calls prediction"
                " presence_penalty prompt_cache_key reasoning_effort response_format service_tier"
                " stop temperature tool_choice tools top_logprobs top_p",
                _MAX_TOKENS | {"seed": "random_seed"},
            ),
            EMBEDDINGS: Fields(frozenset({"user"}), {"dimensions": "output_dimension"}),
        },
        messages=Messages(_OF_ANSWERS | {"name"}, _mistral_content, _mistral_call_id),
        mend=nearly_answers.mistral,
    ),
)

# docs.ai21.com/reference/jamba-1-6-api-ref: the content of a message is a string.
AI21 = Nearly(
    "ai21",
    Deviations(
        fields={
            CHAT: chat_fields(
                "max_tokens response_format stop temperature tools top_p", _MAX_TOKENS
            )
        },
        messages=Messages(_OF_ANSWERS | {"name"}, _text_alone),
        mend=nearly_answers.ai21,
    ),
)

# console.groq.com/docs/openai, "currently unsupported", and the types of its own client: further
# fields are refused with 400.
GROQ = Nearly(
    "groq",
    Deviations(
        fields={
            CHAT: chat_fields(
                "frequency_penalty function_call functions max_completion_tokens max_tokens metadata"
                " parallel_tool_calls presence_penalty reasoning_effort response_format seed"
                " service_tier stop store stream_options temperature tool_choice tools top_p user"
            )
        },
        messages=Messages(_OF_ANSWERS - {"function_call"} | {"name"}),
    ),
)

# api-docs.deepseek.com/api/create-chat-completion; further fields have no effect there.
DEEPSEEK = Nearly(
    "deepseek",
    Deviations(
        fields={
            CHAT: chat_fields(
                "frequency_penalty logprobs max_tokens presence_penalty reasoning_effort"
                " response_format stop stream_options temperature tool_choice tools top_logprobs top_p",
                _MAX_TOKENS,
            )
        },
        messages=Messages(),
    ),
)

# docs.together.ai/reference/chat-completions and the types of its own client; further fields have
# no effect there.
TOGETHER = Nearly(
    "together",
    Deviations(
        fields={
            CHAT: chat_fields(
                "frequency_penalty function_call logit_bias logprobs max_tokens parallel_tool_calls"
                " presence_penalty reasoning_effort response_format seed stop stream_options"
                " temperature tool_choice tools top_logprobs top_p",
                _MAX_TOKENS,
            )
        },
        messages=Messages(),
    ),
)

# huggingface.co/docs/inference-providers/tasks/chat-completion; the types of its own client,
# ChatCompletionInput, which are TGI's.
HUGGINGFACE = Deviations(
    fields={
        CHAT: chat_fields(
            "frequency_penalty logprobs max_tokens presence_penalty reasoning_effort response_format"
            " seed stop stream_options temperature tool_choice tools top_logprobs top_p",
            _MAX_TOKENS,
            {"stop": _listed},
        )
    },
    messages=Messages(),
    mend=nearly_answers.huggingface,
)
