"""Mock LLM servers that others wrote, each in a process of its own, called by the stock client."""

import json

import openai
import pytest

from tests.served.aimock import WEATHER_TOOL
from tests.served.mocks import at

HI = [{"role": "user", "content": "hello there"}]
TOOLS = [WEATHER_TOOL]


@pytest.fixture
def fake(register, fakellm):
    return register(at(fakellm, "openai_compatible", "/v1"))


@pytest.fixture
def mock(register, llmock):
    return register(at(llmock.url, "openai_compatible", "/v1"))


def said(client, model, messages=HI, **more):
    return client.chat.completions.create(model=model, messages=messages, **more)


def ask(text):
    return [{"role": "user", "content": text}]


def joined(stream) -> str:
    return "".join(part.choices[0].delta.content or "" for part in stream if part.choices)


# --- fakellm


def test_fakellm_answers_whole_and_streamed(stock, fake):
    assert said(stock, fake).choices[0].message.content == "Hi there! This is a mock."
    parts = list(said(stock, fake, stream=True))
    assert joined(parts) == "Hi there! This is a mock."
    assert len(parts) > 5
    assert parts[-1].choices[0].finish_reason == "stop"


async def test_fakellm_answers_the_async_client(stock_async, fake):
    answer = await said(stock_async, fake)
    assert answer.choices[0].message.content == "Hi there! This is a mock."
    stream = await said(stock_async, fake, stream=True)
    text = [part.choices[0].delta.content or "" async for part in stream]
    assert "".join(text) == "Hi there! This is a mock."


def test_fakellm_calls_tools_whole_and_streamed(stock, fake):
    message = said(stock, fake, ask("Weather?"), tools=TOOLS).choices[0].message
    assert message.tool_calls[0].function.name == "get_weather"
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Oslo"}
    parts = list(said(stock, fake, ask("Weather?"), tools=TOOLS, stream=True))
    calls = [call for part in parts for call in part.choices[0].delta.tool_calls or []]
    assert calls[0].function.name == "get_weather"
    assert json.loads("".join(call.function.arguments for call in calls)) == {"city": "Oslo"}
    assert parts[-1].choices[0].finish_reason == "tool_calls"


def test_fakellm_s_refusals_are_told_in_our_words(stock, fake):
    with pytest.raises(openai.RateLimitError, match="limits our rate"):
        said(stock, fake, ask("too often"))
    with pytest.raises(openai.APIStatusError, match="refused our key") as denied:
        said(stock, fake, ask("wrong key"))
    assert denied.value.status_code == 424


def test_fakellm_is_healthy(quintain, fake):
    headers = {"X-Enkrypt-Model": fake}
    health = quintain.call("POST", "/redteam/v3/model/model-health", headers=headers).json()
    assert health["status"] == "healthy"
    assert health["data"]["response"] == "Hi there! This is a mock."


# --- llmock


def test_llmock_answers_whole_streamed_and_embedded(stock, mock, llmock):
    llmock.script({"type": "reply", "text": "Good day to you.", "times": 2})
    assert said(stock, mock).choices[0].message.content == "Good day to you."
    assert joined(said(stock, mock, stream=True)) == "Good day to you."
    assert stock.embeddings.create(model=mock, input="a").data[0].embedding


def test_llmock_calls_the_tools_that_it_is_offered(stock, mock):
    message = said(stock, mock, ask("What is the weather in Oslo?"), tools=TOOLS).choices[0].message
    call = message.tool_calls[0]
    assert call.function.name == "get_weather"
    turns = [
        *ask("What is the weather in Oslo?"),
        message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"},
    ]
    assert said(stock, mock, turns, tools=TOOLS).choices[0].message.content


def test_llmock_finds_our_retries_well_behaved(stock, mock, llmock):
    llmock.script({"type": "fail", "status": 429, "retry_after": 1, "times": 2})
    assert said(stock, mock).choices
    llmock.script({"type": "fail", "status": 503, "times": 2})
    assert said(stock, mock, ask("again")).choices
    judged = llmock.verdict()
    assert judged["passed"], judged
    assert judged["faults_injected"] == 4
    assert not judged["warnings"], judged


def test_llmock_sees_no_second_try_of_what_cannot_be_mended(stock, mock, llmock):
    for status in (400, 401, 403, 404, 422):
        llmock.script({"type": "fail", "status": status})
        with pytest.raises(openai.APIStatusError):
            said(stock, mock, ask(f"fails with {status}"))
    judged = llmock.verdict()
    assert (judged["calls"], judged["attempts"]) == (5, 5)
    assert judged["passed"], judged


def test_llmock_s_broken_stream_ends_as_a_failed_call(stock, mock, llmock):
    llmock.script({"type": "stream_fault", "kind": "disconnect", "after_chunks": 2})
    with pytest.raises(openai.APIError, match="closed the connection"):
        list(said(stock, mock, stream=True))


def test_llmock_s_quota_headers_stay_with_us(quintain, mock):
    answer = quintain.call("POST", "/v1/chat/completions", {"model": mock, "messages": HI})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if "ratelimit" in name]
