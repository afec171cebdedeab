"""Calls to the gateway, by the standard library alone, so that it works beside every engine.

A call waits for the model's rate limit as long as it takes, and so for quintain's own store where
that is away: neither says anything of the target. What else may pass is tried again, at most twice;
what no retry mends is not.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MOST_RETRIES = 2
LONGEST_LIMIT_S = 3600.0  # of waiting for the rate limit or the store, in all
READ_S = 900.0
_WAIT_S = 300  # in line at the gateway, a time
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_STORE_AWAY = "store_unavailable"
_BROKEN = (OSError, http.client.HTTPException)
Message = dict[str, Any]


class Failed(Exception):
    """A call without an answer. code: the gateway's own. status: 0 where there was none."""

    def __init__(self, code: str, message: str, status: int = 0, *, retries: int = 0) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.retries = code, message, status, retries
        self.request_id = ""
        self.pause: float | None = None  # seconds until another try may do better, None for never

    def as_error(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "status": self.status}


@dataclass(slots=True)
class Reply:
    """What a model answered. retries: calls before this one.

    blocked: its guardrail did: the gateway says so, or a filter left nothing of the answer.
    refused: the answer came in the field that the API has for refusals.

    steps: what an agent reports to have done. message: as it goes into the next turn's history.
    """

    text: str
    message: Message
    tool_calls: list[Any] = field(default_factory=list)
    steps: list[Any] = field(default_factory=list)
    blocked: bool = False
    finish_reason: str = "stop"
    request_id: str = ""
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    elapsed_ms: float = 0.0
    refused: bool = False


@dataclass(slots=True)
class _Tries:
    """How one call was tried again: in all, after failures, and how long for what it waits for."""

    count: int = 0
    failures: int = 0
    limited_s: float = 0.0


class Gateway:
    """One key's way to every model. Each thread keeps a connection of its own."""

    def __init__(self, base_url: str, api_key: str) -> None:
        parts = urlsplit(base_url)
        self._secure, self._host = parts.scheme == "https", parts.netloc
        self._path = parts.path.rstrip("/")
        self._key = api_key
        self._own = threading.local()

    def ask(
        self, model: str, messages: Sequence[Message], *, session: str = "", **options: Any
    ) -> Reply:
        """Ask for one chat completion. options: further fields of OpenAI's request.

        Raises Failed.
        """
        body = json.dumps({"model": model, "messages": list(messages), **options}).encode()
        headers = {"X-Quintain-Session": session} if session else {}
        tries = _Tries()
        while True:
            began = time.monotonic()
            try:
                reply = self._once(body, headers)
            except Failed as failed:
                failed.retries = tries.count
                if not _again(failed, tries):
                    raise
                continue
            reply.retries = tries.count
            reply.elapsed_ms = (time.monotonic() - began) * 1000
            return reply

    def _once(self, body: bytes, more: Mapping[str, str]) -> Reply:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "X-Quintain-Max-Wait": str(_WAIT_S),
            **more,
        }
        try:
            connection = self._connection()
            connection.request("POST", f"{self._path}/chat/completions", body, headers)
            response = connection.getresponse()
            payload = response.read()
        except _BROKEN as error:
            raise _lost(error, stale=self._drop()) from error
        self._own.used = True
        if response.status != 200:
            raise _refusal(response, payload)
        return _reply(response, payload)

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            kept = self._own.connection = kind(self._host, timeout=READ_S)
        return kept

    def _drop(self) -> bool:
        """Whether the connection had served before, and may merely have been closed for idleness."""
        self._connection().close()
        self._own.connection = None
        used, self._own.used = getattr(self._own, "used", False), False
        return used


def _again(failed: Failed, tries: _Tries) -> bool:
    """Wait and say whether to try again."""
    pause = failed.pause
    if pause is None:
        return False
    if failed.status == 429 or failed.code == _STORE_AWAY:
        if tries.limited_s + pause > LONGEST_LIMIT_S:
            return False
        tries.limited_s += pause
    elif tries.failures >= MOST_RETRIES:
        return False
    else:
        tries.failures += 1
    tries.count += 1
    time.sleep(pause)
    return True


def _lost(error: Exception, *, stale: bool) -> Failed:
    failed = Failed("gateway_unreachable", f"The gateway did not answer: {error}.")
    failed.pause = 0.0 if stale else 1.0
    return failed


def _refusal(response: http.client.HTTPResponse, payload: bytes) -> Failed:
    try:
        told = json.loads(payload)["error"]
        code, message = str(told.get("code") or told.get("type") or "error"), str(told["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        code, message = "error", payload[:300].decode("utf-8", "replace") or "An empty refusal."
    failed = Failed(code, message, response.status)
    failed.request_id = response.headers.get("X-Request-Id", "")
    never = response.headers.get("x-should-retry") == "false"
    if response.status in _PASSING and not never:
        asked = response.headers.get("Retry-After", "")
        failed.pause = min(float(asked) if asked.isdigit() else 1.0, 60.0)
    return failed


def _reply(response: http.client.HTTPResponse, payload: bytes) -> Reply:
    try:
        document = json.loads(payload)
        choice = document["choices"][0]
        message = choice["message"]
        text = message.get("content") or message.get("refusal") or ""
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise Failed("not_a_completion", "The answer is no chat completion.", 200) from error
    usage = document.get("usage")
    return Reply(
        text if isinstance(text, str) else json.dumps(text),
        {key: message[key] for key in ("role", "content", "tool_calls") if message.get(key)},
        _objects(message.get("tool_calls")),
        _objects(document.get("x_quintain_trace")),
        blocked=response.headers.get("X-Quintain-Blocked") == "1" or _withheld(choice),
        finish_reason=choice.get("finish_reason") or "stop",
        request_id=response.headers.get("X-Request-Id", ""),
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        refused=bool(message.get("refusal")) and not message.get("content"),
    )


def _withheld(choice: Mapping[str, Any]) -> bool:
    """What then stands in `refusal` are the words of the filter or the gateway, not the model's."""
    message = choice["message"]
    content = message.get("content")
    said = readable(content) if isinstance(content, str) else content
    return choice.get("finish_reason") == "content_filter" and not (
        said or message.get("tool_calls")
    )


def readable(text: str) -> bool:
    """Whether there is a sign that somebody can see."""
    return any(sign.isprintable() and not sign.isspace() for sign in text)


# A target's answer passes the gateway as it came, and one odd field must not cost the answer.
def _objects(given: Any) -> list[Any]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _count(usage: Any, name: str) -> int:
    number = usage.get(name) if isinstance(usage, dict) else 0
    return number if isinstance(number, int) else 0
