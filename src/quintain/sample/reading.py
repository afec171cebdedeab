"""Reading what a customer's program sent, and what is said when it cannot be used."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from quintain.sample.desk import Turn

MAX_BODY = 256 * 1024
MAX_TURNS = 200
MAX_TEXT = 20_000


class Refused(Exception):  # it is not the chatbot that erred
    """A request that gets no answer. status: of HTTP; the text is the reason, in a sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


async def read_object(request: web.Request) -> dict[str, Any]:
    """Read the body as a JSON object. Raises Refused 400 where it is none, 413 past 256 KiB."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused(413, f"The body is larger than {MAX_BODY} bytes.") from None
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refused(400, "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Refused(400, "The body must be a JSON object.")
    return body


def read_text(value: Any, name: str) -> str:
    """Read a text, or the text parts of a list of them, of at most 20,000 characters."""
    if isinstance(value, list):
        parts = [part.get("text") for part in value if isinstance(part, dict)]
        value = "\n".join(part for part in parts if isinstance(part, str))
    if not isinstance(value, str) or not value.strip():
        raise Refused(400, f"{name} must be a text.")
    if len(value) > MAX_TEXT:
        raise Refused(400, f"{name} is longer than {MAX_TEXT} characters.")
    return value


def read_turns(value: Any, name: str) -> list[Turn]:
    """Read a list of `{"role": ..., "content": ...}`, at most 200. What is not said is left out."""
    if not isinstance(value, list) or len(value) > MAX_TURNS:
        raise Refused(400, f"{name} must be a list of at most {MAX_TURNS} turns.")
    turns = []
    for at, turn in enumerate(value):
        if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
            raise Refused(400, f"{name}[{at}] must have a role and a content.")
        if turn["role"] in {"user", "assistant"} and turn.get("content"):
            turns.append(Turn(turn["role"], read_text(turn["content"], f"{name}[{at}].content")))
    return turns
