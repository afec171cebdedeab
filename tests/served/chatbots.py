"""Chatbots that keep the conversation on their side, each in another way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

TOLD = re.compile(r"word: (\S+)\.")


class Rememberer:
    """Told a word in a conversation, it gives it back when it is asked for one.

    finds: where a request says its conversation, None for a new one. gives: the id of a new
    conversation put into the answer, by the answer and the id. forgets: every conversation at once.
    """

    def __init__(
        self,
        finds: Callable[[web.Request, dict[str, Any]], str | None],
        gives: Callable[[web.StreamResponse, dict[str, Any], str], None] | None = None,
        *,
        forgets: bool = False,
        streams: bool = False,
    ) -> None:
        self.conversations: dict[str, list[str]] = {}
        self.openings: list[dict[str, Any]] = []
        self._finds, self._gives, self._forgets, self._streams = finds, gives, forgets, streams

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read() or b"{}")
        if request.path.endswith("/open"):
            self.openings.append(body)
            ident = self._new()
            return web.json_response({"conversation": {"id": ident}})
        ident = self._finds(request, body)
        if ident is None or (self._gives and ident not in self.conversations):
            ident = self._new()
        answer = {"text": self._say(ident, body["text"])}
        response = web.Response(content_type="application/json")
        if self._gives:
            self._gives(response, answer, ident)
        text = json.dumps(answer)
        if self._streams:
            response.content_type, text = "text/event-stream", f"data: {text}\n\ndata: [DONE]\n\n"
        response.text = text
        return response

    def _new(self) -> str:
        ident = f"conv-{len(self.conversations) + 1}"
        self.conversations[ident] = []
        return ident

    def _say(self, ident: str, text: str) -> str:
        said = [] if self._forgets else self.conversations.setdefault(ident, [])
        told = TOLD.search(text)
        if told:
            said.append(told[1])
            return "I will remember."
        return f"It was {said[-1]}." if said else "You told me no word."


def in_body(name: str) -> Callable[[web.Request, dict[str, Any]], str | None]:
    return lambda _, body: body.get(name) or None


def in_header(name: str) -> Callable[[web.Request, dict[str, Any]], str | None]:
    return lambda request, _: request.headers.get(name) or None


def in_cookie(name: str) -> Callable[[web.Request, dict[str, Any]], str | None]:
    return lambda request, _: request.cookies.get(name) or None
