"""Chats' answers, whole and streamed, as responses: judged by the stock client's own types."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from quintain.dialects.base import RESPONSES, Ask
from quintain.dialects.sse import Events, data_of
from quintain.errors import TargetError
from quintain.gateway.responses.answer import response_of
from quintain.gateway.responses.output import frame
from quintain.gateway.responses.stream import events_of

EVENT = TypeAdapter(ResponseStreamEvent)
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7,
         "prompt_tokens_details": {"cached_tokens": 2}, "completion_tokens_details": {"reasoning_tokens": 1}}  # fmt: skip


def begun():
    ask = Ask(RESPONSES, {"input": Raw(b'"hi"'), "temperature": Raw(b"0.5")})
    return frame(ask, "req_1", "bot")


def whole(message, finish="stop", **more):
    body = {"choices": [{"message": message, "finish_reason": finish}], "usage": USAGE} | more
    return Response.model_validate(
        json.loads(response_of(json.dumps(body).encode(), begun(), "req_1"))
    )


def delta(finish=None, **fields):
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def wire(*chunks):
    return (
        b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks)
        + b"data: [DONE]\n\n"
    )


def told(data, cuts=()):
    async def pieces():
        places = [0, *sorted(cuts), len(data)]
        for start, end in zip(places, places[1:], strict=False):
            yield data[start:end]

    async def collect():
        return b"".join([part async for part in events_of(pieces(), begun(), "req_1")])

    return asyncio.run(collect())


def events(data, cuts=()):
    reader = Events()
    found = [json.loads(data_of(each)) for each in reader.feed(told(data, cuts))]
    assert reader.rest() == b""
    assert [each["sequence_number"] for each in found] == list(range(len(found)))
    for each in found:
        EVENT.validate_python(each)
    return found


@pytest.mark.parametrize("thoughts", ["reasoning_content", "reasoning"])
def test_a_whole_answer_with_thoughts_text_and_calls(thoughts):
    calls = [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}]
    response = whole({"content": "hello", thoughts: "hm", "tool_calls": calls}, "tool_calls")
    assert (response.status, response.output_text, response.temperature) == (
        "completed",
        "hello",
        0.5,
    )
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.output[2].call_id == "c1"
    assert response.usage.input_tokens_details.cached_tokens == 2
    assert response.usage.output_tokens_details.reasoning_tokens == 1


@pytest.mark.parametrize(
    ("finish", "why"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_an_answer_that_was_cut_is_incomplete(finish, why):
    response = whole({"content": "hel"}, finish)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", why)


def test_a_refusal_is_a_refusal():
    response = whole({"content": None, "refusal": "no"})
    assert response.output[0].content[0].refusal == "no"


def test_an_answer_of_another_shape_is_a_failed_mapping():
    with pytest.raises(TargetError) as failed:
        response_of(b'{"a": 1}', begun(), "req_1")
    assert failed.value.stage == "mapping"


STREAM = wire(
    delta(role="assistant", reasoning_content="h"),
    delta(reasoning_content="m"),
    delta(content="hel"),
    delta(content="lo"),
    delta(tool_calls=[{"index": 0, "id": "c1", "type": "function", "function": {"name": "find", "arguments": ""}}]),
    delta(tool_calls=[{"index": 0, "function": {"arguments": '{"q"'}}]),
    delta(tool_calls=[{"index": 0, "function": {"arguments": ": 1}"}}]),
    delta(tool_calls=[{"index": 1, "id": "c2", "type": "function", "function": {"name": "end", "arguments": "{}"}}]),
    delta("tool_calls"),
    {"choices": [], "usage": USAGE, "x_quintain_trace": [1]},
)  # fmt: skip


def test_a_stream_tells_each_item_from_its_beginning_to_its_end():
    found = events(STREAM)
    kinds = [each["type"].removeprefix("response.") for each in found]
    assert kinds[:2] == ["created", "in_progress"]
    assert kinds[2:6] == ["output_item.added", "reasoning_text.delta", "reasoning_text.delta", "reasoning_text.done"]  # fmt: skip
    assert kinds.count("output_item.added") == kinds.count("output_item.done") == 4
    last = found[-1]
    response = Response.model_validate(last["response"])
    assert last["type"] == "response.completed"
    assert response.output_text == "hello"
    assert [(c.name, c.arguments) for c in response.output[2:]] == [("find", '{"q": 1}'), ("end", "{}")]  # fmt: skip
    assert last["response"]["x_quintain_trace"] == [1]
    assert response.usage.total_tokens == 7


def test_every_event_names_itself_in_its_event_line():
    for event in Events().feed(told(STREAM)):
        name = event.split(b"\n")[0].removeprefix(b"event: ").decode()
        assert json.loads(data_of(event))["type"] == name


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_it_does_not_matter_where_a_stream_is_cut(cuts):
    def plain(data):
        return [{k: v for k, v in each.items() if k != "response"} for each in events(data, cuts)]

    assert plain(STREAM) == [
        {k: v for k, v in each.items() if k != "response"} for each in events(STREAM)
    ]


def test_a_stream_that_is_cut_short_is_incomplete():
    found = events(wire(delta(content="hel"), delta("length")))
    assert found[-1]["type"] == "response.incomplete"


def test_a_stream_of_another_shape_is_a_failed_mapping():
    with pytest.raises(TargetError):
        events(b"data: [1, 2]\n\n")


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [], "usage": "many"},
        {"choices": [], "usage": {"prompt_tokens": "x", "prompt_tokens_details": "y"}},
    ],
)
def test_a_usage_of_another_shape_is_no_number_of_tokens(odd):
    last = events(wire(delta(content="a"), odd))[-1]
    assert not (last["response"]["usage"] or {}).get("input_tokens")


@pytest.mark.parametrize(
    "odd", [delta(content=["a"]), delta({"a": 1}, content="a"), delta(tool_calls=[1])]
)
def test_parts_of_another_shape_are_a_failed_mapping_also_at_the_end(odd):
    with pytest.raises(TargetError) as failed:
        events(wire(odd))
    assert failed.value.stage == "mapping"
