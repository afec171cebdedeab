"""What Bedrock answers, in OpenAI's words.

Source: docs.aws.amazon.com/bedrock, API reference (Converse: response syntax, TokenUsage).
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.base import Answer
from quintain.dialects.reading import another_shape, count_in, text_in
from quintain.dialects.words import tokens
from quintain.dialects.writing import arguments_of
from quintain.errors import TargetError

Json = Any
_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "content_filter": "content_filter",  # none of AWS's own words, but one that its mocks use
}
_MALFORMED = frozenset({"malformed_model_output", "malformed_tool_use"})


def answer_of(whole: Json) -> Answer:
    """Raises TargetError for another shape, or for an answer that came to nothing."""
    try:
        return _answer(whole)
    except (AttributeError, TypeError, KeyError) as error:
        raise another_shape(str(error)) from None


def _answer(whole: Json) -> Answer:
    found, thought = Answer(), list[Json]()
    for block in whole["output"]["message"].get("content") or []:
        _add(block, found, thought)
    spoke = bool(found.text or found.tool_calls)
    told = text_in(whole, "stopReason")
    found.finish_reason = reason_of(told, spoke=spoke, called=bool(found.tool_calls))
    found.refusal = refusal_of(told, spoke=spoke)
    found.usage = usage_of(whole.get("usage"))
    return found


def _add(block: Json, found: Answer, thought: list[Json]) -> None:
    if "toolUse" in block:
        called = block["toolUse"]
        if is_own(called):
            return
        arguments = arguments_of(called.get("input") or {})
        found.tool_calls.append(call_of(called, arguments, thought))
        thought.clear()
    elif "reasoningContent" in block:
        reasoning = block["reasoningContent"]
        if "reasoningText" in reasoning:
            found.reasoning += text_in(reasoning["reasoningText"], "text")
        thought.append(reasoning)
    else:
        found.text += _text(block)


def is_own(called: Json) -> bool:
    """Whether AWS runs the tool itself, as Nova's web grounding: nobody else is to answer the call."""
    return bool(called.get("type") == "server_tool_use")


def call_of(called: Json, arguments: str, thought: list[Json]) -> Json:
    """A call in OpenAI's words. thought: what the model thought before it, and signed."""
    function = {"name": text_in(called, "name"), "arguments": arguments}
    call: Json = {"id": text_in(called, "toolUseId"), "type": "function", "function": function}
    signed = [each for each in thought if _is_signed(each)]
    if signed:
        call["extra_content"] = {"bedrock": {"reasoning": signed}}
    return call


def _is_signed(reasoning: Json) -> bool:
    text = reasoning.get("reasoningText") or {}
    return bool(text.get("signature") or reasoning.get("redactedContent"))


def _text(block: Json) -> str:
    """An image is told in Markdown: OpenAI's answers have no other place for it."""
    if "citationsContent" in block:
        return "".join(each.get("text") or "" for each in block["citationsContent"]["content"])
    if "image" in block:
        return image_text(block["image"]["format"], block["image"]["source"]["bytes"])
    return text_in(block, "text") if "text" in block else ""


def image_text(form: str, data: str) -> str:
    return f"![image](data:image/{form};base64,{data})"


def reason_of(told: str, *, spoke: bool, called: bool) -> str:
    """Raises TargetError where the model failed before it said anything."""
    if told in _MALFORMED and not spoke:
        raise TargetError(
            "answer", f"The model answered nothing that can be used: {told}.", passing=True
        )
    return _REASONS.get(told) or ("tool_calls" if called else "stop")


def refusal_of(told: str, *, spoke: bool) -> str:
    """A sentence where a guard left nothing to read."""
    if spoke or _REASONS.get(told) != "content_filter":
        return ""
    return f"The provider stopped the answer: {told}."


def usage_of(counts: Json) -> Json:
    """OpenAI's counts: a prompt's tokens are all of them, cached or not."""
    if not counts:
        return {}
    cached = count_in(counts, "cacheReadInputTokens")
    prompt = count_in(counts, "inputTokens") + cached + count_in(counts, "cacheWriteInputTokens")
    return tokens(prompt, count_in(counts, "outputTokens"), cached=cached)
