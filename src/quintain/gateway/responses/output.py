"""The response object: a chat's answer in the words of the Responses API.

Source of the shapes: OpenAI's API reference, "The response object".
"""

from __future__ import annotations

import time
from typing import Any

from quintain.dialects.base import Ask

Json = dict[str, Any]
_ECHOED = (
    "instructions", "max_output_tokens", "metadata", "reasoning", "temperature", "text", "tool_choice",
    "tools", "top_p", "truncation", "user", "parallel_tool_calls", "safety_identifier", "prompt_cache_key",
)  # fmt: skip
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def frame(ask: Ask, ident: str, model: str) -> Json:
    """The response as it stands before anything was said. ask: the request as the caller sent it."""
    echoed = {name: value for name in _ECHOED if (value := ask.value(name)) is not None}
    return {
        "id": f"resp_{ident}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "store": False,
        "usage": None,
    } | echoed


def ended(response: Json, output: list[Json], reason: str, usage: Json | None) -> Json:
    """The response at its end. reason: the chat's finish_reason."""
    cut = _INCOMPLETE.get(reason)
    return response | {
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": cut} if cut else None,
        "output": output,
        "usage": _usage(usage) if isinstance(usage, dict) and usage else None,
    }


def thought_in(said: Json) -> str:
    """A model's thoughts in a chat's message or delta: servers have two names for them."""
    found = said.get("reasoning_content") or said.get("reasoning")
    return found if isinstance(found, str) else ""


def thought(ident: str, text: str, status: str = "completed") -> Json:
    content = [{"type": "reasoning_text", "text": text}] if text else []
    return {
        "type": "reasoning",
        "id": f"rs_{ident}",
        "summary": [],
        "content": content,
        "status": status,
    }


def message(ident: str, content: list[Json], status: str = "completed") -> Json:
    return {
        "type": "message",
        "id": f"msg_{ident}",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def text_part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def refusal_part(text: str) -> Json:
    return {"type": "refusal", "refusal": text}


def call(ident: str, place: int, given: Json, status: str = "completed") -> Json:
    """given: a chat's tool call, or as much of it as is known."""
    function = given.get("function") or {}
    return {
        "type": "function_call",
        "id": f"fc_{ident}_{place}",
        "call_id": given.get("id") or f"call_{ident}_{place}",
        "name": function.get("name") or "",
        "arguments": function.get("arguments") or "",
        "status": status,
    }


def _usage(usage: Json) -> Json:
    into, out = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    cached = _count(usage.get("prompt_tokens_details"), "cached_tokens")
    thoughts = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
    return {
        "input_tokens": into,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": out,
        "output_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": _count(usage, "total_tokens") or into + out,
    }


def _count(of: Any, name: str) -> int:
    """A number of tokens, 0 where the target tells none."""
    count = of.get(name) if isinstance(of, dict) else None
    return count if isinstance(count, int) else 0
