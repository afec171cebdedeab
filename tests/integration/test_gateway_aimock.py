"""aimock, which others wrote, in the place of each provider that speaks OpenAI or nearly so."""

import openai
import pytest

from tests.served.aimock import GREETING, PIXEL, WEATHER_TOOL

KEY = "sk-mock-0123456789-abcdef"
BEARER = ("authorization", f"Bearer {KEY}")
# By provider: below which base path the mock is, and where a chat call of that provider goes.
AT = {
    "openai": ("/v1", "/v1/chat/completions"),
    "mistral": ("/v1", "/v1/chat/completions"),
    "huggingface": ("/v1", "/v1/chat/completions"),
    "together": ("/v1", "/v1/chat/completions"),
    "groq": ("/openai/v1", "/openai/v1/chat/completions"),
    "ai21": ("/studio/v1", "/studio/v1/chat/completions"),
    "fireworks": ("/inference/v1", "/inference/v1/chat/completions"),
    "alibaba": ("/compatible-mode/v1", "/compatible-mode/v1/chat/completions"),
    "deepseek": ("", "/chat/completions"),
    "portkey": ("/v1", "/v1/chat/completions"),
    "llama": ("/compat/v1", "/compat/v1/chat/completions"),
    "openai_compatible": ("/v1", "/v1/chat/completions"),
    "azure_openai": (
        "",
        "/openai/deployments/target-model/chat/completions?api-version=2024-10-21",
    ),
}
KEYS = {"azure_openai": ("api-key", KEY), "portkey": ("x-portkey-api-key", KEY)}
EMBEDS = ("openai", "mistral", "together", "fireworks", "alibaba", "portkey", "azure_openai")


@pytest.fixture(params=sorted(AT))
def provider(request):
    return request.param


@pytest.fixture
def model(provider, aimock, register):
    return register(configured(provider, aimock))


def configured(provider, aimock, **fields):
    images = {"input_modalities": ["text", "image"]}
    return aimock.config(provider, AT[provider][0], **images, **fields)


def said(stock, model, text, **more):
    messages = [{"role": "user", "content": text}]
    return stock.chat.completions.create(model=model, messages=messages, **more)


def test_a_plain_answer(stock, provider, model, aimock):
    answer = said(stock, model, "hello", max_completion_tokens=50, seed=1)
    assert answer.choices[0].message.content == GREETING
    assert answer.usage.completion_tokens > 0
    (came,) = aimock.requests()
    assert came["path"] == AT[provider][1]
    assert came["body"]["model"] == "target-model"


def test_the_key_travels_as_the_provider_wants_it(stock, provider, target, register):
    model = register(target.config(model_provider=provider, apikeys=[KEY]))
    assert said(stock, model, "hello").choices
    headers = {name.lower(): value for name, value in target.arrivals[0].headers.items()}
    name, value = KEYS.get(provider, BEARER)
    assert headers[name] == value
    assert {"authorization", "api-key", "x-portkey-api-key"} & set(headers) == {name}


def test_a_streamed_answer(stock, model):
    parts = list(said(stock, model, "hello", stream=True))
    words = [part.choices[0].delta.content or "" for part in parts if part.choices]
    assert "".join(words) == GREETING
    assert len(words) > 3
    assert parts[-1].choices[0].finish_reason == "stop"


def test_thoughts_are_told(stock, model):
    message = said(stock, model, "think").choices[0].message
    assert (message.content, message.reasoning_content) == ("Forty-two.", "Six times seven.")


def test_a_tool_is_called_and_its_result_goes_back(stock, provider, model, aimock):
    first = said(stock, model, "What is the weather in Oslo?", tools=[WEATHER_TOOL]).choices[0]
    (call,) = first.message.tool_calls
    assert first.finish_reason == "tool_calls"
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Oslo"}')
    turns = [
        {"role": "user", "content": "What is the weather in Oslo?"},
        first.message.model_dump(),
        {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"},
    ]
    answer = stock.chat.completions.create(model=model, messages=turns, tools=[WEATHER_TOOL])
    assert answer.choices[0].message.content == "It is 21 degrees in Oslo."
    _, asked, told = aimock.requests()[-1]["body"]["messages"]
    assert asked["tool_calls"][0]["id"] == told["tool_call_id"]
    assert (told["tool_call_id"] == call.id) == (provider != "mistral")


def test_a_streamed_tool_call(stock, model):
    parts = list(said(stock, model, "weather, please", tools=[WEATHER_TOOL], stream=True))
    pieces = [
        call for part in parts for choice in part.choices for call in choice.delta.tool_calls or []
    ]
    assert pieces[0].function.name == "get_weather"
    arguments = "".join(piece.function.arguments or "" for piece in pieces)
    assert arguments == '{"city":"Oslo"}'
    assert parts[-1].choices[0].finish_reason == "tool_calls"


def test_an_image(stock, provider, model, aimock):
    content = [
        {"type": "text", "text": "What is in this picture?"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ]
    if provider == "ai21":
        with pytest.raises(openai.BadRequestError, match="no place for image"):
            said(stock, model, content)
        assert aimock.requests() == []
        return
    assert said(stock, model, content).choices[0].message.content == "A cat on a mat."
    assert aimock.requests()[0]["body"]["messages"][0]["content"] == content


def test_an_error_of_the_callers_passes_with_its_words(stock, model):
    with pytest.raises(openai.BadRequestError, match="this is no good") as caught:
        said(stock, model, "bad request")
    assert caught.value.code == "bad_thing"


def test_other_errors_have_our_statuses(stock, model):
    with pytest.raises(openai.APIStatusError, match="refused our key") as caught:
        said(stock, model, "wrong key")
    assert caught.value.status_code == 424
    with pytest.raises(openai.APIStatusError, match="out of order") as caught:
        said(stock, model, "broken")
    assert caught.value.status_code == 502


@pytest.mark.parametrize("provider", EMBEDS, indirect=True)
def test_embeddings(stock, model):
    found = stock.embeddings.create(model=model, input="embed me", encoding_format="float")
    assert found.data[0].embedding == [0.25, -0.5, 1.0]


def test_a_response(stock, provider, model, aimock):
    """Made of a chat: of another host than the provider's own no more is known."""
    assert stock.responses.create(model=model, input="hello").output_text == GREETING
    assert aimock.requests()[0]["path"] == AT[provider][1]


def test_a_response_of_a_target_that_is_known_to_give_them(stock, aimock, register):
    model = register(configured("openai", aimock, paths={"responses": "/responses"}))
    assert stock.responses.create(model=model, input="hello").output_text == GREETING
    assert aimock.requests()[0]["path"] == "/v1/responses"


def test_a_streamed_response(stock, model):
    with stock.responses.create(model=model, input="hello", stream=True) as events:
        texts = [each.delta for each in events if each.type == "response.output_text.delta"]
    assert "".join(texts) == GREETING


def test_it_is_healthy(quintain, model):
    headers = {"X-Enkrypt-Model": model}
    health = quintain.call("POST", "/redteam/v3/model/model-health", headers=headers).json()
    assert health["status"] == "healthy", health


def test_what_is_dropped_is_named(quintain, aimock, register):
    model = register(configured("groq", aimock))
    message = {"role": "user", "name": "ann", "content": "hello"}
    body = {"model": model, "messages": [message], "logit_bias": {"1": 1}, "temperature": 0}
    answer = quintain.call("POST", "/v1/chat/completions", body)
    assert answer.headers["x-quintain-dropped"] == "logit_bias,messages.name"
    assert "logit_bias" not in aimock.requests()[0]["body"]


def test_azures_newer_surface(stock, aimock, register):
    model = register(aimock.config("azure_openai", "/openai/v1"))
    assert said(stock, model, "hello").choices[0].message.content == GREETING
    assert aimock.requests()[0]["path"] == "/openai/v1/chat/completions"


def test_azure_with_a_deployment_that_no_path_could_hold(quintain, stock, aimock):
    name = "azure-odd"
    options = {"api-version": "2025-04-01-preview"}
    config = aimock.config("azure_openai", default_request_options=options)
    quintain.add(name, config, model_name="a b?c%#é")
    assert said(stock, name, "hello").choices[0].message.content == GREETING
    assert aimock.requests()[0]["path"] == (
        "/openai/deployments/a%20b%3Fc%25%23%C3%A9/chat/completions?api-version=2025-04-01-preview"
    )


def test_azure_without_a_resource_is_refused(quintain):
    config = {"model_provider": "azure_openai", "apikeys": [KEY]}
    body = {"model_saved_name": "x", "model_version": "v1", "model_name": "d"}
    answer = quintain.call("POST", "/models/add-model", body | {"model_config": config})
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"] == "model_config.endpoint.host"
