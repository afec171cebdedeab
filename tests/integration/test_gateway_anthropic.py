"""Targets in Anthropic's format: three mock servers that others wrote, called by the stock client."""

import json

import openai
import pytest

from tests.served.aimock import GREETING, PIXEL, WEATHER_TOOL
from tests.served.mocks import asked_for_the_weather, at


@pytest.fixture
def fake(register, fakellm):
    return register(at(fakellm, "anthropic_compatible"))


@pytest.fixture
def mock(register, llmock):
    return register(at(llmock.url, "anthropic_compatible", "/anthropic/v1"))


@pytest.fixture
def at_aimock(register, aimock):
    """A model at aimock, whose name and further fields of model_config can be given."""

    def make(**fields):
        return register(aimock.config("anthropic", **fields))

    return make


def said(client, model, text="hello there", *before, **more):
    messages = [*before, {"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def put_together(stream):
    """A stream's text, its calls' names and arguments, the reason of its end, and its usage."""
    text, calls, reason, usage = "", {}, None, None
    for part in stream:
        usage = part.usage or usage
        for choice in part.choices:
            text += choice.delta.content or ""
            reason = choice.finish_reason or reason
            for call in choice.delta.tool_calls or []:
                found = calls.setdefault(call.index, ["", ""])
                found[0] += call.function.name or ""
                found[1] += call.function.arguments or ""
    return text, [(name, json.loads(told)) for name, told in calls.values()], reason, usage


# --- fakellm


def test_fakellm_answers_whole_and_streamed(stock, fake):
    answer = said(stock, fake)
    assert answer.choices[0].message.content == "Hi there! This is a mock."
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    text, _, reason, usage = put_together(
        said(stock, fake, stream=True, stream_options={"include_usage": True})
    )
    assert (text, reason) == ("Hi there! This is a mock.", "stop")
    assert usage.completion_tokens > 0


def test_fakellm_calls_tools_whole_and_streamed(stock, fake):
    message = said(stock, fake, "Weather?", tools=[WEATHER_TOOL]).choices[0].message
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Oslo"}
    stream = said(stock, fake, "Weather?", tools=[WEATHER_TOOL], stream=True)
    _, calls, reason, _ = put_together(stream)
    assert (calls, reason) == ([("get_weather", {"city": "Oslo"})], "tool_calls")


def test_fakellm_s_refusals_are_told_in_our_words(stock, fake):
    with pytest.raises(openai.RateLimitError, match="limits our rate"):
        said(stock, fake, "too often")
    with pytest.raises(openai.APIStatusError, match="refused our key") as denied:
        said(stock, fake, "wrong key")
    assert denied.value.status_code == 424


def test_fakellm_is_healthy_and_takes_legacy_completions(quintain, stock, fake):
    headers = {"X-Enkrypt-Model": fake}
    health = quintain.call("POST", "/redteam/v3/model/model-health", headers=headers).json()
    assert health["status"] == "healthy"
    answer = stock.completions.create(model=fake, prompt="hello")
    assert answer.choices[0].text == "Hi there! This is a mock."


# --- llmock


def test_llmock_answers_whole_and_streamed(stock, mock, llmock):
    llmock.script({"type": "reply", "text": "Good day to you.", "times": 2})
    assert said(stock, mock).choices[0].message.content == "Good day to you."
    text, _, reason, _ = put_together(said(stock, mock, stream=True))
    assert (text, reason) == ("Good day to you.", "stop")
    [first, second] = llmock.bodies()
    assert (first["max_tokens"], first.get("stream"), second["stream"]) == (4096, None, True)


def test_llmock_calls_a_tool_and_is_told_what_came_of_it(stock, mock, llmock):
    asked_for_the_weather(stock, mock)
    sent = llmock.bodies()[-1]["messages"][-1]["content"]
    assert [block["type"] for block in sent] == ["tool_result"]


def test_llmock_streams_a_call_in_parts(stock, mock):
    stream = said(stock, mock, "Weather in Oslo?", tools=[WEATHER_TOOL], stream=True)
    _, [(name, arguments)], reason, _ = put_together(stream)
    assert (name, reason) == ("get_weather", "tool_calls")
    assert "city" in arguments


def test_llmock_overloaded_is_tried_again_and_then_told_as_passing(stock, mock, llmock):
    llmock.script({"type": "fail", "status": 529, "times": 1})
    assert said(stock, mock).choices
    llmock.script({"type": "fail", "status": 529, "times": 3})
    with pytest.raises(openai.InternalServerError) as raised:
        said(stock, mock, "again")
    assert raised.value.status_code == 503
    assert len(llmock.bodies()) == 2 + 3


@pytest.mark.parametrize(
    ("status", "ours"), [(400, 400), (401, 424), (403, 424), (404, 424), (413, 413)]
)
def test_llmock_s_refusals_that_no_retry_mends_are_told_at_once(stock, mock, llmock, status, ours):
    llmock.script({"type": "fail", "status": status})
    with pytest.raises(openai.APIStatusError) as raised:
        said(stock, mock, f"fails with {status}")
    assert raised.value.status_code == ours
    assert len(llmock.bodies()) == 1


@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
def test_llmock_s_broken_streams_end_as_failed_calls(stock, mock, llmock, kind):
    llmock.script(
        {"type": "reply", "text": "one two three four five six seven eight"},
        {"type": "stream_fault", "kind": kind, "after_chunks": 2},
    )
    said(stock, mock)
    with pytest.raises(openai.APIError):
        list(said(stock, mock, stream=True))


# --- aimock


def test_aimock_gets_the_key_and_the_version_in_anthropic_s_headers(stock, at_aimock, aimock):
    assert said(stock, at_aimock()).choices[0].message.content == GREETING
    [came] = aimock.requests()
    assert came["path"] == "/v1/messages"
    assert came["headers"]["anthropic-version"] == "2023-06-01"
    assert "x-api-key" in came["headers"]
    assert "authorization" not in came["headers"]


def test_aimock_gets_a_bearer_and_another_version_where_the_registration_says_so(
    stock, at_aimock, aimock
):
    model = at_aimock(
        auth_data={
            "header_name": "Authorization",
            "header_prefix": "Bearer",
            "space_after_prefix": True,
        },
        custom_headers=[
            {"key": "anthropic-version", "value": "2026-10-21"},
            {"key": "anthropic-beta", "value": "context-1m-2025-08-07"},
        ],
    )
    answer = stock.chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": "hello"}], temperature=0, seed=1
    )
    assert answer.headers["x-quintain-dropped"] == "seed,temperature"
    headers = aimock.requests()[0]["headers"]
    assert headers["anthropic-version"] == "2026-10-21"
    assert headers["anthropic-beta"] == "context-1m-2025-08-07"
    assert "x-api-key" not in headers


def test_aimock_answers_streamed(stock, at_aimock):
    stream = said(stock, at_aimock(), stream=True, stream_options={"include_usage": True})
    text, _, reason, usage = put_together(stream)
    assert (text, reason) == (GREETING, "stop")
    assert usage.total_tokens >= 0


def test_aimock_sees_a_picture_and_takes_no_sound(stock, at_aimock):
    model = at_aimock(input_modalities=["text", "image", "audio"])
    seen = [
        {"type": "text", "text": "what is in this picture?"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ]
    assert said(stock, model, seen).choices[0].message.content == "A cat on a mat."
    heard = [{"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}]
    with pytest.raises(openai.BadRequestError, match="audio"):
        said(stock, model, heard)


@pytest.mark.parametrize("stream", [False, True])
def test_aimock_says_something_and_calls_two_tools(stock, at_aimock, stream):
    model, asked = at_aimock(), {"tools": [WEATHER_TOOL], "stream": stream}
    answer = said(stock, model, "two cities", **asked)
    if stream:
        _, calls, reason, _ = put_together(answer)
    else:
        choice = answer.choices[0]
        reason = choice.finish_reason
        calls = [
            (call.function.name, json.loads(call.function.arguments))
            for call in choice.message.tool_calls
        ]
    assert calls == [("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"})]
    assert reason == "tool_calls"


@pytest.mark.parametrize("stream", [False, True])
def test_aimock_s_text_beside_a_call_is_kept(stock, at_aimock, stream):
    answer = said(stock, at_aimock(), "say and call", tools=[WEATHER_TOOL], stream=stream)
    if stream:
        text, calls, _, _ = put_together(answer)
        names = [name for name, _ in calls]
    else:
        message = answer.choices[0].message
        text, names = message.content, [call.function.name for call in message.tool_calls]
    assert (text, names) == ("Let me look.", ["get_weather"])


def test_aimock_gets_a_tool_s_result_and_no_thinking_that_it_would_refuse(stock, register, aimock):
    asked = {"role": "user", "content": "weather in Oslo?"}
    model = register(aimock.config("anthropic"))
    message = said(stock, model, asked["content"], tools=[WEATHER_TOOL]).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "21"}
    answer = stock.chat.completions.with_raw_response.create(
        model=model,
        messages=[asked, message.model_dump(exclude_none=True), result],
        tools=[WEATHER_TOOL],
        reasoning_effort="low",
    )
    assert answer.headers["x-quintain-dropped"] == "reasoning_effort"
    assert answer.parse().choices[0].message.content == "It is 21 degrees in Oslo."


def test_aimock_s_thinking_and_reasons_to_stop_are_told(stock, at_aimock):
    model = at_aimock()
    thought = said(stock, model, "think", reasoning_effort="low").choices[0].message
    assert (thought.content, thought.reasoning_content) == ("Forty-two.", "Six times seven.")
    assert said(stock, model, "long story").choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("text", "status"), [("bad request", 400), ("wrong key", 424), ("too often", 429)]
)
def test_aimock_s_refusals_are_told_in_our_words(stock, at_aimock, text, status):
    with pytest.raises(openai.APIStatusError, match="aimock") as raised:
        said(stock, at_aimock(), text)
    assert raised.value.status_code == status
