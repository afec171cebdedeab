"""Gemini, in whose place two mocks stand that others wrote; called by the stock client."""

import json

import openai
import pytest

from tests.served.aimock import GREETING, WEATHER_TOOL
from tests.served.mocks import at
from tests.served.target import answers, streams

KEY = "AIza-mock-0123456789-abcdef"
WHOLE, STREAMED = "/v1beta/models/target-model:generateContent", "/v1beta/models/target-model:streamGenerateContent?alt=sse"  # fmt: skip
CALLED = {"functionCall": {"name": "get_weather", "args": {"city": "Oslo"}}, "thoughtSignature": "c2lnbmVk"}  # fmt: skip


def chunk(*parts, reason="STOP", **more):
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}
    return {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}} | more  # fmt: skip


@pytest.fixture(params=["aimock", "vertex"])
def model(request, aimock, register):
    """The same mock as Google's API for developers and as Vertex AI, where a token is the key."""
    if request.param == "aimock":
        return register(aimock.config("gemini", input_modalities=["text", "image"]))
    project = "/v1/projects/p/locations/eu/publishers/google"
    bearer = {"header_name": "Authorization", "header_prefix": "Bearer"}
    return register(aimock.config("gemini", project, auth_data=bearer, input_modalities=["text", "image"]))  # fmt: skip


@pytest.fixture
def own(target, register):
    """A model at the target that does what a test says."""
    return register(target.config(model_provider="gemini", apikeys=[KEY], endpoint={"scheme": "http", "host": "127.0.0.1", "port": target.port}))  # fmt: skip


def said(stock, model, text, **more):
    messages = [{"role": "user", "content": text}]
    return stock.chat.completions.create(model=model, messages=messages, **more)


def text_in(parts):
    return "".join(part.choices[0].delta.content or "" for part in parts if part.choices)


def test_a_plain_answer(stock, model, aimock):
    answer = said(stock, model, "hello", temperature=0.5, user="u")
    assert answer.choices[0].message.content == GREETING
    assert answer.choices[0].finish_reason == "stop"
    (came,) = aimock.requests()
    assert came["path"].endswith("/models/target-model:generateContent")
    assert came["body"]["temperature"] == 0.5


def test_a_streamed_answer(stock, model, aimock):
    counted = {"include_usage": True}
    parts = list(said(stock, model, "hello", stream=True, stream_options=counted))
    assert text_in(parts) == GREETING
    assert len(parts) > 4
    assert parts[-2].choices[0].finish_reason == "stop"
    assert parts[-1].usage.total_tokens == 0  # so this mock counts
    assert "streamGenerateContent" in aimock.requests()[0]["path"]


# --- llmock


@pytest.fixture
def mock(register, llmock):
    return register(at(llmock.url, "gemini", "/gemini"))


def test_llmock_answers_whole_and_streamed(stock, mock, llmock):
    llmock.script({"type": "reply", "text": "Good day to you.", "times": 2})
    answer = said(stock, mock, "hi")
    assert answer.choices[0].message.content == "Good day to you."
    assert answer.usage.total_tokens >= answer.usage.completion_tokens > 0
    assert text_in(said(stock, mock, "hi", stream=True)) == "Good day to you."


def test_llmock_calls_the_tools_that_it_is_offered(stock, mock):
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    message = said(stock, mock, question["content"], tools=[WEATHER_TOOL]).choices[0].message
    call = message.tool_calls[0]
    assert call.function.name == "get_weather"
    turns = [question, message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "21"}]  # fmt: skip
    answer = stock.chat.completions.create(model=mock, messages=turns, tools=[WEATHER_TOOL])
    assert answer.choices[0].message.content
    parts = list(said(stock, mock, question["content"], tools=[WEATHER_TOOL], stream=True))
    assert parts[-1].choices[0].finish_reason == "tool_calls"


def test_llmock_finds_our_retries_well_behaved(stock, mock, llmock):
    llmock.script({"type": "fail", "status": 429, "retry_after": 1, "times": 2})
    assert said(stock, mock, "hi").choices
    judged = llmock.verdict()
    assert judged["passed"], judged
    assert not judged["warnings"], judged


# --- a target that a test tells what to say


def test_the_key_the_paths_and_the_body_are_googles(stock, target, own):
    target.does(answers(chunk({"text": "hi"})), streams(b"data: " + json.dumps(chunk({"text": "hi"})).encode() + b"\r\n\r\n", done=False))  # fmt: skip
    answer = stock.chat.completions.with_raw_response.create(
        model=own, messages=[{"role": "user", "content": "hi"}], user="u", max_completion_tokens=5
    )
    assert answer.headers["x-quintain-dropped"] == "user"
    assert text_in(said(stock, own, "hi", stream=True)) == "hi"
    whole, streamed = target.arrivals
    assert (whole.path, streamed.path) == (WHOLE, STREAMED)
    assert whole.headers["x-goog-api-key"] == KEY
    assert "Authorization" not in whole.headers
    assert whole.json == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "generationConfig": {"maxOutputTokens": 5},
    }


def test_a_signature_comes_back_by_way_of_the_stock_client(stock, target, own):
    target.does(answers(chunk(CALLED)), answers(chunk({"text": "21"})))
    message = said(stock, own, "weather?", tools=[WEATHER_TOOL]).choices[0].message
    turns = [
        {"role": "user", "content": "weather?"},
        message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "21"},
    ]
    stock.chat.completions.create(model=own, messages=turns, tools=[WEATHER_TOOL])
    (part,) = target.arrivals[1].json["contents"][1]["parts"]
    assert part["thoughtSignature"] == "c2lnbmVk"


def test_a_blocked_prompt_is_no_error_but_a_refusal(stock, target, own):
    target.does(answers({"promptFeedback": {"blockReason": "SAFETY"}}))
    choice = said(stock, own, "hi").choices[0]
    assert choice.finish_reason == "content_filter"
    assert choice.message.refusal == "The provider blocked the prompt: SAFETY."


def test_a_key_that_google_refuses_with_400_is_told_as_a_key(stock, target, own):
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    error = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": details}  # fmt: skip
    target.does(answers({"error": error}, status=400))
    with pytest.raises(openai.APIStatusError, match="refused our key") as caught:
        said(stock, own, "hi")
    assert caught.value.status_code == 424


def test_an_empty_answer_and_a_torn_stream_are_errors(stock, target, own):
    target.does(answers(chunk()))
    with pytest.raises(openai.APIStatusError, match="no text"):
        said(stock, own, "hi")
    torn = b"data: " + json.dumps(chunk({"text": "It"}, reason=None)).encode() + b"\n\n"
    target.does(streams(torn, done=False))
    with pytest.raises(openai.APIError, match="ended before its answer did"):
        text_in(said(stock, own, "hi", stream=True))
