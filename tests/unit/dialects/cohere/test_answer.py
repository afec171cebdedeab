"""Cohere's answers and streams in OpenAI's words.

The answers are shaped as Cohere's reference shows them, and held to the types of its SDK before
they are translated; what comes out is held to the types of OpenAI's.
"""

import json
from contextlib import suppress

import pytest
from cohere.v2.types import V2ChatResponse
from cohere.v2.types import v2chat_stream_response as stream_types
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.dialects.spoken import (
    as_chunk,
    as_completion,
    asking,
    config_of,
    events,
    joined,
    odd_events,
    pieces_from,
)
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.base import Translator
from quintain.dialects.cohere.dialect import Cohere, CohereSpeaker
from quintain.errors import TargetError
from quintain.registry.schema import ModelConfig, Target

SPEAKER = CohereSpeaker("command", config_of("cohere"))
TYPES = {
    kind.model_fields["type"].default: kind
    for name, kind in vars(stream_types).items()
    if name.endswith("V2ChatStreamResponse") and hasattr(kind, "model_fields")
}
USAGE = {
    "billed_units": {"input_tokens": 5.0, "output_tokens": 418.0},
    "tokens": {"input_tokens": 71.0, "output_tokens": 418.0},
}
CALL = {
    "id": "get_weather_4bd8qzbsfgv7",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"location":"Toronto"}'},
}


def chat(finish_reason="COMPLETE", usage=USAGE, **message):
    document = {
        "id": "c14c80c3-18eb-4519-9460-6c92edd8cfb4",
        "finish_reason": finish_reason,
        "message": {"role": "assistant"} | message,
        "usage": usage,
    }
    V2ChatResponse.model_validate(document)
    return document


def texts(*said):
    return [{"type": "text", "text": text} for text in said]


async def answered(document):
    answer = await SPEAKER.answer(json.dumps(document).encode())
    return answer, as_completion(answer).choices[0]


async def test_a_text_is_the_message_and_its_counts_are_openai_s():
    answer, choice = await answered(chat(content=texts("LLMs stand for ", "Large Language Models")))
    assert choice.message.content == "LLMs stand for Large Language Models"
    assert choice.finish_reason == "stop"
    assert answer.usage == {"prompt_tokens": 71, "completion_tokens": 418, "total_tokens": 489}


async def test_cached_tokens_are_told_and_billed_units_stand_in_for_missing_tokens():
    usage = {"billed_units": {"input_tokens": 5, "output_tokens": 7}, "cached_tokens": 3}
    answer, _ = await answered(chat(content=texts("a"), usage=usage))
    assert answer.usage == {
        "prompt_tokens": 5,
        "completion_tokens": 7,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 3},
    }


async def test_a_plan_is_the_text_beside_its_calls_and_thinking_the_reasoning():
    document = chat(
        "TOOL_CALL",
        tool_plan="I will use the tool.",
        tool_calls=[CALL, {"id": "b", "type": "function", "function": {"name": "now"}}],
        content=[{"type": "thinking", "thinking": "Toronto, then."}],
    )
    answer, choice = await answered(document)
    assert choice.message.content == "I will use the tool."
    assert answer.reasoning == "Toronto, then."
    assert choice.message.tool_calls[0].model_dump() == CALL
    assert choice.message.tool_calls[1].function.arguments == "{}"
    assert choice.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("ERROR_LIMIT", "length"),
        ("TOOL_CALL", "tool_calls"),
        ("ERROR_TOXIC", "content_filter"),
        ("SOMETHING_NEW", "stop"),
    ],
)
async def test_each_reason_to_finish_has_its_word(finish, reason):
    _, choice = await answered(chat(finish, content=texts("a")))
    assert choice.finish_reason == reason


@pytest.mark.parametrize(("finish", "status"), [("ERROR", 502), ("TIMEOUT", 504)])
async def test_an_answer_that_failed_is_no_answer(finish, status):
    with pytest.raises(TargetError, match=finish) as error:
        await answered(chat(finish, content=texts("half an")))
    assert (error.value.status, error.value.passing) == (status, True)


async def test_plain_text_in_the_place_of_parts_is_read_and_other_parts_are_read_past():
    assert (await answered({"message": {"content": "plain"}}))[0].text == "plain"
    odd = {"message": {"content": [{"type": "smell", "smell": "x"}, *texts("a"), 7]}}
    assert (await answered(odd))[0].text == "a"


async def test_an_answer_with_nothing_in_it_is_empty():
    answer, _ = await answered(chat(content=[]))
    assert answer.empty


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"text": "v1"}'])
async def test_another_shape_is_a_failed_mapping(body):
    with pytest.raises(TargetError) as error:
        await SPEAKER.answer(body)
    assert error.value.stage == "mapping"


# --- streams


def part(kind, index=None, **message):
    event = {"type": kind} | ({} if index is None else {"index": index})
    return event | ({"delta": {"message": message}} if message else {})


def told(*said, index=0):
    return [
        part("content-start", index, content={"type": "text", "text": ""}),
        *(part("content-delta", index, content={"text": text}) for text in said),
        part("content-end", index),
    ]


def called(index, ident, *arguments):
    function = {"name": "get_weather", "arguments": ""}
    return [
        part("tool-call-start", index, tool_calls={"id": ident, "type": "function", "function": function}),
        *(part("tool-call-delta", index, tool_calls={"function": {"arguments": each}}) for each in arguments),
        part("tool-call-end", index),
    ]  # fmt: skip


def ended(finish="COMPLETE", **more):
    return {"type": "message-end", "delta": {"finish_reason": finish, "usage": USAGE} | more}


START = {"type": "message-start", "id": "29f14a5a", "delta": {"message": {"role": "assistant"}}}
RECORDED = [
    START,
    part("content-start", 0, content={"type": "thinking", "thinking": ""}),
    part("content-delta", 0, content={"thinking": "Is it "}),
    part("content-delta", 0, content={"thinking": "cold? ☃"}),
    part("content-end", 0),
    part("tool-plan-delta", tool_plan="I will"),
    part("tool-plan-delta", tool_plan=" look."),
    *called(1, "a", '{"city":', ' "Århus"}'),
    *called(2, "b"),
    {"type": "citation-start", "index": 0, "delta": {"message": {"citations": {"start": 1, "end": 2, "text": "x"}}}},
    {"type": "citation-end", "index": 0},
    {"type": "debug", "prompt": "p"},
    ended("TOOL_CALL"),
]  # fmt: skip


def held_to_the_sdk(documents):
    for each in documents:
        TYPES[each["type"]].model_validate(each)
    return documents


async def streamed(*documents):
    return joined(await pieces_from(SPEAKER, events(*documents)))


async def test_a_stream_is_put_together_to_the_whole_answer():
    assert await streamed(*held_to_the_sdk(RECORDED)) == {
        "text": "I will look.",
        "reasoning": "Is it cold? ☃",
        "refusal": "",
        "calls": [
            {"id": "a", "name": "get_weather", "arguments": '{"city": "Århus"}'},
            {"id": "b", "name": "get_weather", "arguments": "{}"},
        ],
        "finish": "tool_calls",
        "usage": {"prompt_tokens": 71, "completion_tokens": 418, "total_tokens": 489},
    }


async def test_calls_are_numbered_from_0_whatever_stands_between_them():
    pieces = await pieces_from(SPEAKER, events(*RECORDED))
    places = [call["index"] for piece in pieces for call in piece.tool_calls]
    assert (sorted(set(places)), places[0], places[-1]) == ([0, 1], 0, 1)


async def test_every_piece_is_a_chunk_that_openai_s_client_reads():
    chunks = [as_chunk(piece) for piece in await pieces_from(SPEAKER, events(*RECORDED))]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "I will look."


@given(st.lists(st.integers(0, len(events(*RECORDED))), max_size=6))
async def test_it_does_not_matter_where_a_stream_is_cut_into_chunks(cuts):
    whole = events(*RECORDED)
    at = [0, *sorted(cuts), len(whole)]
    chunks = [whole[start:end] for start, end in zip(at, at[1:], strict=False)]
    assert await pieces_from(SPEAKER, *chunks) == await pieces_from(SPEAKER, whole)


async def test_a_plain_stream_ends_as_it_should():
    found = await streamed(*held_to_the_sdk([START, *told("Hel", "lo"), ended()]))
    assert (found["text"], found["finish"], found["calls"]) == ("Hello", "stop", [])


async def test_a_call_may_come_in_a_list_with_its_arguments_at_once():
    at_once = [
        part("tool-call-start", 0, tool_calls=[CALL]),
        part("tool-call-end", 0),
        ended("COMPLETE"),
    ]
    found = await streamed(*at_once)
    assert json.loads(found["calls"][0]["arguments"]) == {"location": "Toronto"}
    assert found["finish"] == "tool_calls"


async def test_an_error_at_the_end_of_a_stream_is_a_failure():
    with pytest.raises(TargetError, match="out of memory") as raised:
        await streamed(START, *told("a"), ended("ERROR", error="out of memory"))
    assert raised.value.passing


async def test_a_stream_that_is_cut_off_is_no_whole_answer():
    with pytest.raises(TargetError, match="ended before"):
        await streamed(START, *told("a"))


async def test_a_target_that_was_to_stream_and_answers_whole_is_heard():
    body = json.dumps(chat(content=texts("whole"))).encode()
    found = joined(await pieces_from(SPEAKER, body))
    assert (found["text"], found["finish"]) == ("whole", "stop")


@given(
    st.lists(
        odd_events("content-start", "content-delta", "tool-plan-delta", "tool-call-start", "tool-call-delta", "tool-call-end", "message-end"),
        max_size=5,
    )
)  # fmt: skip
async def test_whatever_a_target_sends_is_read_or_a_failure_of_the_target(documents):
    with suppress(TargetError):
        for piece in await pieces_from(SPEAKER, events(*documents, ended())):
            as_chunk(piece)
    for document in documents:
        with suppress(TargetError):
            as_completion(await SPEAKER.answer(json.dumps(document).encode()))


# --- the dialect


async def problems(provider):
    config = {"model_provider": provider}
    target = Target.model_validate(
        {"testing_for": "foundationModels", "model_name": "command", "model_config": config}
    )
    return [detail.field for detail in await Cohere().check(target, FakeJq())]


async def test_the_provider_brings_all_but_the_key_and_a_compatible_one_needs_its_host():
    assert await problems("cohere") == []
    assert await problems("cohere_compatible") == ["model_config.endpoint.host"]
    config = ModelConfig.model_validate({"model_provider": "cohere"})
    assert isinstance(Cohere().compile("command", config, FakeJq()), Translator)


@pytest.mark.parametrize(
    ("provider", "endpoint", "url"),
    [
        ("cohere", {}, "https://api.cohere.com/v2/chat"),
        ("cohere", {"base_path": "/v2"}, "https://api.cohere.com/v2/chat"),
        ("cohere_compatible", {"host": "c.example"}, "https://c.example/v2/chat"),
        (
            "cohere_compatible",
            {"host": "c.example", "base_path": "/cohere/v2/"},
            "https://c.example/cohere/v2/chat",
        ),
    ],
)
def test_v2_may_stand_in_the_endpoint_or_be_left_to_the_path(provider, endpoint, url):
    speaker = CohereSpeaker("command", config_of(provider, endpoint=endpoint))
    assert str(speaker.outgoing(asking({"role": "user", "content": "hi"})).url) == url


@pytest.mark.parametrize(("status", "meaning"), [(498, 401), (499, 502), (400, 400), (429, 429)])
def test_cohere_s_own_statuses_have_a_meaning(status, meaning):
    assert SPEAKER.status(status, b'{"message": "invalid api token"}') == meaning
