"""Targets that speak OpenAI: what passes, what is put in, what is refused before it leaves."""

import json

import httpx
import openai
import pytest

from tests.served.quintain import ADMIN_KEY
from tests.served.target import KEY, answers, chunk, completion, streams

HI = [{"role": "user", "content": "Hi"}]
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CALLS = {
    "tool_calls": [
        {
            "id": "call_1",
            "type": "function",
            "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
        }
    ]
}
EMBEDDED = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -1.0]}],
    "model": "m",
    "usage": {"prompt_tokens": 1, "total_tokens": 1},
}


def sent(target):
    """The one body that reached the target."""
    assert len(target.arrivals) == 1
    return target.arrivals[0].json


def texts(stream):
    return [part.choices[0].delta.content or "" for part in stream if part.choices]


# --- the four calls, through the stock client


def test_a_chat_call_comes_to_the_target_under_its_own_name_and_key(stock, register, target):
    model = register()
    answer = stock.chat.completions.create(model=model, messages=HI)
    assert answer.choices[0].message.content == "Hello there."
    assert answer.usage.total_tokens == 8
    arrival = target.arrivals[0]
    assert arrival.path == "/v1/chat/completions"
    assert arrival.json == {"model": "target-model", "messages": HI}
    assert arrival.headers["Authorization"] == f"Bearer {KEY}"
    assert ADMIN_KEY not in str(arrival.headers)


def test_a_stream_arrives_in_the_target_s_own_pieces(stock, register, target):
    target.does(streams(chunk("Hel"), chunk("lo"), chunk(None, "stop")))
    stream = stock.chat.completions.create(model=register(), messages=HI, stream=True)
    assert texts(stream) == ["Hel", "lo", ""]
    assert sent(target)["stream"] is True


async def test_the_async_client_gets_answers_and_streams_too(stock_async, register, target):
    model = register()
    answer = await stock_async.chat.completions.create(model=model, messages=HI)
    assert answer.choices[0].message.content == "Hello there."
    target.does(streams(chunk("a"), chunk("b"), chunk(None, "stop")))
    stream = await stock_async.chat.completions.create(model=model, messages=HI, stream=True)
    assert [part.choices[0].delta.content async for part in stream] == ["a", "b", None]


def test_completions_go_to_their_own_path(stock, register, target):
    body = {"id": "c", "object": "text_completion", "created": 1, "model": "m"}
    target.does(
        answers(body | {"choices": [{"index": 0, "text": " done", "finish_reason": "stop"}]})
    )
    answer = stock.completions.create(model=register(), prompt="Is it", stop=["#"])
    assert answer.choices[0].text == " done"
    assert target.arrivals[0].path == "/v1/completions"
    assert sent(target) == {"model": "target-model", "prompt": "Is it", "stop": ["#"]}


def test_embeddings_go_to_their_own_path(stock, register, target):
    target.does(answers(EMBEDDED))
    answer = stock.embeddings.create(model=register(), input=["a"], encoding_format="float")
    assert answer.data[0].embedding == [0.25, -1.0]
    assert target.arrivals[0].path == "/v1/embeddings"


def test_a_path_that_was_registered_by_hand_is_served_as_well(quintain, register, target):
    model = register(paths={"rerank": "/v2/rerank?top=3", "audio/speech": "/speak"})
    answer = quintain.call("POST", "/v1/rerank", {"model": model, "documents": ["a"]})
    assert answer.status_code == 200
    assert quintain.call("POST", "/v1/audio/speech", {"model": model}).status_code == 200
    assert [each.path for each in target.arrivals] == ["/v1/v2/rerank?top=3", "/v1/speak"]


def test_a_path_that_was_not_registered_is_told_by_name(quintain, register, target):
    answer = quintain.call("POST", "/v1/moderations", {"model": register(), "input": "Hi"})
    assert answer.status_code == 400
    assert "model_config.paths.moderations" in answer.json()["error"]["message"]
    assert not target.arrivals


# --- byte for byte


ODD_REQUEST = (
    '{"zz_unknown": {"b":1,  "a":[1.50, 1e400, -0, 12345678901234567890123]}, "model": "%s",'
    '"temperature":0.70, "messages": [ {"role":"user","content":"a\\u0000b \\ud83d\\ude00 \\/ é 你好 \u2028"} ] ,'
    '"seed": 1E5, "x": null}'
)
ODD_ANSWER = (
    '{"choices": [ {"message":{"content":"\\u00e9 \\ud83e\\udd16 \u2028 é","role":"assistant"},'
    '"finish_reason":"stop","index":0} ],\r\n  "id":"x","price": 0.10, "big":12345678901234567890123,'
    ' "zz": {"b":1,"a":2}, "usage": null }\n'
).encode()


def test_the_caller_s_fields_pass_as_they_were_written(quintain, register, target):
    model = register()
    quintain.call("POST", "/v1/chat/completions", (ODD_REQUEST % model).encode())
    body = target.arrivals[0].body.decode()
    for written in (
        '{"b":1,  "a":[1.50, 1e400, -0, 12345678901234567890123]}',
        "0.70",
        '[ {"role":"user","content":"a\\u0000b \\ud83d\\ude00 \\/ é 你好 \u2028"} ]',
        "1E5",
    ):
        assert written in body
    assert list(json.loads(body)) == [
        "zz_unknown",
        "model",
        "temperature",
        "messages",
        "seed",
        "x",
    ]


def test_the_target_s_answer_passes_byte_for_byte(quintain, register, target):
    target.does(answers(ODD_ANSWER))
    model = register()
    answer = quintain.call("POST", "/v1/chat/completions", {"model": model, "messages": HI})
    assert answer.content == ODD_ANSWER


@pytest.mark.parametrize(
    "content",
    [
        '"a lone surrogate: \\ud83d"',
        '"\\u0000"',
        '[{"type":"text","text":"parts"}]',
        '"' + "long " * 200_000 + '"',
    ],
    ids=["lone surrogate", "nul", "parts", "a megabyte"],
)
def test_an_unusual_content_passes_as_it_is(quintain, register, target, content):
    body = f'{{"choices":[{{"message":{{"content":{content}}},"finish_reason":"stop"}}]}}'.encode()
    target.does(answers(body))
    asked = {"model": register(), "messages": HI}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert (answer.status_code, answer.content) == (200, body)


def test_a_stream_passes_byte_for_byte(quintain, register, target):
    pieces = [
        b": comment\r\n\r\n",
        b'event: x\ndata: {"choices":[{"index":0,"delta":{"content":"\\ud83d"}}],  "n": 1.50}\n\n',
        b'data:{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\r\n\r\n',
        b'data: {"choices":[],"usage":{"total_tokens":3}}\n\ndata: [DONE]\n\ntrailing',
    ]
    target.does(streams(*pieces, done=False))
    asked = {"model": register(), "messages": HI, "stream": True}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert answer.content == b"".join(pieces)


@pytest.mark.parametrize(
    "kind", ["application/json;charset=UTF-8; x=1", "Application/JSON", "text/plain"]
)
def test_the_content_type_passes_as_the_target_wrote_it(quintain, register, target, kind):
    target.does(answers(headers={"Content-Type": kind}))
    asked = {"model": register(), "messages": HI}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert answer.headers["content-type"] == kind


def test_the_content_type_of_a_stream_passes_too(quintain, register, target):
    async def odd(request):
        from aiohttp import web

        response = web.StreamResponse(headers={"Content-Type": "text/event-stream;charset=UTF-8"})
        await response.prepare(request)
        await response.write(chunk("a") + chunk(None, "stop"))
        return response

    target.does(odd)
    asked = {"model": register(), "messages": HI, "stream": True}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert answer.headers["content-type"] == "text/event-stream;charset=UTF-8"


def test_a_plain_header_value_of_the_model_is_not_masked_in_answers(quintain, register, target):
    """Values of custom_headers are secrets, but not so the words that every second answer holds."""
    target.does(answers(completion("Send Accept: application/json and be done.")))
    headers = [{"key": "Content-Type", "value": "application/json"}]
    asked = {"model": register(custom_headers=headers), "messages": HI}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert "application/json" in answer.json()["choices"][0]["message"]["content"]


def test_a_key_that_the_target_repeats_is_masked(quintain, register, target):
    target.does(answers(completion(f"Your key is {KEY}.")))
    asked = {"model": register(), "messages": HI}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert KEY not in answer.text
    assert "sk-...ghij" in answer.text


# --- streaming as it arrives


def test_the_first_piece_is_seen_before_the_target_sends_the_second(stock, register, target, hold):
    target.does(streams(chunk("first"), hold, chunk("second"), chunk(None, "stop")))
    stream = stock.chat.completions.create(model=register(), messages=HI, stream=True)
    assert next(stream).choices[0].delta.content == "first"
    hold.release()
    assert texts(stream) == ["second", ""]


def test_half_an_event_is_passed_on_too_once_words_were_seen(quintain, register, target, hold):
    event = chunk("second")
    target.does(streams(chunk("first"), event[:20], hold, event[20:], chunk(None, "stop")))
    body = {"model": register(), "messages": HI, "stream": True}
    with (
        httpx.Client(trust_env=False, timeout=30) as client,
        client.stream(
            "POST",
            f"{quintain.url}/v1/chat/completions",
            json=body,
            headers={"apikey": ADMIN_KEY},
        ) as answer,
    ):
        pieces, seen = answer.iter_raw(), b""
        while len(seen) < len(chunk("first")) + 20:
            seen += next(pieces)
        assert seen == chunk("first") + event[:20]
        hold.release()
        assert b"".join(pieces).startswith(event[20:])


def test_a_target_that_does_not_stream_still_answers_a_streaming_call(stock, register, target):
    target.does(answers(completion("All at once.", **CALLS)))
    stream = list(stock.chat.completions.create(model=register(), messages=HI, stream=True))
    assert stream[0].choices[0].delta.content == "All at once."
    assert stream[0].choices[0].delta.tool_calls[0].function.name == "weather"
    assert stream[0].choices[0].finish_reason == "stop"


def test_a_stream_that_breaks_ends_with_an_error_and_not_with_done(stock, register, target):
    async def breaks(request):
        from aiohttp import web

        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(chunk("half an ans"))
        request.transport.abort()
        return response

    target.does(breaks)
    stream = stock.chat.completions.create(model=register(), messages=HI, stream=True)
    assert next(stream).choices[0].delta.content == "half an ans"
    with pytest.raises(openai.APIError, match="closed the connection"):
        list(stream)


# --- what is put in


def test_the_system_prompt_stands_before_the_caller_s_own(stock, register, target):
    own = {"role": "system", "content": "Be kind."}
    model = register(system_prompt='Be "brief".\n')
    stock.chat.completions.create(model=model, messages=[own, *HI])
    ours = {"role": "system", "content": 'Be "brief".\n'}
    assert sent(target)["messages"] == [ours, own, *HI]


def test_the_system_prompt_comes_first_in_a_completion_too(stock, register, target):
    target.does(answers({"choices": [{"text": "x", "finish_reason": "stop"}]}))
    stock.completions.create(model=register(system_prompt="Be brief."), prompt="Hi")
    assert sent(target)["prompt"] == "Be brief.\n\nHi"


def test_default_options_stand_below_the_caller_s_own(stock, register, target):
    model = register(default_request_options={"temperature": 0.1, "top_k": 5, "stop": ["a"]})
    stock.chat.completions.create(model=model, messages=HI, temperature=0.9, stop=["b"])
    body = sent(target)
    assert (body["temperature"], body["top_k"], body["stop"]) == (0.9, 5, ["b"])


def test_tools_pass_through_both_ways(stock, register, target):
    target.does(answers(completion(None, "tool_calls", **CALLS)))
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {}}}]
    answer = stock.chat.completions.create(
        model=register(), messages=HI, tools=tools, tool_choice="auto"
    )
    assert sent(target)["tools"] == tools
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"city": "Oslo"}'


def test_a_model_s_own_tools_are_offered_where_they_have_parameters(stock, register, target):
    parameters = {"type": "object", "properties": {}}
    tools = [
        {"name": "pay", "description": "Pays.", "parameters": parameters},
        {"name": "think", "description": "Known, but no function."},
    ]
    stock.chat.completions.create(model=register(tools=tools), messages=HI)
    offered = {"name": "pay", "description": "Pays.", "parameters": parameters}
    assert sent(target)["tools"] == [{"type": "function", "function": offered}]


# --- modalities


@pytest.mark.parametrize(
    ("fields", "message", "param"),
    [
        ({}, {"role": "user", "content": [IMAGE]}, "messages.0.content.0"),
        (
            {"input_modalities": ["text", "image"]},
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]},
            "messages.0.content.0",
        ),
        (
            {"input_modalities": ["image"]},
            {"role": "user", "content": "words"},
            "messages.0.content",
        ),
    ],
    ids=["image", "audio", "text"],
)
def test_a_part_that_the_model_does_not_take_never_leaves(
    stock, register, target, fields, message, param
):
    with pytest.raises(openai.BadRequestError) as refused:
        stock.chat.completions.create(model=register(**fields), messages=[message])
    assert (refused.value.code, refused.value.param) == ("unsupported_modality", param)
    assert not target.arrivals


def test_an_output_that_the_model_does_not_have_is_refused(stock, register, target):
    with pytest.raises(openai.BadRequestError, match="does not answer with audio"):
        stock.chat.completions.create(
            model=register(), messages=HI, modalities=["text", "audio"], audio={}
        )
    assert not target.arrivals


def test_a_call_with_an_image_goes_to_the_vision_path(stock, register, target):
    model = register(input_modalities=["text", "image"], paths={"vision": "/see"})
    stock.chat.completions.create(model=model, messages=[{"role": "user", "content": [IMAGE]}])
    stock.chat.completions.create(model=model, messages=HI)
    assert [each.path for each in target.arrivals] == ["/v1/see", "/v1/chat/completions"]


# --- which model


def test_a_name_means_its_newest_version_and_a_version_can_be_named(
    quintain, stock, register, target
):
    name = register()
    quintain.add(name, target.config(), model_version="v2", model_name="second")
    for spelled in (name, f"{name}:v1", f"{name}:v2"):
        stock.chat.completions.create(model=spelled, messages=HI)
    assert [each.json["model"] for each in target.arrivals] == ["second", "target-model", "second"]


def test_an_exact_saved_name_with_a_colon_wins(quintain, stock, register, target):
    name = register()
    quintain.add(f"{name}:v1", target.config(), model_name="colon")
    stock.chat.completions.create(model=f"{name}:v1", messages=HI)
    stock.chat.completions.create(model=f"{name}:v1:v1", messages=HI)
    assert [each.json["model"] for each in target.arrivals] == ["colon", "colon"]


def test_the_two_headers_override_the_body(quintain, stock, register, target):
    name, other = register(), register()
    quintain.add(name, target.config(), model_version="v2", model_name="second")
    for headers in (
        {"X-Enkrypt-Model": name},
        {"X-Enkrypt-Model": name, "X-Enkrypt-Model-Version": "v1"},
    ):
        stock.chat.completions.create(model=other, messages=HI, extra_headers=headers)
    assert [each.json["model"] for each in target.arrivals] == ["second", "target-model"]


def test_a_modified_model_is_called_as_modified_at_once(quintain, stock, register, target):
    name = register()
    stock.chat.completions.create(model=name, messages=HI)
    headers = {"X-Enkrypt-Model": name}
    changed = quintain.call(
        "PATCH", "/models/modify-model", {"model_name": "newer"}, headers=headers
    )
    assert changed.status_code == 200
    stock.chat.completions.create(model=name, messages=HI)
    assert target.arrivals[-1].json["model"] == "newer"
    assert quintain.call("DELETE", "/models/delete-model", headers=headers).status_code == 200
    with pytest.raises(openai.NotFoundError):
        stock.chat.completions.create(model=name, messages=HI)


def test_models_are_listed_by_name_and_by_name_with_version(stock, register):
    name = register()
    listed = {each.id for each in stock.models.list()}
    assert {name, f"{name}:v1"} <= listed
    assert stock.models.retrieve(name).id == name
    assert stock.models.retrieve(f"{name}:v1").owned_by == "openai_compatible"
    with pytest.raises(openai.NotFoundError):
        stock.models.retrieve(f"{name}:v9")


def test_a_saved_name_with_a_slash_can_be_retrieved(quintain, stock, target):
    name = "lab/llama é 3 %"
    quintain.add(name, target.config())
    assert stock.models.retrieve(name).id == name
    assert stock.chat.completions.create(model=name, messages=HI).choices


# --- what an answer carries besides


def test_every_answer_tells_its_request_id_its_model_and_its_times(quintain, register, target):
    model = register()
    asked = {"model": model, "messages": HI}
    plain = quintain.call("POST", "/v1/chat/completions", asked)
    target.does(streams(chunk("a"), chunk(None, "stop")))
    streamed = quintain.call("POST", "/v1/chat/completions", asked | {"stream": True})
    for answer in (plain, streamed):
        assert answer.headers["x-request-id"].startswith("req_")
        assert answer.headers["x-quintain-model"] == f"{model}:v1"
        assert float(answer.headers["x-quintain-wait-ms"]) == 0
        assert 0 <= float(answer.headers["x-quintain-overhead-ms"]) < 1000
    assert plain.headers["x-request-id"] != streamed.headers["x-request-id"]


def test_overhead_leaves_out_the_time_on_the_target(quintain, register, target):
    target.does(answers(delay=0.5))
    asked = {"model": register(), "messages": HI}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert float(answer.headers["x-quintain-overhead-ms"]) < 400


def test_errors_carry_the_request_id_and_openai_s_shape(quintain):
    answer = quintain.call("POST", "/v1/chat/completions", {"model": "none", "messages": HI})
    assert answer.status_code == 404
    assert answer.headers["x-request-id"].startswith("req_")
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'{"model": 3}', "model must be a string"),
        (b"{}", "model is required"),
        (b'{"model": "x\xff"}', "model cannot be read"),
        (b'{"x\xff": 1}', "not a JSON object"),
        (b'{"model":"m","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not a JSON object"),
        (b'{"model": "m", "stream": 1}', "stream must be true or false"),
    ],
    ids=["cut", "list", "number", "no model", "bytes", "bytes in a key", "deep", "stream"],
)
def test_a_body_that_cannot_be_read_is_a_plain_400(quintain, body, sentence):
    answer = quintain.call("POST", "/v1/chat/completions", body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_the_base_path_answers(quintain):
    assert quintain.call("GET", "/v1").status_code == 200


# --- several choices


def test_n_choices_are_n_calls_each_for_one(stock, register, target):
    target.does(*(answers(completion(text)) for text in ("one", "two", "three")))
    answer = stock.chat.completions.create(model=register(), messages=HI, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert {choice.message.content for choice in answer.choices} == {"one", "two", "three"}
    assert answer.usage.total_tokens == 24
    assert ["n" in each.json for each in target.arrivals] == [False] * 3


def test_n_streams_are_woven_into_one(stock, register, target):
    target.does(*(streams(chunk(text), chunk(None, "stop")) for text in ("one", "two")))
    parts = list(stock.chat.completions.create(model=register(), messages=HI, n=2, stream=True))
    said = {
        p.choices[0].index: p.choices[0].delta.content for p in parts if p.choices[0].delta.content
    }
    ended = {p.choices[0].index for p in parts if p.choices[0].finish_reason == "stop"}
    assert sorted(said.values()) == ["one", "two"]
    assert ended == {0, 1}
    assert len(target.arrivals) == 2


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_a_refusal_of_several_choices_is_the_target_s_own_refusal(stock, register, target, stream):
    target.does(answers({"error": {"message": "context too long", "code": "too_long"}}, status=400))
    with pytest.raises(openai.BadRequestError, match="context too long"):
        stock.chat.completions.create(model=register(), messages=HI, n=2, stream=stream)


@pytest.mark.parametrize("n", [0, -1, 129, 1.5, True])
def test_an_impossible_n_is_refused(stock, register, target, n):
    with pytest.raises(openai.BadRequestError, match="n must be"):
        stock.chat.completions.create(model=register(), messages=HI, n=n)
    assert not target.arrivals
