"""Gemini's answers in OpenAI's words: those of Google's reference, and odd ones."""

import json
from contextlib import suppress

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.dialects.spoken import (
    as_chunk,
    as_completion,
    config_of,
    joined,
    pieces_from,
)

from quintain.dialects.gemini.dialect import GeminiSpeaker
from quintain.errors import TargetError

USAGE = {
    "promptTokenCount": 10,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 7,
    "cachedContentTokenCount": 4,
    "totalTokenCount": 22,
}
COUNTED = {
    "prompt_tokens": 10,
    "completion_tokens": 12,
    "total_tokens": 22,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 7},
}
BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": USAGE}
CALLED = {
    "functionCall": {"name": "get_weather", "args": {"city": "Oslo"}, "id": "fc_1"},
    "thoughtSignature": "c2lnbmVk",
}


def chunk(*parts, reason="STOP", **more):
    """A response as the reference has it, held to the SDK's type."""
    content = {"content": {"role": "model", "parts": list(parts)}} if parts else {}
    candidate = content | {"index": 0} | ({"finishReason": reason} if reason else {})
    made = {"candidates": [candidate | more], "usageMetadata": USAGE, "modelVersion": "gemini-3"}
    types.GenerateContentResponse.model_validate_json(json.dumps(made))
    return made


def speaker():
    return GeminiSpeaker("gemini-3-flash", config_of("gemini"))


async def answer(document):
    found = await speaker().answer(json.dumps(document).encode())
    as_completion(found)
    return found


def stream(*documents, end="\r\n\r\n"):
    return b"".join(f"data: {json.dumps(each)}{end}".encode() for each in documents)


async def streamed(*documents, **how):
    found = await pieces_from(speaker(), stream(*documents, **how))
    for piece in found:
        as_chunk(piece)
    return joined(found)


async def test_text_thoughts_and_counts():
    found = await answer(chunk({"text": "Let me", "thought": True}, {"text": "Hi "}, {"text": "you"}))  # fmt: skip
    assert (found.text, found.reasoning, found.finish_reason) == ("Hi you", "Let me", "stop")
    assert found.usage == COUNTED


async def test_calls_with_their_signature():
    found = await answer(chunk({"text": "Looking."}, CALLED, {"functionCall": {"name": "now"}}))
    first, second = found.tool_calls
    assert found.finish_reason == "tool_calls"
    assert first == {
        "id": "fc_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
        "extra_content": {"google": {"thought_signature": "c2lnbmVk"}},
    }
    assert second["function"] == {"name": "now", "arguments": "{}"}
    assert second["id"].startswith("call_")


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("STOP", "stop"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), (None, "stop"),
     ("RECITATION", "content_filter"), ("SPII", "content_filter"), ("OTHER", "stop"),
     ("BLOCKLIST", "content_filter"), ("LANGUAGE", "content_filter")],
)  # fmt: skip
async def test_why_an_answer_ended(reason, finish):
    found = await answer(chunk({"text": "so far"}, reason=reason))
    assert (found.text, found.finish_reason, found.refusal) == ("so far", finish, "")


async def test_a_blocked_prompt_is_a_refusal_with_a_sentence():
    found = await answer(BLOCKED)
    assert (found.finish_reason, found.text) == ("content_filter", "")
    assert found.refusal == "The provider blocked the prompt: PROHIBITED_CONTENT."
    assert found.usage == COUNTED


async def test_an_answer_that_a_guard_left_nothing_of_is_a_refusal():
    assert (await answer(chunk(reason="SAFETY"))).refusal == "The provider stopped the answer: SAFETY."  # fmt: skip
    told = await answer(chunk(reason="SAFETY", finishMessage="Not this."))
    assert told.refusal == "Not this."


@pytest.mark.parametrize("reason", sorted(types.FinishReason.__members__))
async def test_every_reason_of_the_sdk_is_one_thing_or_another(reason):
    """An answer that said something stands; one that did not is not taken for a normal one."""
    stood = await answer(chunk({"text": "hi"}, reason=reason))
    assert stood.finish_reason in {"stop", "length", "content_filter"}
    with suppress(TargetError):
        nothing = await answer(chunk(reason=reason))
        normal = reason in {"STOP", "FINISH_REASON_UNSPECIFIED"}
        assert bool(nothing.refusal or nothing.finish_reason == "length") != normal


@pytest.mark.parametrize("depth", [300, 900, 1020])
async def test_a_call_nested_deeply_is_passed_on_or_told(depth):
    nested = '{"a":' * depth + "1" + "}" * depth
    body = json.dumps(chunk(CALLED)).replace('{"city": "Oslo"}', nested)
    with suppress(TargetError):
        found = await speaker().answer(body.encode())
        assert json.loads(found.tool_calls[0]["function"]["arguments"])
        as_completion(found)


@pytest.mark.parametrize(
    ("reason", "passing"),
    [("MALFORMED_FUNCTION_CALL", True), ("MISSING_THOUGHT_SIGNATURE", False)],
)
async def test_an_answer_that_came_to_nothing_is_an_error_that_says_why(reason, passing):
    with pytest.raises(TargetError) as caught:
        await answer(chunk(reason=reason, finishMessage="print(1)"))
    assert (caught.value.stage, caught.value.passing) == ("answer", passing)
    assert caught.value.message.endswith(f"{reason}. print(1)")


async def test_an_image_and_code_are_told_in_markdown():
    found = await answer(
        chunk(
            {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
            {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        )
    )
    assert found.text == "![image/png](data:image/png;base64,aGk=)\n```python\nprint(1)\n```\n\n```\n1\n```\n"  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[1]", b'"text"', b"{}", b'{"candidates": 1}', b'{"candidates": [1]}',
     b'{"candidates": [{"content": {"parts": [{"text": 1}]}}]}', b'{"promptFeedback": 1}',
     b'{"candidates": [{"content": {"parts": [{"functionCall": {}}]}}]}', b'{"usageMetadata": [1]}'],
)  # fmt: skip
async def test_an_answer_of_another_shape_is_a_mapping_error(body):
    with pytest.raises(TargetError) as caught:
        await speaker().answer(body)
    assert caught.value.stage == "mapping"


async def test_half_an_emoji_does_not_spoil_an_answer():
    body = json.dumps(chunk({"text": "so HALF"})).replace("HALF", "\\ud83d").encode()
    assert (await speaker().answer(body)).text == "so ?"


CHUNKS = [
    chunk({"text": "thinking", "thought": True}, reason=None),
    chunk({"text": "It is "}, reason=None),
    chunk({"text": "21 °C."}, CALLED, reason=None),
    chunk({"functionCall": {"name": "now", "args": {}, "id": "fc_2"}}),
]
WHOLE = {
    "text": "It is 21 °C.",
    "reasoning": "thinking",
    "refusal": "",
    "calls": [
        {"id": "fc_1", "name": "get_weather", "arguments": '{"city":"Oslo"}'},
        {"id": "fc_2", "name": "now", "arguments": "{}"},
    ],
    "finish": "tool_calls",
    "usage": COUNTED,
}


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n"])
async def test_a_stream_says_the_same_as_a_whole_answer(end):
    assert await streamed(*CHUNKS, end=end) == WHOLE


@given(st.integers(0, len(stream(*CHUNKS))), st.integers(0, len(stream(*CHUNKS))))
async def test_a_stream_may_be_cut_anywhere(one, other):
    data, (one, other) = stream(*CHUNKS), sorted((one, other))
    found = await pieces_from(speaker(), data[:one], data[one:other], data[other:])
    assert joined(found) == WHOLE


@given(st.integers(0, len(json.dumps(CHUNKS))))
async def test_a_stream_that_is_one_json_array_is_read_too(cut):
    data = json.dumps(CHUNKS).encode()
    assert joined(await pieces_from(speaker(), data[:cut], data[cut:])) == WHOLE


async def test_a_blocked_prompt_in_a_stream():
    found = await streamed(BLOCKED)
    assert (found["finish"], found["refusal"]) == (
        "content_filter",
        "The provider blocked the prompt: PROHIBITED_CONTENT.",
    )


async def test_a_refusal_after_words_leaves_them_as_they_are():
    found = await streamed(chunk({"text": "I"}, reason=None), chunk(reason="SAFETY"))
    assert (found["text"], found["finish"], found["refusal"]) == ("I", "content_filter", "")


async def test_a_stream_that_ends_too_early_is_an_error():
    with pytest.raises(TargetError) as caught:
        await streamed(*CHUNKS[:2])
    assert caught.value.passing


@pytest.mark.parametrize(
    ("code", "passing", "status"), [(429, True, 429), (503, True, 502), (400, False, 424)]
)
async def test_an_error_amid_a_stream_is_told(code, passing, status):
    error = {"error": {"code": code, "message": "no more", "status": "S"}}
    with pytest.raises(TargetError) as caught:
        await streamed(CHUNKS[1], error)
    assert (caught.value.passing, caught.value.status) == (passing, status)
    assert "no more" in caught.value.message


def refusal(status, word="INVALID_ARGUMENT", **detail):
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo"} | detail]
    return {"error": {"code": status, "message": "m", "status": word, "details": details}}


@pytest.mark.parametrize(
    ("status", "body", "meant"),
    [
        (400, refusal(400, reason="API_KEY_INVALID"), 401),
        (400, [refusal(400, reason="API_KEY_INVALID")], 401),
        (400, refusal(400, "FAILED_PRECONDITION"), 403),
        (400, refusal(400, reason="ANOTHER"), 400),
        (400, {"error": "no object"}, 400),
        (400, {"error": {"details": 1}}, 400),
        (400, refusal(400, reason={}), 400),
        (400, [], 400),
        (404, refusal(404, "NOT_FOUND"), 404),
        (429, refusal(429, "RESOURCE_EXHAUSTED"), 429),
        (503, refusal(503, "UNAVAILABLE"), 503),
    ],
)
def test_a_refusals_status_as_openai_would_give_it(status, body, meant):
    assert speaker().status(status, json.dumps(body).encode()) == meant


@pytest.mark.parametrize("body", [b"", b"<html>", b"1"])
def test_a_refusal_that_is_no_json_keeps_its_status(body):
    assert speaker().status(400, body) == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(
            ["candidates", "content", "parts", "text", "functionCall", "finishReason", "name",
             "promptFeedback", "usageMetadata", "error", "inlineData", "code", "args",
             "promptTokenCount", "thought", "blockReason", "id", "mimeType", "data", "output"]
        ),
        inner,
        max_size=3,
    ),
    max_leaves=10,
)  # fmt: skip


@given(json_values)
async def test_whatever_a_target_sends_is_an_answer_or_a_target_error(document):
    body = json.dumps(document).encode()
    try:
        found = await speaker().answer(body)
    except TargetError:
        return
    as_completion(found)
