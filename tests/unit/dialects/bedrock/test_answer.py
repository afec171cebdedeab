"""Bedrock's answers in OpenAI's words: those of AWS's reference, and odd ones."""

import json
import struct
from contextlib import suppress

import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st
from tests.served.eventstream import event, exception, frame
from tests.unit.dialects.spoken import as_chunk, as_completion, config_of, joined, pieces_from

from quintain.dialects.bedrock.dialect import BedrockSpeaker
from quintain.dialects.bedrock.frames import MAX_FRAME
from quintain.errors import TargetError

MODEL = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"))
USAGE = {
    "inputTokens": 10,
    "outputTokens": 5,
    "totalTokens": 22,
    "cacheReadInputTokens": 4,
    "cacheWriteInputTokens": 3,
}
COUNTED = {
    "prompt_tokens": 17,
    "completion_tokens": 5,
    "total_tokens": 22,
    "prompt_tokens_details": {"cached_tokens": 4},
}
THOUGHT = {"reasoningContent": {"reasoningText": {"text": "Six times seven.", "signature": "s"}}}
HIDDEN = {"reasoningContent": {"redactedContent": "aGk="}}
CALLED = {"toolUse": {"toolUseId": "tooluse_1", "name": "get_weather", "input": {"city": "Oslo"}}}
REASONS = MODEL.shape_for("StopReason").enum


def whole(*blocks, reason="end_turn"):
    """An answer as the reference has it, held to AWS's own description."""
    made = {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": reason,
        "usage": USAGE,
        "metrics": {"latencyMs": 200},
    }
    shape = MODEL.operation_model("Converse").output_shape
    answer = {"body": json.dumps(made).encode(), "headers": {}, "status_code": 200}
    parsed = create_parser("rest-json").parse(answer, shape)
    assert len(parsed["output"]["message"]["content"]) == len(blocks)
    return made


def speaker():
    return BedrockSpeaker("anthropic.claude-sonnet-4-v1:0", config_of("bedrock"))


async def answer(document):
    found = await speaker().answer(json.dumps(document).encode())
    as_completion(found)
    return found


async def streamed(*frames):
    found = await pieces_from(speaker(), b"".join(frames))
    for piece in found:
        as_chunk(piece)
    return joined(found)


async def test_text_thoughts_and_counts():
    found = await answer(whole(THOUGHT, {"text": "Hi "}, {"text": "you"}))
    assert (found.text, found.reasoning) == ("Hi you", "Six times seven.")
    assert (found.finish_reason, found.usage) == ("stop", COUNTED)


async def test_calls_carry_what_was_thought_and_signed_before_them():
    found = await answer(whole(THOUGHT, HIDDEN, {"text": "Looking."}, CALLED, CALLED, reason="tool_use"))  # fmt: skip
    call = {
        "id": "tooluse_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
    }
    thought = [THOUGHT["reasoningContent"], HIDDEN["reasoningContent"]]
    assert found.tool_calls == [call | {"extra_content": {"bedrock": {"reasoning": thought}}}, call]
    assert found.finish_reason == "tool_calls"


GROUNDED = {"toolUse": CALLED["toolUse"] | {"type": "server_tool_use"}}


async def test_a_call_that_aws_answers_itself_is_none_for_the_caller():
    found = await answer(whole(GROUNDED, {"text": "Found."}))
    assert (found.text, found.tool_calls, found.finish_reason) == ("Found.", [], "stop")


async def test_nor_is_it_in_a_stream():
    start = {"toolUse": {"toolUseId": "1", "name": "nova_grounding", "type": "server_tool_use"}}
    found = await streamed(
        event("contentBlockStart", {"contentBlockIndex": 0, "start": start}),
        delta(0, toolUse={"input": "{}"}),
        stop(0),
        delta(1, text="Found."),
        event("messageStop", {"stopReason": "end_turn"}),
    )
    assert (found["text"], found["calls"], found["finish"]) == ("Found.", [], "stop")


@pytest.mark.parametrize("depth", [300, 900, 1020])
async def test_a_call_nested_deeply_is_passed_on_or_told(depth):
    nested = '{"a":' * depth + "1" + "}" * depth
    body = json.dumps(whole(CALLED)).replace('{"city": "Oslo"}', nested)
    with suppress(TargetError):
        found = await speaker().answer(body.encode())
        assert json.loads(found.tool_calls[0]["function"]["arguments"])
        as_completion(found)


async def test_cited_text_and_images_are_text():
    cited = {"citationsContent": {"content": [{"text": "as "}, {"text": "written"}], "citations": []}}  # fmt: skip
    image = {"image": {"format": "png", "source": {"bytes": "aGk="}}}
    found = await answer(whole(cited, image))
    assert found.text == "as written![image](data:image/png;base64,aGk=)"


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"),
     ("model_context_window_exceeded", "length"), ("guardrail_intervened", "content_filter"),
     ("content_filtered", "content_filter"), ("malformed_tool_use", "stop"), ("new_reason", "stop")],
)  # fmt: skip
async def test_why_an_answer_ended(reason, finish):
    found = await answer(whole({"text": "so far"}, reason=reason))
    assert (found.text, found.finish_reason, found.refusal) == ("so far", finish, "")


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"malformed_model_output", "malformed_tool_use"}))  # fmt: skip
async def test_every_reason_of_aws_with_nothing_said(reason):
    """A refusal, cut short, or the empty answer that the gateway refuses."""
    found = await answer(whole(reason=reason))
    assert found.empty or found.refusal or found.finish_reason == "length"


@pytest.mark.parametrize("reason", ["malformed_model_output", "malformed_tool_use"])
async def test_an_answer_that_came_to_nothing_is_an_error_that_may_pass(reason):
    with pytest.raises(TargetError, match=reason) as caught:
        await answer(whole(reason=reason))
    assert caught.value.passing


async def test_an_answer_that_a_guard_left_nothing_of_is_a_refusal():
    found = await answer(whole(reason="guardrail_intervened"))
    assert found.refusal == "The provider stopped the answer: guardrail_intervened."


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"output": {"message": {"content": 1}}, "stopReason": "x"}',
     b'{"output": {"message": {"content": [{"text": 1}]}}, "stopReason": "x"}',
     b'{"output": {"message": {"content": []}}, "stopReason": 1}'],
)  # fmt: skip
async def test_an_answer_of_another_shape_is_a_mapping_error(body):
    with pytest.raises(TargetError) as caught:
        await speaker().answer(body)
    assert caught.value.stage == "mapping"


def delta(index, **said):
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": said})


def stop(index):
    return event("contentBlockStop", {"contentBlockIndex": index})


def tool(index, ident, name):
    start = {"toolUse": {"toolUseId": ident, "name": name}}
    return event("contentBlockStart", {"contentBlockIndex": index, "start": start})


FRAMES = [
    event("messageStart", {"role": "assistant"}),
    delta(0, reasoningContent={"text": "Six times "}),
    delta(0, reasoningContent={"text": "seven."}),
    delta(0, reasoningContent={"signature": "s"}),
    stop(0),
    delta(1, text="It is "),
    delta(1, text="21 °C."),
    stop(1),
    tool(2, "tooluse_1", "get_weather"),
    delta(2, toolUse={"input": ""}),
    delta(2, toolUse={"input": '{"city":'}),
    delta(2, toolUse={"input": '"Oslo"}'}),
    stop(2),
    tool(3, "tooluse_2", "now"),
    stop(3),
    event("messageStop", {"stopReason": "tool_use"}),
    event("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}}),
]
WHOLE = {
    "text": "It is 21 °C.",
    "reasoning": "Six times seven.",
    "refusal": "",
    "calls": [
        {"id": "tooluse_1", "name": "get_weather", "arguments": '{"city":"Oslo"}'},
        {"id": "tooluse_2", "name": "now", "arguments": "{}"},
    ],
    "finish": "tool_calls",
    "usage": COUNTED,
}


def test_botocore_reads_the_stream_of_these_tests():
    """So that they prove something of AWS's own streams."""
    buffer, parser = EventStreamBuffer(), create_parser("rest-json")._event_stream_parser
    buffer.add_data(b"".join(FRAMES))
    shape = MODEL.operation_model("ConverseStream").output_shape.members["stream"]
    found = [parser.parse(each.to_response_dict(), shape) for each in buffer]
    assert [next(iter(each)) for each in found] == [
        "messageStart", *["contentBlockDelta"] * 3, "contentBlockStop", *["contentBlockDelta"] * 2,
        "contentBlockStop", "contentBlockStart", *["contentBlockDelta"] * 3, "contentBlockStop",
        "contentBlockStart", "contentBlockStop", "messageStop", "metadata",
    ]  # fmt: skip


async def test_a_stream_says_the_same_as_a_whole_answer():
    assert await streamed(*FRAMES) == WHOLE


async def test_the_first_call_of_a_stream_carries_what_was_thought():
    found = await pieces_from(speaker(), b"".join(FRAMES))
    starts = [call for piece in found for call in piece.tool_calls if "id" in call]
    thought = [THOUGHT["reasoningContent"]]
    assert starts[0]["extra_content"] == {"bedrock": {"reasoning": thought}}
    assert "extra_content" not in starts[1]


@given(st.integers(0, len(b"".join(FRAMES))), st.integers(0, len(b"".join(FRAMES))))
async def test_a_stream_may_be_cut_anywhere(one, other):
    data, (one, other) = b"".join(FRAMES), sorted((one, other))
    found = await pieces_from(speaker(), data[:one], data[one:other], data[other:])
    assert joined(found) == WHOLE


async def test_a_stream_byte_by_byte():
    found = await pieces_from(speaker(), *(bytes([each]) for each in b"".join(FRAMES)))
    assert joined(found) == WHOLE


async def test_pieces_come_as_soon_as_their_frame_is_whole():
    async def source():
        yield b"".join(FRAMES[:6])
        raise AssertionError("read on before the pieces were taken")

    pieces = speaker().pieces(source())
    texts = [await anext(pieces) for _ in range(6)]
    assert texts[-1].text == "It is "
    await pieces.aclose()


async def test_an_image_and_redacted_thoughts_in_a_stream():
    image = event("contentBlockStart", {"contentBlockIndex": 0, "start": {"image": {"format": "webp"}}})  # fmt: skip
    found = await streamed(
        delta(1, reasoningContent={"redactedContent": "aGk="}),
        image,
        delta(0, image={"source": {"bytes": "aGk="}}),
        event("messageStop", {"stopReason": "end_turn"}),
    )
    assert found["text"] == "![image](data:image/webp;base64,aGk=)"


async def test_a_guard_that_left_nothing_of_a_stream():
    found = await streamed(event("messageStop", {"stopReason": "guardrail_intervened"}))
    assert (found["finish"], found["refusal"]) == (
        "content_filter",
        "The provider stopped the answer: guardrail_intervened.",
    )


@pytest.mark.parametrize(
    ("kind", "stage", "passing", "status"),
    [
        ("throttlingException", "rate", True, 429),
        ("modelStreamErrorException", "http", True, 502),
        ("internalServerException", "http", True, 502),
        ("serviceUnavailableException", "http", True, 502),
        ("validationException", "http", False, 424),
        ("somethingNewException", "http", True, 502),
    ],
)
async def test_an_exception_amid_a_stream_is_told(kind, stage, passing, status):
    with pytest.raises(TargetError) as caught:
        await streamed(*FRAMES[:6], exception(kind))
    error = caught.value
    assert (error.stage, error.passing, error.status) == (stage, passing, status)
    assert kind in error.message
    assert error.message.endswith("no more")


async def test_an_error_without_a_payload_is_told_too():
    headers = {":message-type": "error", ":error-code": "Broken", ":error-message": "oh dear"}
    with pytest.raises(TargetError, match=r"Broken\. oh dear"):
        await streamed(frame(headers, b""))


@pytest.mark.parametrize("cut", [1, 5, 100])
async def test_a_stream_that_ends_too_early_is_an_error(cut):
    data = b"".join(FRAMES[:-2])
    for broken in (data[:-cut], data, b"".join(FRAMES)[:-cut]):
        with pytest.raises(TargetError) as caught:
            await pieces_from(speaker(), broken)
        assert caught.value.passing


@given(st.integers(0, len(b"".join(FRAMES)) - 1), st.integers(1, 255))
async def test_a_bit_that_fell_over_never_changes_what_was_said(place, change):
    """Every byte is under a checksum, or is one."""
    data = bytearray(b"".join(FRAMES))
    data[place] ^= change
    with pytest.raises(TargetError) as caught:
        await pieces_from(speaker(), bytes(data))
    assert caught.value.stage in {"mapping", "answer"}


@pytest.mark.parametrize(
    "data",
    [
        b'{"message": "no stream at all"}',
        struct.pack("!I", MAX_FRAME + 1),
        struct.pack("!I", 15),
        frame({":message-type": "event", ":event-type": "messageStop"}, b"[1]"),
        frame({":message-type": "event", ":event-type": "messageStop"}, b"{"),
        event("contentBlockDelta", {"delta": {"text": "no index"}}),
        event("contentBlockDelta", {"contentBlockIndex": 7, "delta": {"toolUse": {"input": "x"}}}),
        event("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"name": 1}}}),
        event("messageStop", {"stopReason": 1}),
    ],
)
async def test_what_is_no_stream_of_bedrocks_is_a_mapping_error(data):
    with pytest.raises(TargetError) as caught:
        await pieces_from(speaker(), data)
    assert caught.value.stage == "mapping"


async def test_a_frame_that_grows_for_ever_is_given_up_at_once():
    taken = 0

    async def source():
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield struct.pack("!I", MAX_FRAME + 1) if taken == 1 else bytes(65536)

    with pytest.raises(TargetError):
        [piece async for piece in speaker().pieces(source())]
    assert taken == 1


@pytest.mark.parametrize(
    ("status", "body", "meant"),
    [
        (403, {"message": "The security token included in the request is invalid."}, 403),
        (400, {"__type": "UnrecognizedClientException", "message": "m"}, 401),
        (403, {"__type": "com.amazon.coral.service#ExpiredTokenException"}, 401),
        (400, {"__type": "ThrottlingException"}, 429),
        (400, {"__type": "ServiceQuotaExceededException"}, 429),
        (429, {"message": "Model is not ready"}, 429),
        (424, {"message": "m", "originalStatusCode": 503, "resourceName": "r"}, 503),
        (424, {"message": "m"}, 502),
        (408, {"message": "m"}, 408),
        (400, {"message": "m"}, 400),
        (404, {"message": "m"}, 404),
        (500, {"message": "m"}, 500),
        (400, {"__type": {}}, 400),
        (400, [1], 400),
    ],
)
def test_a_refusals_status_as_openai_would_give_it(status, body, meant):
    assert speaker().status(status, json.dumps(body).encode()) == meant


def test_a_refusal_that_is_no_json_keeps_its_status():
    assert speaker().status(403, b"<html>") == 403


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(
            ["text", "toolUse", "toolUseId", "name", "input", "reasoningContent", "reasoningText",
             "signature", "image", "format", "source", "bytes", "citationsContent", "content",
             "delta", "start", "contentBlockIndex", "stopReason", "usage", "inputTokens"]
        ),
        inner,
        max_size=3,
    ),
    max_leaves=10,
)  # fmt: skip


@given(st.lists(json_values, max_size=3), json_values, json_values)
async def test_whatever_a_target_sends_is_an_answer_or_a_target_error(blocks, reason, usage):
    document = {"output": {"message": {"content": blocks}}, "stopReason": reason, "usage": usage}
    try:
        await answer(document)
    except TargetError:
        return


KINDS = ("messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata", "new")  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(KINDS), json_values), max_size=5))
async def test_whatever_a_target_streams_is_an_answer_or_a_target_error(events):
    try:
        await streamed(*(event(kind, payload) for kind, payload in events))
    except TargetError:
        return
