"""Mock LLM servers that others wrote, each in a process of its own, called by the stock client."""

import json

import httpx
import openai
import pytest

from tests.served.processes import serving

HI = [{"role": "user", "content": "hello there"}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the current weather for a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]
RULES = """
version: 1
defaults: {fallback: deterministic_echo}
rules:
  - name: greeting
    when: {messages_contain: hello}
    respond: {content: "Hi there! This is a mock."}
  - name: weather
    when: {tools_include: get_weather}
    respond:
      tool_calls: [{name: get_weather, arguments: {city: Oslo}}]
  - name: limited
    when: {messages_contain: too often}
    respond: {status: 429, error: "Rate limit exceeded (mock)"}
  - name: denied
    when: {messages_contain: wrong key}
    respond: {status: 401, error: "Invalid key (mock)"}
"""


@pytest.fixture(scope="module")
def fakellm(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fakellm")
    (directory / "rules.yaml").write_text(RULES)
    started = serving(
        "fakellm.cli:main",
        "serve",
        "--config",
        str(directory / "rules.yaml"),
        health="/_fakellm/stats",
        log=directory / "log",
        FAKELLM_CONFIG=str(directory / "rules.yaml"),
    )
    with started as url:
        yield url


@pytest.fixture(scope="module")
def llmock(tmp_path_factory):
    """A mock that journals every request and judges how its client behaves."""
    log = tmp_path_factory.mktemp("llmock") / "log"
    with serving("llmock.cli:app", "serve", health="/health", log=log) as url:
        yield url


def target_at(url):
    return {
        "model_provider": "openai_compatible",
        "hosting_type": "Internal",
        "rate_per_min": 10_000,
        "endpoint": {
            "scheme": "http",
            "host": "127.0.0.1",
            "port": int(url.rsplit(":", 1)[1]),
            "base_path": "/v1",
        },
        "apikeys": ["sk-mock-0123456789-abcdef"],
    }


@pytest.fixture
def fake(register, fakellm):
    return register(target_at(fakellm))


@pytest.fixture
def mock(register, llmock):
    httpx.post(f"{llmock}/_llmock/reset", trust_env=False)
    return register(target_at(llmock))


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


def script(llmock, *behaviours):
    answer = httpx.post(
        f"{llmock}/_llmock/scenario", json={"behaviors": list(behaviours)}, trust_env=False
    )
    assert answer.status_code < 300, answer.text


def journal(llmock):
    return httpx.get(f"{llmock}/_llmock/requests", trust_env=False).json()


def verdict(llmock):
    return httpx.get(f"{llmock}/_llmock/verdict", trust_env=False).json()


def test_llmock_answers_whole_streamed_and_embedded(stock, mock, llmock):
    script(llmock, {"type": "reply", "text": "Good day to you.", "times": 2})
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
    script(llmock, {"type": "fail", "status": 429, "retry_after": 1, "times": 2})
    assert said(stock, mock).choices
    script(llmock, {"type": "fail", "status": 503, "times": 2})
    assert said(stock, mock, ask("again")).choices
    judged = verdict(llmock)
    assert judged["passed"], judged
    assert judged["faults_injected"] == 4
    assert not judged["warnings"], judged


def test_llmock_sees_no_second_try_of_what_cannot_be_mended(stock, mock, llmock):
    for status in (400, 401, 403, 404, 422):
        script(llmock, {"type": "fail", "status": status})
        with pytest.raises(openai.APIStatusError):
            said(stock, mock, ask(f"fails with {status}"))
    judged = verdict(llmock)
    assert (judged["calls"], judged["attempts"]) == (5, 5)
    assert judged["passed"], judged


def test_llmock_s_broken_stream_ends_as_a_failed_call(stock, mock, llmock):
    script(llmock, {"type": "stream_fault", "kind": "disconnect", "after_chunks": 2})
    with pytest.raises(openai.APIError, match="closed the connection"):
        list(said(stock, mock, stream=True))


def test_llmock_s_quota_headers_stay_with_us(quintain, mock):
    answer = quintain.call("POST", "/v1/chat/completions", {"model": mock, "messages": HI})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if "ratelimit" in name]
