"""The same chatbot in OpenAI's chat format, whole or word by word.

POST /v1/chat/completions and GET /v1/models, header `Authorization: Bearer <key>`. A token is a
word here. Format: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from quintain.sample.desk import SYSTEM_TEXT, Turn, answer
from quintain.sample.reading import Refused, read_object, read_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "marlow-desk"
WORD_DELAY_S = 0.02
_WORD = re.compile(r"\s*\S+")


def key_of(request: web.Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def fault(status: int, reason: str) -> web.Response:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return _json(status, {"error": {"message": reason, "type": kind, "param": None, "code": None}})


async def models(_: web.Request) -> web.Response:
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "marlow-bank"}
    return _json(200, {"object": "list", "data": [model]})


async def complete(request: web.Request) -> web.StreamResponse:
    body = await read_object(request)
    turns = read_turns(body.get("messages"), "messages")
    if not turns or turns[-1].role != "user":
        raise Refused(400, "messages must end with a user's message.")
    text = answer(turns[:-1], turns[-1].text)
    usage = _usage(turns, text)
    if body.get("stream") is True:
        options = body.get("stream_options")
        wanted = isinstance(options, dict) and options.get("include_usage") is True
        return await _stream(request, text, usage if wanted else None)
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _json(200, {**_head("chat.completion"), "choices": [choice], "usage": usage})


async def _stream(
    request: web.Request, text: str, usage: dict[str, int] | None
) -> web.StreamResponse:
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):  # the caller left: nobody is there to be told
        for chunk in _chunks(text, usage):
            await response.write(b"data: " + orjson.dumps(chunk) + b"\n\n")
            await asyncio.sleep(WORD_DELAY_S)
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
    return response


def _chunks(text: str, usage: dict[str, int] | None) -> Iterator[dict[str, Any]]:
    head = _head("chat.completion.chunk")

    def chunk(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    yield chunk({"role": "assistant", "content": ""})
    for word in _WORD.findall(text):
        yield chunk({"content": word})
    yield chunk({}, "stop")
    if usage is not None:
        yield {**head, "choices": [], "usage": usage}


def _head(kind: str) -> dict[str, Any]:
    made = f"chatcmpl-{uuid.uuid4().hex}"
    return {"id": made, "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(turns: list[Turn], text: str) -> dict[str, int]:
    prompt = len(SYSTEM_TEXT.split()) + sum(len(turn.text.split()) for turn in turns)
    answered = len(text.split())
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answered,
        "total_tokens": prompt + answered,
    }


def _json(status: int, body: Any) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")
