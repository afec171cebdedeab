"""The chatbot's own format, which is like nobody else's.

POST /bot/reply, header `X-Desk-Key: <key>`:

    {"conversation": {"id": "c-1", "turns": [{"role": "user", "content": "..."}]}, "question": "..."}
    -> {"result": {"messages": [{"kind": "text", "text": "..."}], "took_ms": 0.1}}

`conversation` may be left out. Turns may end with the question itself, as a list of messages does.
Whatever goes wrong is told as `{"fault": {"reason": "..."}}`.
"""

from __future__ import annotations

import time
from typing import Any

import orjson
from aiohttp import web

from quintain.sample.desk import Turn, answer
from quintain.sample.reading import Refused, read_object, read_text, read_turns


def key_of(request: web.Request) -> str:
    return request.headers.get("X-Desk-Key", "")


def fault(status: int, reason: str) -> web.Response:
    return _json(status, {"fault": {"reason": reason}})


async def reply(request: web.Request) -> web.Response:
    started = time.perf_counter()
    body = await read_object(request)
    question = read_text(body.get("question"), "question")
    turns = _turns(body)
    if turns and turns[-1] == Turn("user", question):
        del turns[-1]
    messages = [{"kind": "text", "text": answer(turns, question)}]
    took_ms = round((time.perf_counter() - started) * 1000, 3)
    return _json(200, {"result": {"messages": messages, "took_ms": took_ms}})


def _turns(body: dict[str, Any]) -> list[Turn]:
    conversation = body.get("conversation") or {}
    if not isinstance(conversation, dict):
        raise Refused(400, "conversation must be an object.")
    return read_turns(conversation.get("turns") or [], "conversation.turns")


def _json(status: int, body: Any) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")
