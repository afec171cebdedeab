"""Bedrock, in whose place a mock stands that others wrote, and one that checks signatures; called by
the stock client."""

import uuid

import openai
import pytest
from aiohttp import web

from tests.served.aimock import GREETING
from tests.served.eventstream import event, exception
from tests.served.sigv4 import is_signed
from tests.served.target import answers

ID, SECRET, TOKEN = "AKIDEXAMPLE0000000", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a-session-token-0123456789"  # fmt: skip
ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-v1:0"
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "It is 21 degrees."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 9, "outputTokens": 5, "totalTokens": 14},
    "metrics": {"latencyMs": 5},
}
EVENTS = [
    event("messageStart", {"role": "assistant"}),
    *(
        event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})
        for text in ("It is ", "21 degrees.")
    ),
    event("contentBlockStop", {"contentBlockIndex": 0}),
    event("messageStop", {"stopReason": "end_turn"}),
    event("metadata", {"usage": ANSWER["usage"], "metrics": {"latencyMs": 5}}),
]


@pytest.fixture
def model(aimock, register):
    keys = [f"{ID}:{SECRET}"]
    return register(aimock.config("bedrock", apikeys=keys, input_modalities=["text", "image"]))


def said(stock, model, text, **more):
    messages = [{"role": "user", "content": text}]
    return stock.chat.completions.create(model=model, messages=messages, **more)


def text_in(parts):
    return "".join(part.choices[0].delta.content or "" for part in parts if part.choices)


def test_a_plain_answer(stock, model, aimock):
    answer = said(stock, model, "hello", temperature=0.5, max_tokens=50)
    assert answer.choices[0].message.content == GREETING
    assert answer.choices[0].finish_reason == "stop"
    (came,) = aimock.requests()
    assert came["path"] == "/model/target-model/converse"


def test_a_streamed_answer(stock, model, aimock):
    parts = list(said(stock, model, "hello", stream=True))
    assert text_in(parts) == GREETING
    assert len(parts) > 3
    assert parts[-1].choices[0].finish_reason == "stop"
    assert aimock.requests()[0]["path"] == "/model/target-model/converse-stream"


def test_a_link_to_an_image_is_refused(stock, model, aimock):
    link = {"type": "image_url", "image_url": {"url": "https://pictures.example/cat.png"}}
    with pytest.raises(openai.BadRequestError, match="inline only"):
        said(stock, model, [link])
    assert aimock.requests() == []


# --- a target that lets in only what is signed as AWS asks


@pytest.fixture
def own(target, quintain):
    """Registers a model at the target; gives its name."""

    def add(model_name=ARN, **fields):
        endpoint = {"scheme": "http", "host": "127.0.0.1", "port": target.port}
        brought = {"model_provider": "bedrock", "endpoint": endpoint, "apikeys": [f"{ID}:{SECRET}"]}
        name = f"model-{uuid.uuid4().hex}"
        quintain.add(name, target.config(**(brought | fields)), model_name=model_name)
        return name

    return add


def signed_only(*frames):
    """Bedrock as far as this goes: signatures are judged, then it answers."""

    async def behaviour(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if not is_signed(SECRET, request.method, request.raw_path, request.headers, body):
            refusal = {"message": "The security token included in the request is invalid."}
            return web.json_response(refusal, status=403, headers={"x-amzn-ErrorType": "UnrecognizedClientException"})  # fmt: skip
        if not request.path.endswith("/converse-stream"):
            return web.json_response(ANSWER)
        response = web.StreamResponse(headers={"Content-Type": "application/vnd.amazon.eventstream"})  # fmt: skip
        await response.prepare(request)
        for frame in frames or EVENTS:
            await response.write(frame)
        return response

    return behaviour


def test_calls_are_let_in_by_their_signature(stock, target, own):
    target.does(signed_only())
    name = own(custom_headers=[{"key": "X-Amzn-Trace", "value": "on"}])
    answer = said(stock, name, "hi", max_tokens=5)
    assert answer.choices[0].message.content == "It is 21 degrees."
    assert answer.usage.total_tokens == 14
    counted = {"include_usage": True}
    parts = list(said(stock, name, "hi", stream=True, stream_options=counted))
    assert text_in(parts) == "It is 21 degrees."
    assert parts[-1].usage.total_tokens == 14
    whole, streamed = target.arrivals
    assert whole.json == {
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "inferenceConfig": {"maxTokens": 5},
    }
    assert SECRET not in str(whole.headers) + str(streamed.headers)


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_a_session_token_and_a_region_go_along(stock, target, own, region):
    target.does(signed_only())
    metadata = {"aws_region": region} if region else {}
    name = own(apikeys=[f"{ID}:{SECRET}:{TOKEN}"], metadata=metadata)
    assert said(stock, name, "hi").choices
    headers = target.arrivals[0].headers
    assert headers["X-Amz-Security-Token"] == TOKEN
    assert f"/{region or 'us-east-1'}/bedrock/" in headers["Authorization"]


def test_each_key_in_turn_signs_for_itself(stock, target, own):
    """A wrong one rests, and the next one signs the same call anew."""
    target.does(signed_only())
    name = own(apikeys=[f"{ID}:not-the-secret", f"{ID}:{SECRET}"])
    assert said(stock, name, "hi").choices
    assert len(target.arrivals) == 2


def test_a_wrong_key_is_told_as_one_and_its_secret_to_nobody(stock, target, own):
    echo = {"message": f"The canonical string was ... x-amz-security-token:{TOKEN}"}
    target.does(answers(echo, status=403))
    with pytest.raises(openai.APIStatusError, match="refused our key") as caught:
        said(stock, own(apikeys=[f"{ID}:{SECRET}:{TOKEN}"]), "hi")
    assert caught.value.status_code == 424
    assert TOKEN not in str(caught.value)


def test_a_key_of_bedrock_itself_is_a_bearer(stock, target, own):
    target.does(answers(ANSWER))
    assert said(stock, own(apikeys=["ABSKexample0123456789=="]), "hi").choices
    assert target.arrivals[0].headers["Authorization"] == "Bearer ABSKexample0123456789=="


def test_a_key_in_no_known_form_is_refused_when_it_is_registered(quintain, target):
    config = target.config(model_provider="bedrock", apikeys=[f"{ID}:"])
    body = {"model_saved_name": "m", "model_version": "v1", "model_name": ARN, "model_config": config}  # fmt: skip
    answer = quintain.call("POST", "/models/add-model", body)
    assert answer.status_code == 422
    assert "ACCESS_KEY_ID:SECRET_ACCESS_KEY" in answer.text


def test_an_exception_amid_a_stream_reaches_the_caller(stock, target, own):
    target.does(signed_only(*EVENTS[:2], exception("modelStreamErrorException", "lost the thread")))
    with pytest.raises(openai.APIError, match="lost the thread"):
        text_in(said(stock, own(), "hi", stream=True))


def test_the_models_own_throttling_is_waited_out(stock, target, own):
    limited = answers({"message": "Too many tokens."}, status=429, headers={"Retry-After": "0"})
    target.does(limited, signed_only())
    assert said(stock, own(), "hi").choices
    first, second = (arrival.headers["Authorization"] for arrival in target.arrivals)
    assert first.split("Signature=")[0] == second.split("Signature=")[0]


def test_a_guardrails_word_is_no_error(stock, target, own):
    blocked = ANSWER | {"stopReason": "guardrail_intervened"}
    target.does(answers(blocked))
    choice = said(stock, own(), "hi").choices[0]
    assert (choice.finish_reason, choice.message.content) == ("content_filter", "It is 21 degrees.")


def test_the_check_of_a_model_speaks_bedrock_too(quintain, target, own):
    target.does(signed_only())
    headers = {"X-Enkrypt-Model": own()}
    health = quintain.call("POST", "/redteam/v3/model/model-health", headers=headers).json()
    assert health["status"] == "healthy", health
    assert health["data"]["response"] == "It is 21 degrees."
