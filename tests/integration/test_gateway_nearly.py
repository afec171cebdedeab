"""Providers that speak nearly OpenAI: answers as they document them, through the stock client."""

import json

import openai
import pytest

from tests.served.target import answers, completion, streams

HI = [{"role": "user", "content": "hi"}]
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "2 and 2"}]}
TEXT = {"type": "text", "text": "It is 4."}
# A refusal as Azure's content filter gives it.
FILTERED = {
    "error": {
        "message": "The response was filtered due to the prompt triggering the content management policy.",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {"violence": {"filtered": True, "severity": "medium"}},
        },
    }
}


def said(client, model, **more):
    return client.chat.completions.create(model=model, messages=HI, **more)


def event(delta, finish_reason=None, **head):
    choices = [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    body = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m"} | head
    return b"data: " + json.dumps(body | {"choices": choices}).encode() + b"\n\n"


def test_mistrals_thoughts_and_text_arrive_apart(stock, target, register):
    model = register(target.config(model_provider="mistral"))
    target.does(answers(completion([THOUGHT, TEXT])))
    message = said(stock, model, max_completion_tokens=9, user="u").choices[0].message
    assert (message.content, message.reasoning_content) == ("It is 4.", "2 and 2")
    assert set(target.arrivals[0].json) == {"messages", "max_tokens", "model"}


def test_mistrals_thoughts_and_text_stream_apart(stock, target, register):
    model = register(target.config(model_provider="mistral"))
    target.does(
        streams(event({"role": "assistant", "content": [THOUGHT]}), event({"content": [TEXT]}))
    )
    deltas = [part.choices[0].delta for part in said(stock, model, stream=True)]
    assert "".join(delta.content for delta in deltas) == "It is 4."
    assert deltas[0].reasoning_content == "2 and 2"


def test_mistrals_thoughts_alone_are_an_empty_answer(stock, target, register):
    model = register(target.config(model_provider="mistral"))
    target.does(answers(completion([THOUGHT])))
    with pytest.raises(openai.APIStatusError, match="no text"):
        said(stock, model)


def test_ai21s_bare_answers_are_whole_for_clients(stock, target, register):
    model = register(target.config(model_provider="ai21"))
    bare = {
        name: value for name, value in completion().items() if name in {"id", "choices", "usage"}
    }
    target.does(answers(bare))
    answer = said(stock, model)
    assert (answer.object, answer.choices[0].message.content) == ("chat.completion", "Hello there.")
    assert answer.created
    target.does(streams(b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'))
    (part,) = said(stock, model, stream=True)
    assert (part.object, part.choices[0].delta.content) == ("chat.completion.chunk", "Hi")


def test_n_choices_of_a_provider_that_gives_one(stock, target, register):
    model = register(target.config(model_provider="groq"))
    answer = said(stock, model, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert all("n" not in came.json for came in target.arrivals)


def test_azures_content_filter_is_told_as_azure_tells_it(stock, target, register):
    model = register(target.config(model_provider="azure_openai"))
    target.does(answers(FILTERED, status=400))
    with pytest.raises(openai.BadRequestError) as caught:
        said(stock, model)
    assert caught.value.code == "content_filter"
    assert caught.value.body["innererror"]["code"] == "ResponsibleAIPolicyViolation"
    assert len(target.arrivals) == 1


def test_azures_content_filter_counts_as_a_blocked_prompt_where_it_is_declared(
    quintain, target, register
):
    blocked = {"statuses": [400], "match": '.error.code == "content_filter"'}
    model = register(target.config(model_provider="azure_openai", metadata={"blocked": blocked}))
    target.does(answers(FILTERED, status=400))
    answer = quintain.call("POST", "/v1/chat/completions", {"model": model, "messages": HI})
    assert answer.headers["x-quintain-blocked"] == "1"
    assert answer.json()["choices"][0]["finish_reason"] == "content_filter"


def test_azures_stream_begins_with_the_filters_results(stock, target, register):
    model = register(target.config(model_provider="azure_openai"))
    results = {"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]}
    first = (
        b"data: " + json.dumps({"choices": [], "id": "", "model": ""} | results).encode() + b"\n\n"
    )
    target.does(streams(first, event({"role": "assistant", "content": "Hi"}), event({}, "stop")))
    parts = list(said(stock, model, stream=True))
    assert parts[0].prompt_filter_results
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == "Hi"


# --- TGI's own /generate

TGI = {"model_provider": "huggingface", "paths": {"chat": "/generate"}}
DETAILS = {"finish_reason": "stop_sequence", "generated_tokens": 2, "input_length": 1}


def tgi_event(text, **more):
    token = {"index": 1, "token": {"id": 1, "text": text, "logprob": 0, "special": not text}}
    return b"data:" + json.dumps(token | more).encode() + b"\n\n"


def test_tgi_goes_on_with_a_prompt(stock, target, register):
    model = register(target.config(**TGI))
    target.does(answers({"generated_text": " there", "details": DETAILS}))
    answer = said(stock, model, max_tokens=5)
    assert (answer.choices[0].message.content, answer.usage.total_tokens) == (" there", 3)
    (came,) = target.arrivals
    assert came.path == "/v1/generate"
    assert came.json["inputs"] == "hi"
    assert came.json["parameters"]["max_new_tokens"] == 5
    completed = stock.completions.create(model=model, prompt="hi")
    assert completed.choices[0].text == " there"


def test_tgi_streams(stock, target, register):
    model = register(target.config(**TGI))
    target.does(
        streams(
            tgi_event(" th"),
            tgi_event("ere"),
            tgi_event("", generated_text=" there", details=DETAILS),
            done=False,
        )
    )
    parts = list(said(stock, model, stream=True, stream_options={"include_usage": True}))
    words = [part.choices[0].delta.content or "" for part in parts if part.choices]
    assert "".join(words) == " there"
    assert parts[-1].usage.completion_tokens == 2
    assert target.arrivals[0].path == "/v1/generate_stream"


def test_tgis_refusal_is_the_callers_own(stock, target, register):
    model = register(target.config(**TGI))
    told = {"error": "`temperature` must be strictly positive", "error_type": "validation"}
    target.does(answers(told, status=422))
    with pytest.raises(openai.APIStatusError, match="strictly positive") as caught:
        said(stock, model)
    assert caught.value.status_code in {400, 422}


def test_tgi_breaks_off_in_its_stream(stock, target, register):
    model = register(target.config(**TGI))
    failed = b'data:{"error":"Request failed during generation","error_type":"generation"}\n\n'
    target.does(streams(tgi_event(" th"), failed, done=False))
    with pytest.raises(openai.APIError, match="during generation"):
        list(said(stock, model, stream=True))
