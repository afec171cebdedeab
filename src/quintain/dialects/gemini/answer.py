"""What Gemini answers, in OpenAI's words: a whole answer, or one chunk of a stream alike.

Source: ai.google.dev/api/generate-content (GenerateContentResponse, FinishReason, PromptFeedback).
"""

from __future__ import annotations

import uuid
from typing import Any

from quintain.dialects.base import Piece
from quintain.dialects.reading import another_shape, count_in, text_in
from quintain.dialects.words import tokens
from quintain.dialects.writing import arguments_of
from quintain.errors import TargetError

Json = Any
_LENGTH, _PROMPT = "MAX_TOKENS", "PROMPT"  # the second is ours: the prompt itself was refused
# The provider's guard, or the model's, ended the answer.
_FILTERED = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
     "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "ESCALATION", _PROMPT}
)  # fmt: skip
_ENDED = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
_MENDED_BY_US = frozenset({"MISSING_THOUGHT_SIGNATURE"})  # no later try of the same call helps


class Reader:
    """Reads the chunks of one answer; what is true of all of them together is kept here."""

    def __init__(self) -> None:
        self._calls = 0
        self._spoke = False
        self._reason = ""
        self._told = ""
        self._usage: Json = {}

    def piece(self, chunk: Json) -> Piece:
        """What a chunk adds. Raises TargetError for one of another shape, or an error in its place."""
        if not isinstance(chunk, dict):
            raise another_shape("it is no object")
        if "error" in chunk:
            raise _failed(chunk["error"])
        found = Piece()
        try:
            self._read(chunk, found)
        except (AttributeError, TypeError, KeyError) as error:
            raise another_shape(str(error)) from None
        self._spoke = self._spoke or bool(found.text or found.tool_calls)
        return found

    @property
    def ended(self) -> bool:
        """Whether it was told why the answer ended."""
        return bool(self._reason)

    def last(self) -> Piece:
        """Why the answer ended, and what it took. Raises TargetError where it came to nothing."""
        if self._reason == _LENGTH:
            return Piece(finish_reason="length", usage=self._usage)
        if self._reason in _FILTERED:
            return Piece(
                refusal="" if self._spoke else self._refusal(),
                finish_reason="content_filter",
                usage=self._usage,
            )
        if self._reason and self._reason not in _ENDED and not self._spoke:
            raise _came_to_nothing(self._reason, self._told)
        reason = "tool_calls" if self._calls else "stop"
        return Piece(finish_reason=reason, usage=self._usage)

    def _read(self, chunk: Json, found: Piece) -> None:
        self._usage = usage_of(chunk.get("usageMetadata")) or self._usage
        candidates = chunk.get("candidates") or []
        blocked = (chunk.get("promptFeedback") or {}).get("blockReason")
        if blocked and not candidates:
            self._reason = _PROMPT
            told = chunk["promptFeedback"].get("blockReasonMessage")
            self._told = str(told or f"The provider blocked the prompt: {blocked}.")
        for candidate in candidates[:1]:
            for part in (candidate.get("content") or {}).get("parts") or []:
                self._part(part, found)
            self._reason = str(candidate.get("finishReason") or self._reason)
            self._told = str(candidate.get("finishMessage") or self._told)
        if not (candidates or blocked or "usageMetadata" in chunk):
            raise another_shape("it has neither candidates nor promptFeedback")

    def _part(self, part: Json, found: Piece) -> None:
        if "functionCall" in part:
            found.tool_calls.append(self._call(part))
        elif part.get("thought"):
            found.reasoning += _text(part)
        else:
            found.text += _text(part)

    def _call(self, part: Json) -> Json:
        made, index = part["functionCall"], self._calls
        self._calls += 1
        call: Json = {
            "index": index,
            "id": str(made.get("id") or f"call_{uuid.uuid4().hex}"),
            "type": "function",
            "function": {
                "name": text_in(made, "name"),
                "arguments": arguments_of(made.get("args") or {}),
            },
        }
        signature = part.get("thoughtSignature")
        if signature:
            call["extra_content"] = {"google": {"thought_signature": signature}}
        return call

    def _refusal(self) -> str:
        return self._told or f"The provider stopped the answer: {self._reason}."


def usage_of(counts: Json) -> Json:
    """OpenAI's counts, where what was thought belongs to the completion."""
    if not counts:
        return {}
    thought = count_in(counts, "thoughtsTokenCount")
    prompt = count_in(counts, "promptTokenCount") + count_in(counts, "toolUsePromptTokenCount")
    completion = count_in(counts, "candidatesTokenCount") + thought
    usage = tokens(
        prompt, completion, cached=count_in(counts, "cachedContentTokenCount"), thought=thought
    )
    total = count_in(counts, "totalTokenCount")
    return usage | ({"total_tokens": total} if total else {})


def _text(part: Json) -> str:
    """What is no text is told as text, in Markdown: OpenAI's answers have no other place for it."""
    if "inlineData" in part:
        blob = part["inlineData"]
        return f"![{blob['mimeType']}](data:{blob['mimeType']};base64,{blob['data']})"
    if "executableCode" in part:
        code = part["executableCode"]
        return f"\n```{(code.get('language') or '').lower()}\n{code['code']}\n```\n"
    if "codeExecutionResult" in part:
        return f"\n```\n{part['codeExecutionResult'].get('output') or ''}\n```\n"
    return text_in(part, "text") if "text" in part else ""


def _failed(error: Json) -> TargetError:
    """An error that came where a chunk of the answer was due."""
    said = error if isinstance(error, dict) else {}
    told = said.get("code")
    code = told if isinstance(told, int) else 500
    passing = code == 429 or code >= 500
    return TargetError(
        "rate" if code == 429 else "http",
        f"The target broke off its answer with {code}: {said.get('message') or said.get('status') or 'no word why'}",
        passing=passing,
        status=429 if code == 429 else None,
        http_status=code,
    )


def _came_to_nothing(reason: str, told: str) -> TargetError:
    return TargetError(
        "answer",
        f"The model answered nothing that can be used: {reason}. {told}".strip(),
        passing=reason not in _MENDED_BY_US,
    )
