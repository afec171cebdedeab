"""The events of ConverseStream, in OpenAI's words.

Source: docs.aws.amazon.com/bedrock, API reference (ConverseStreamOutput).
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.base import Piece
from quintain.dialects.bedrock.answer import (
    call_of,
    image_text,
    is_own,
    reason_of,
    refusal_of,
    usage_of,
)
from quintain.dialects.bedrock.frames import Event
from quintain.dialects.reading import another_shape, cut_off, text_in
from quintain.errors import TargetError

Json = Any
# The status that each exception has where it is an answer of its own.
_STATUSES = {
    "throttlingexception": 429,
    "modelnotreadyexception": 429,
    "serviceunavailableexception": 503,
    "internalserverexception": 500,
    "modelstreamerrorexception": 502,
    "modeltimeoutexception": 504,
    "validationexception": 400,
    "accessdeniedexception": 403,
}


class Reader:
    """Reads the events of one answer; what is true of all of them together is kept here."""

    def __init__(self) -> None:
        self._calls: dict[int, int] = {}  # a block's index to its call's
        self._without_arguments: set[int] = set()
        self._own: set[int] = set()  # blocks of calls that AWS answers itself
        self._thought: dict[int, Json] = {}
        self._image = ""
        self._spoke = False
        self._told = ""
        self._usage: Json = {}

    def piece(self, event: Event) -> Piece:
        """What an event adds. Raises TargetError for an exception, or another shape."""
        if event.failed:
            raise _exception(event)
        try:
            found = self._read(event.kind, event.payload)
        except (AttributeError, TypeError, KeyError) as error:
            raise another_shape(str(error)) from None
        self._spoke = self._spoke or bool(found.text or found.tool_calls)
        return found

    def last(self) -> Piece:
        """Why the answer ended, and what it took. Raises TargetError where that was never told."""
        if not self._told:
            raise cut_off()
        return Piece(
            refusal=refusal_of(self._told, spoke=self._spoke),
            finish_reason=reason_of(self._told, spoke=self._spoke, called=bool(self._calls)),
            usage=self._usage,
        )

    def _read(self, kind: str, event: Json) -> Piece:
        if kind == "contentBlockDelta":
            return self._delta(event["contentBlockIndex"], event["delta"])
        if kind == "contentBlockStart":
            return self._start(event["contentBlockIndex"], event.get("start") or {})
        if kind == "contentBlockStop":
            return self._stop(event["contentBlockIndex"])
        if kind == "messageStop":
            self._told = text_in(event, "stopReason")
        elif kind == "metadata":
            self._usage = usage_of(event.get("usage"))
        return Piece()

    def _start(self, block: int, start: Json) -> Piece:
        self._image = (start.get("image") or {}).get("format") or ""
        if "toolUse" not in start:
            return Piece()
        if is_own(start["toolUse"]):
            self._own.add(block)
            return Piece()
        index = self._calls[block] = len(self._calls)
        self._without_arguments.add(block)
        call = call_of(start["toolUse"], "", list(self._thought.values()))
        self._thought.clear()
        return Piece(tool_calls=[{"index": index, **call}])

    def _delta(self, block: int, delta: Json) -> Piece:
        if "toolUse" in delta:
            return self._arguments(block, text_in(delta["toolUse"], "input"))
        if "reasoningContent" in delta:
            return self._reasoning(block, delta["reasoningContent"])
        if "image" in delta:
            return Piece(image_text(self._image, delta["image"]["source"]["bytes"]))
        return Piece(text_in(delta, "text") if "text" in delta else "")

    def _arguments(self, block: int, text: str) -> Piece:
        if not text or block in self._own:
            return Piece()
        self._without_arguments.discard(block)
        call = {"index": self._calls[block], "function": {"arguments": text}}
        return Piece(tool_calls=[call])

    def _stop(self, block: int) -> Piece:
        """A call of a function without parameters streams none, and JSON text is expected."""
        return self._arguments(block, "{}") if block in self._without_arguments else Piece()

    def _reasoning(self, block: int, delta: Json) -> Piece:
        if "redactedContent" in delta:
            self._thought[block] = {"redactedContent": delta["redactedContent"]}
            return Piece()
        kept = self._thought.setdefault(block, {"reasoningText": {"text": ""}})["reasoningText"]
        if "signature" in delta:
            kept["signature"] = kept.get("signature", "") + text_in(delta, "signature")
        text = text_in(delta, "text") if "text" in delta else ""
        kept["text"] += text
        return Piece(reasoning=text)


def _exception(event: Event) -> TargetError:
    status = _STATUSES.get(event.kind.lower(), 500)
    limited = status == 429
    said = str(event.payload.get("message") or "")
    return TargetError(
        "rate" if limited else "http",
        f"The target broke off its answer: {event.kind}. {said}".strip(),
        code="rate_limit_exceeded" if limited else None,
        passing=limited or status >= 500,
        status=status if limited else None,
        http_status=status,
    )
