"""Calls in OpenAI's words to make dialects speak, and what comes back held to OpenAI's own types."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import strategies as st
from msgspec import Raw
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from quintain.dialects import words
from quintain.dialects.base import CHAT, Ask, Piece
from quintain.registry.providers import effective
from quintain.registry.schema import ModelConfig

PIXEL = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
PDF = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.7").decode()
HI = {"role": "user", "content": "hi"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
TIME = {"type": "function", "function": {"name": "get_time"}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def config_of(provider: str, **given: Any) -> ModelConfig:
    return effective(ModelConfig.model_validate({"model_provider": provider} | given))


def asking(*messages: Any, kind: str = CHAT, stream: bool = False, **fields: Any) -> Ask:
    given = ({"messages": list(messages)} if kind == CHAT else {}) | fields
    raw = {name: Raw(json.dumps(value).encode()) for name, value in given.items()}
    return Ask(kind, raw, stream=stream)


def call(ident: str, name: str = "get_weather", arguments: Any = None) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments or {})}
    return {"id": ident, "type": "function", "function": function}


def result(ident: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": ident, "content": content}


def as_completion(answer: Any) -> ChatCompletion:
    """An answer as our caller gets it, by OpenAI's own types."""
    return ChatCompletion.model_validate_json(words.whole(CHAT, "1", "m", answer))


def as_chunk(part: Piece) -> ChatCompletionChunk:
    event = words.piece(CHAT, "1", "m", part, first=False)
    return ChatCompletionChunk.model_validate_json(event.removeprefix(b"data: "))


async def pieces_from(speaker: Any, *chunks: bytes) -> list[Piece]:
    async def source():
        for chunk in chunks:
            yield chunk

    return [piece async for piece in speaker.pieces(source())]


def joined(pieces: list[Piece]) -> dict[str, Any]:
    """What a caller puts together from a stream."""
    calls: dict[int, dict[str, Any]] = {}
    for delta in (delta for piece in pieces for delta in piece.tool_calls):
        found = calls.setdefault(delta["index"], {"id": "", "name": "", "arguments": ""})
        found["id"] += delta.get("id", "")
        found["name"] += delta["function"].get("name", "")
        found["arguments"] += delta["function"].get("arguments", "")
    usage = [piece.usage for piece in pieces if piece.usage]
    return {
        "text": "".join(piece.text for piece in pieces),
        "reasoning": "".join(piece.reasoning for piece in pieces),
        "refusal": "".join(piece.refusal for piece in pieces),
        "calls": [calls[place] for place in sorted(calls)],
        "finish": "".join(piece.finish_reason for piece in pieces),
        "usage": usage[-1] if usage else {},
    }


def events(*documents: Any) -> bytes:
    """Documents as a stream that names its events, as Anthropic and Cohere send it."""
    return b"".join(
        f"event: {each.get('type')}\ndata: {json.dumps(each)}\n\n".encode() for each in documents
    )


# --- conversations made up

said = st.text(min_size=1, max_size=20).filter(lambda text: text.strip())
_json = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers(), max_size=3)
_texts = st.builds(lambda text: {"type": "text", "text": text}, said)
_images = st.sampled_from([PIXEL, "https://pictures.example/cat.jpg"]).map(
    lambda url: {"type": "image_url", "image_url": {"url": url}}
)
_users = st.builds(
    lambda content: {"role": "user", "content": content},
    said | st.lists(_texts | _images, min_size=1, max_size=3),
)
_systems = st.builds(
    lambda role, text: {"role": role, "content": text},
    st.sampled_from(["system", "developer"]),
    st.text(max_size=10),
)


@st.composite
def _rounds(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A question, the calls that it led to, and their results."""
    idents = draw(st.lists(st.from_regex(r"\A[\w:.|-]{1,12}\Z"), max_size=3, unique=True))
    calls = [call(ident, "get_weather", draw(_json)) for ident in idents]
    text = draw(st.none() | said) if calls else draw(said)
    spoke = {"role": "assistant", "content": text} | ({"tool_calls": calls} if calls else {})
    return [draw(_users), spoke, *(result(ident, draw(said)) for ident in idents)]


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Whole conversations that OpenAI would take, beginning with the user or a system message."""
    rounds = draw(st.lists(_rounds(), max_size=3))
    told = [draw(_systems)] if draw(st.booleans()) else []
    return [*told, *(message for each in rounds for message in each), draw(_users)]


# --- calls of hostile or broken callers

_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["type", "function", "name", "json_schema", "schema", "url", "text", "role", "content", "id"]) | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
_OPTIONS = (
    "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "stop", "seed", "tools",
    "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "thinking", "user",
    "service_tier", "output_config", "presence_penalty", "frequency_penalty", "logprobs", "metadata",
)  # fmt: skip
odd_options = st.dictionaries(st.sampled_from(_OPTIONS), _anything, max_size=4)
odd_messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "tool", "system", "narrator"])},
        optional={
            "content": _anything | st.lists(_anything, max_size=2),
            "tool_calls": _anything | st.lists(_anything, max_size=2),
            "tool_call_id": _anything,
            "refusal": _anything,
        },
    ),
    max_size=3,
)


# --- answers of odd targets


def odd_events(*kinds: str) -> st.SearchStrategy[dict[str, Any]]:
    """Events of these kinds with anything in them."""
    names = ("index", "delta", "message", "content_block", "usage", "error", "content")
    return st.builds(
        lambda kind, rest: rest | {"type": kind},
        st.sampled_from(kinds),
        st.dictionaries(
            st.sampled_from(names),
            _anything | st.dictionaries(st.sampled_from(_INSIDE), _anything, max_size=4),
            max_size=4,
        ),
    )


_INSIDE = (
    "type", "text", "thinking", "partial_json", "stop_reason", "stop_details", "input", "id", "name",
    "message", "content", "tool_calls", "tool_plan", "finish_reason", "usage", "tokens", "error",
)  # fmt: skip
