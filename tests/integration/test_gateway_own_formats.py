"""aimock, which others wrote, in the place of each provider with a format of its own: the same calls
by the stock client come to the same everywhere.
"""

import openai
import pytest

from tests.served.aimock import GREETING, PIXEL, WEATHER_TOOL

# By name: the provider, below which base path the mock is, and what else is registered.
MODELS = {
    "anthropic": ("anthropic_compatible", "", {}),
    "bedrock": ("bedrock", "", {"apikeys": ["AKIDEXAMPLE0000000:wJalrXUtnFEMI/K7MDENG+bPxRfi"]}),
    "cohere": ("cohere", "/v2", {}),
    "gemini": ("gemini", "", {}),
    # Where a token is the key.
    "vertex": (
        "gemini",
        "/v1/projects/p/locations/eu/publishers/google",
        {"auth_data": {"header_name": "Authorization", "header_prefix": "Bearer"}},
    ),
}


@pytest.fixture(params=MODELS)
def model(request, aimock, register):
    provider, base_path, more = MODELS[request.param]
    return register(aimock.config(provider, base_path, input_modalities=["text", "image"], **more))


def said(stock, model, text, **more):
    messages = [{"role": "user", "content": text}]
    return stock.chat.completions.create(model=model, messages=messages, **more)


def test_a_plain_and_a_streamed_answer(stock, model):
    answer = said(stock, model, "hello")
    assert answer.choices[0].message.content == GREETING
    assert answer.choices[0].finish_reason == "stop"
    parts = list(said(stock, model, "hello", stream=True))
    texts = [part.choices[0].delta.content or "" for part in parts if part.choices]
    assert "".join(texts) == GREETING
    assert len(texts) > 3
    assert parts[-1].choices[0].finish_reason == "stop"


def test_a_tool_is_called_and_its_result_goes_back(stock, model):
    first = said(stock, model, "What is the weather in Oslo?", tools=[WEATHER_TOOL]).choices[0]
    (call,) = first.message.tool_calls
    assert first.finish_reason == "tool_calls"
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Oslo"}')
    turns = [
        {"role": "user", "content": "What is the weather in Oslo?"},
        first.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"},
    ]
    answer = stock.chat.completions.create(model=model, messages=turns, tools=[WEATHER_TOOL])
    assert answer.choices[0].message.content == "It is 21 degrees in Oslo."


def test_streamed_tool_calls(stock, model):
    parts = list(said(stock, model, "two cities", tools=[WEATHER_TOOL], stream=True))
    deltas = [choice.delta for part in parts for choice in part.choices]
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    whole = [
        "".join(call.function.arguments or "" for call in calls if call.index == place)
        for place in (0, 1)
    ]
    assert whole == ['{"city":"Oslo"}', '{"city":"Rome"}']
    assert parts[-1].choices[0].finish_reason == "tool_calls"


def test_an_image(stock, model):
    content = [
        {"type": "text", "text": "What is in this picture?"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ]
    assert said(stock, model, content).choices[0].message.content == "A cat on a mat."


def test_the_end_of_what_may_be_said(stock, model):
    assert said(stock, model, "long story").choices[0].finish_reason == "length"


# What this mock has of these in Anthropic's and Cohere's formats it tells otherwise than they do.
@pytest.mark.parametrize("model", ["bedrock", "gemini", "vertex"], indirect=True)
def test_thoughts_and_the_providers_filter(stock, model):
    thought = said(stock, model, "think").choices[0].message
    assert (thought.content, thought.reasoning_content) == ("Forty-two.", "Six times seven.")
    assert said(stock, model, "forbidden").choices[0].finish_reason == "content_filter"


def test_errors_have_our_statuses(stock, model):
    with pytest.raises(openai.BadRequestError, match="this is no good"):
        said(stock, model, "bad request")
    with pytest.raises(openai.APIStatusError, match="refused our key") as caught:
        said(stock, model, "wrong key")
    assert caught.value.status_code == 424
    with pytest.raises(openai.APIStatusError, match="out of order") as caught:
        said(stock, model, "broken")
    assert caught.value.status_code == 502
