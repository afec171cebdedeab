"""Anthropic's answers and streams in OpenAI's words.

The answers are shaped as Anthropic's reference shows them, and held to the types of its SDK before
they are translated; what comes out is held to the types of OpenAI's.
"""

import json
from contextlib import suppress

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.unit.dialects.spoken import (
    as_chunk,
    as_completion,
    config_of,
    events,
    joined,
    odd_events,
    pieces_from,
)

from quintain.dialects.anthropic.answer import REFUSED
from quintain.dialects.anthropic.dialect import AnthropicSpeaker
from quintain.errors import TargetError

EVENT = TypeAdapter(RawMessageStreamEvent)
SPEAKER = AnthropicSpeaker("claude", config_of("anthropic"))
TEXT = {"type": "text", "text": "Hi! My name is Claude.", "citations": None}
CALL = {
    "type": "tool_use",
    "id": "toolu_01D7FLrfh4GYq7yT1ULFeyMV",
    "name": "get_stock_price",
    "input": {"ticker": "^GSPC"},
}
THINKING = {"type": "thinking", "thinking": "Let me see.", "signature": "EqQBCgIYAhIM"}
REDACTED = {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix"}
SEARCHED = {
    "type": "server_tool_use",
    "id": "srvtoolu_01",
    "name": "web_search",
    "input": {"query": "q"},
}


def message(*content, stop_reason="end_turn", usage=None, **more):
    document = {
        "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-1-20250805",
        "content": list(content),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": usage or {"input_tokens": 10, "output_tokens": 25},
    } | more
    Message.model_validate(document)
    return document


async def answered(document):
    answer = await SPEAKER.answer(json.dumps(document).encode())
    return answer, as_completion(answer).choices[0]


async def test_a_text_is_the_message_and_its_counts_are_openai_s():
    answer, choice = await answered(message(TEXT))
    assert choice.message.content == "Hi! My name is Claude."
    assert choice.finish_reason == "stop"
    assert as_completion(answer).usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 10,
        "completion_tokens": 25,
        "total_tokens": 35,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


async def test_what_came_from_a_cache_counts_among_the_prompt():
    usage = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 200,
        "cache_read_input_tokens": 3000,
        "output_tokens": 40,
        "output_tokens_details": {"thinking_tokens": 30},
    }
    answer, _ = await answered(message(TEXT, usage=usage))
    assert answer.usage == {
        "prompt_tokens": 3210,
        "completion_tokens": 40,
        "total_tokens": 3250,
        "prompt_tokens_details": {"cached_tokens": 3000},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }


async def test_thinking_text_and_calls_each_have_their_place_and_other_blocks_are_read_past():
    blocks = (THINKING, REDACTED, SEARCHED, TEXT, CALL, CALL | {"id": "toolu_2", "input": {}})
    answer, choice = await answered(message(*blocks, stop_reason="tool_use"))
    assert answer.reasoning == "Let me see."
    assert choice.message.content == TEXT["text"]
    assert [(call.id, call.function.name) for call in choice.message.tool_calls] == [
        (CALL["id"], "get_stock_price"),
        ("toolu_2", "get_stock_price"),
    ]
    assert json.loads(choice.message.tool_calls[0].function.arguments) == {"ticker": "^GSPC"}
    assert choice.message.tool_calls[1].function.arguments == "{}"
    assert choice.finish_reason == "tool_calls"


async def test_blocks_that_no_one_knows_yet_are_read_past():
    document = message(TEXT)
    document["content"] += [{"type": "hologram", "text": "no"}, "what", None]
    answer, _ = await answered(document)
    assert answer.text == TEXT["text"]


async def test_plain_text_in_the_place_of_blocks_is_read():
    assert (await SPEAKER.answer(b'{"content": "plain"}')).text == "plain"


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        (None, "stop"),
    ],
)
async def test_each_reason_to_stop_has_its_word(stop_reason, finish_reason):
    _, choice = await answered(message(TEXT, stop_reason=stop_reason))
    assert choice.finish_reason == finish_reason


async def test_a_refusal_is_told_with_its_explanation_where_there_is_one():
    _, choice = await answered(message(stop_reason="refusal"))
    assert (choice.message.content, choice.message.refusal) == (None, REFUSED)
    details = {"type": "refusal", "category": "bio", "explanation": "Not this."}
    _, choice = await answered(message(TEXT, stop_reason="refusal", stop_details=details))
    assert (choice.message.content, choice.message.refusal) == (TEXT["text"], "Not this.")


async def test_an_answer_that_ended_normally_with_nothing_is_empty():
    answer, _ = await answered(message())
    assert answer.empty
    answer, _ = await answered(message(THINKING, stop_reason="max_tokens"))
    assert not answer.empty


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"completion": "a"}', b"[" * 100_000])
async def test_another_shape_is_a_failed_mapping(body):
    with pytest.raises(TargetError) as error:
        await SPEAKER.answer(body)
    assert (error.value.stage, error.value.passing) == ("mapping", False)


async def test_half_of_an_emoji_does_not_lose_the_answer():
    answer = await SPEAKER.answer(rb'{"content": [{"type": "text", "text": "ok \ud83d"}]}')
    assert answer.text == "ok ?"


# --- streams


def begun(**usage):
    start = message(usage={"input_tokens": 25, "output_tokens": 1} | usage)
    start["stop_reason"] = None
    return {"type": "message_start", "message": start}


def block(index, start, *deltas):
    """A block of a stream from its start to its stop."""
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def said(index, *texts):
    start = {"type": "text", "text": ""}
    return block(index, start, *({"type": "text_delta", "text": text} for text in texts))


def called(index, ident, *parts, **start):
    start = {"type": "tool_use", "id": ident, "name": "get_weather", "input": {}} | start
    deltas = ({"type": "input_json_delta", "partial_json": part} for part in parts)
    return block(index, start, *deltas)


def ended(stop_reason="end_turn", **more):
    delta = {"stop_reason": stop_reason, "stop_sequence": None} | more
    return [
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 15}},
        {"type": "message_stop"},
    ]


PING = {"type": "ping"}
RECORDED = [
    begun(cache_read_input_tokens=5),
    PING,
    *block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Is it "},
        {"type": "thinking_delta", "thinking": "cold? ☃"},
        {"type": "signature_delta", "signature": "EqQB"},
    ),
    *said(1, "Okay", ", let's check"),
    *called(2, "toolu_1", "", '{"location":', ' "Århus, ', 'DK"}'),
    *block(3, SEARCHED, {"type": "input_json_delta", "partial_json": '{"query": "q"}'}),
    *called(4, "toolu_2", ""),
    *ended("tool_use"),
]


def held_to_the_sdk(documents):
    for each in documents:
        if each["type"] != "ping":
            EVENT.validate_python(each)
    return documents


async def streamed(*documents):
    return joined(await pieces_from(SPEAKER, events(*documents)))


async def test_a_stream_is_put_together_to_the_whole_answer():
    assert await streamed(*held_to_the_sdk(RECORDED)) == {
        "text": "Okay, let's check",
        "reasoning": "Is it cold? ☃",
        "refusal": "",
        "calls": [
            {
                "id": "toolu_1",
                "name": "get_weather",
                "arguments": '{"location": "Århus, DK"}',
            },
            {"id": "toolu_2", "name": "get_weather", "arguments": "{}"},
        ],
        "finish": "tool_calls",
        "usage": {
            "prompt_tokens": 30,
            "completion_tokens": 15,
            "total_tokens": 45,
            "prompt_tokens_details": {"cached_tokens": 5},
        },
    }


async def test_calls_are_numbered_from_0_whatever_stands_between_them():
    pieces = await pieces_from(SPEAKER, events(*RECORDED))
    places = [call["index"] for piece in pieces for call in piece.tool_calls]
    assert (sorted(set(places)), places[0], places[-1]) == ([0, 1], 0, 1)


async def test_every_piece_is_a_chunk_that_openai_s_client_reads():
    pieces = await pieces_from(SPEAKER, events(*RECORDED))
    chunks = [as_chunk(piece) for piece in pieces]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Okay, let's check"


@given(st.lists(st.integers(0, len(events(*RECORDED))), max_size=6))
async def test_it_does_not_matter_where_a_stream_is_cut_into_chunks(cuts):
    whole = events(*RECORDED)
    at = [0, *sorted(cuts), len(whole)]
    chunks = [whole[start:end] for start, end in zip(at, at[1:], strict=False)]
    assert await pieces_from(SPEAKER, *chunks) == await pieces_from(SPEAKER, whole)


async def test_a_call_whose_input_comes_at_once_is_told_once():
    found = await streamed(begun(), *called(0, "t", input={"city": "Oslo"}), *ended("tool_use"))
    assert json.loads(found["calls"][0]["arguments"]) == {"city": "Oslo"}


async def test_the_later_count_stands_and_what_it_leaves_out_is_kept():
    last = ended()
    last[0]["usage"] = {"input_tokens": None, "output_tokens": 99}
    found = await streamed(begun(), *said(0, "a"), *last)
    assert (found["usage"]["prompt_tokens"], found["usage"]["completion_tokens"]) == (25, 99)


async def test_a_refusal_in_the_midst_of_a_stream_ends_it_as_filtered():
    details = {"type": "refusal", "category": None, "explanation": "No more."}
    documents = [begun(), *said(0, "Sure"), *ended("refusal", stop_details=details)]
    found = await streamed(*held_to_the_sdk(documents))
    assert (found["text"], found["refusal"], found["finish"]) == (
        "Sure",
        "No more.",
        "content_filter",
    )


async def test_events_that_no_one_knows_yet_are_read_past():
    odd = [
        {"type": "weather_report"},
        {"type": "content_block_delta", "index": 9, "delta": {"type": "scent_delta"}},
        {"type": "content_block_delta", "index": 9, "delta": {"type": "input_json_delta", "partial_json": "x"}},
        {"type": "content_block_start", "index": 9},
        {"type": "content_block_stop", "index": [1]},
    ]  # fmt: skip
    assert (await streamed(begun(), *odd, *said(0, "a"), *ended()))["text"] == "a"


@given(
    st.lists(
        odd_events(
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "error",
        ),
        max_size=5,
    )
)
async def test_whatever_a_target_streams_is_read_or_a_failure_of_the_target(documents):
    with suppress(TargetError):
        for piece in await pieces_from(SPEAKER, events(*documents, *ended())):
            as_chunk(piece)
    for document in documents:
        with suppress(TargetError):
            as_completion(await SPEAKER.answer(json.dumps(document).encode()))


async def test_a_stream_without_event_names_and_with_a_done_is_read_too():
    stream = b"".join(
        b"data: " + json.dumps(each).encode() + b"\n\n" for each in [*said(0, "a"), *ended()]
    )
    assert joined(await pieces_from(SPEAKER, stream, b"data: [DONE]\n\n"))["text"] == "a"


async def test_a_target_that_was_to_stream_and_answers_whole_is_heard():
    body = json.dumps(message(TEXT, CALL, stop_reason="tool_use")).encode()
    found = joined(await pieces_from(SPEAKER, body[:40], body[40:]))
    assert (found["text"], found["calls"][0]["id"]) == (TEXT["text"], CALL["id"])
    assert found["finish"] == "tool_calls"


@pytest.mark.parametrize(
    ("kind", "stage", "status", "passing"),
    [
        ("overloaded_error", "http", 503, True),
        ("api_error", "http", 502, True),
        ("timeout_error", "http", 504, True),
        ("rate_limit_error", "rate", 429, True),
        ("authentication_error", "auth", 424, False),
        ("permission_error", "auth", 424, False),
        ("invalid_request_error", "http", 424, False),
        ("not_found_error", "http", 424, False),
    ],
)
async def test_an_error_in_a_stream_is_told_as_what_it_is(kind, stage, status, passing):
    error = {"type": "error", "error": {"type": kind, "message": "Overloaded"}}
    with pytest.raises(TargetError, match="Overloaded") as raised:
        await streamed(begun(), *said(0, "a"), error)
    assert (raised.value.stage, raised.value.status) == (stage, status)
    assert raised.value.passing is passing
    with pytest.raises(TargetError, match=kind):
        await SPEAKER.answer(json.dumps(error).encode())


async def test_a_stream_that_is_cut_off_is_no_whole_answer():
    with pytest.raises(TargetError, match="ended before") as raised:
        await streamed(begun(), *said(0, "a"))
    assert raised.value.passing


async def test_an_event_that_is_no_json_is_a_failed_mapping():
    with pytest.raises(TargetError) as raised:
        await pieces_from(SPEAKER, b"data: {oh\n\n")
    assert raised.value.stage == "mapping"


@pytest.mark.parametrize("depth", [200, 300, 900, 1020, 5000])
async def test_a_call_s_input_may_be_nested_deeply(depth):
    nested = '{"a":' * depth + "1" + "}" * depth
    call = '{"type": "tool_use", "id": "t", "name": "f", "input": ' + nested + "}"
    body = '{"content": [' + call + "]}"
    with suppress(TargetError):
        answer = await SPEAKER.answer(body.encode())
        assert json.loads(answer.tool_calls[0]["function"]["arguments"])
        as_completion(answer)
    assert depth > 900 or answer
