"""Targets in Cohere's format: two mock servers that others wrote, called by the stock client."""

import json

import openai
import pytest

from tests.served.aimock import GREETING, WEATHER_TOOL
from tests.served.mocks import asked_for_the_weather, at


@pytest.fixture
def mock(register, llmock):
    return register(at(llmock.url, "cohere_compatible", "/cohere"))


@pytest.fixture
def at_aimock(register, aimock):
    return register(aimock.config("cohere", "/v2", input_modalities=["text", "image"]))


def said(client, model, text="hello there", **more):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def put_together(stream):
    """A stream's text, its calls' names and arguments, and the reason of its end."""
    text, calls, reason = "", {}, None
    for part in stream:
        for choice in part.choices:
            text += choice.delta.content or ""
            reason = choice.finish_reason or reason
            for call in choice.delta.tool_calls or []:
                found = calls.setdefault(call.index, ["", ""])
                found[0] += call.function.name or ""
                found[1] += call.function.arguments or ""
    return text, [(name, json.loads(told)) for name, told in calls.values()], reason


# --- llmock


def test_llmock_answers_whole_and_streamed(stock, mock, llmock):
    llmock.script({"type": "reply", "text": "Good day to you.", "times": 2})
    answer = said(stock, mock, temperature=0, max_tokens=9, top_p=0.5)
    assert answer.choices[0].message.content == "Good day to you."
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    text, _, reason = put_together(said(stock, mock, stream=True))
    assert (text, reason) == ("Good day to you.", "stop")
    first = llmock.bodies()[0]
    assert (first["temperature"], first["max_tokens"], first["p"]) == (0, 9, 0.5)


def test_llmock_calls_a_tool_and_is_told_what_came_of_it(stock, mock, llmock):
    call = asked_for_the_weather(stock, mock)
    assert llmock.bodies()[-1]["messages"][-1]["tool_call_id"] == call.id


def test_llmock_streams_a_call_in_parts(stock, mock):
    stream = said(stock, mock, "Weather in Oslo?", tools=[WEATHER_TOOL], stream=True)
    _, [(name, arguments)], reason = put_together(stream)
    assert (name, reason) == ("get_weather", "tool_calls")
    assert "city" in arguments


@pytest.mark.parametrize(
    ("status", "ours", "tries"),
    [(400, 400, 1), (401, 424, 1), (404, 424, 1), (422, 400, 1), (429, 429, 3), (503, 503, 3)],
)
def test_llmock_s_refusals_are_told_in_our_words(stock, mock, llmock, status, ours, tries):
    llmock.script({"type": "fail", "status": status, "times": 3})
    with pytest.raises(openai.APIStatusError) as raised:
        said(stock, mock, f"fails with {status}")
    assert raised.value.status_code == ours
    assert len(llmock.bodies()) == tries


@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
def test_llmock_s_broken_streams_end_as_failed_calls(stock, mock, llmock, kind):
    llmock.script({"type": "stream_fault", "kind": kind, "after_chunks": 2})
    with pytest.raises(openai.APIError):
        list(said(stock, mock, stream=True))


# --- aimock


def test_aimock_answers_whole_and_streamed(stock, at_aimock, aimock):
    assert said(stock, at_aimock).choices[0].message.content == GREETING
    text, _, reason = put_together(said(stock, at_aimock, stream=True))
    assert (text, reason) == (GREETING, "stop")
    first = aimock.requests()[0]
    assert first["path"] == "/v2/chat"
    assert first["headers"]["authorization"]


def test_aimock_is_healthy_and_takes_legacy_completions(quintain, stock, at_aimock):
    headers = {"X-Enkrypt-Model": at_aimock}
    health = quintain.call("POST", "/redteam/v3/model/model-health", headers=headers).json()
    assert health["status"] == "healthy"
    assert stock.completions.create(model=at_aimock, prompt="hello").choices[0].text == GREETING


@pytest.mark.parametrize("stream", [False, True])
def test_aimock_calls_two_tools(stock, at_aimock, stream):
    answer = said(stock, at_aimock, "two cities", tools=[WEATHER_TOOL], stream=stream)
    if stream:
        _, calls, reason = put_together(answer)
    else:
        choice = answer.choices[0]
        reason = choice.finish_reason
        calls = [
            (call.function.name, json.loads(call.function.arguments))
            for call in choice.message.tool_calls
        ]
    assert calls == [("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"})]
    assert reason == "tool_calls"


def test_aimock_gets_a_tool_s_result(stock, at_aimock):
    asked = {"role": "user", "content": "weather in Oslo?"}
    message = said(stock, at_aimock, asked["content"], tools=[WEATHER_TOOL]).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "21"}
    answer = stock.chat.completions.create(
        model=at_aimock,
        messages=[asked, message.model_dump(exclude_none=True), result],
        tools=[WEATHER_TOOL],
    )
    assert answer.choices[0].message.content == "It is 21 degrees in Oslo."


@pytest.mark.parametrize(
    ("text", "status"), [("bad request", 400), ("wrong key", 424), ("too often", 429)]
)
def test_aimock_s_refusals_are_told_in_our_words(stock, at_aimock, text, status):
    with pytest.raises(openai.APIStatusError, match="aimock") as raised:
        said(stock, at_aimock, text)
    assert raised.value.status_code == status


def test_aimock_s_answer_without_room_ended_for_its_length(stock, at_aimock):
    assert said(stock, at_aimock, "long story").choices[0].finish_reason == "length"
