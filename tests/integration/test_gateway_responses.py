"""The Responses API by the stock client, for targets that do not speak it."""

import json

import openai
import pytest

from tests.served.target import answers, chunk, completion, streams

TOOL = {
    "type": "function",
    "name": "find",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}
CALLS = [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q":1}'}}]


def test_text_by_a_chat_target(register, target, stock):
    response = stock.responses.create(
        model=register(), input="Say hello.", instructions="Be brief.", max_output_tokens=50
    )
    assert (response.status, response.output_text) == ("completed", "Hello there.")
    assert response.usage.total_tokens == 8
    sent = target.arrivals[0]
    assert sent.path == "/v1/chat/completions"
    assert sent.json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Say hello."},
    ]
    assert sent.json["max_completion_tokens"] == 50


def test_a_custom_target_has_it_too(register, target, stock):
    target.does(answers({"answer": {"text": "From the bot."}}))
    response = stock.responses.create(model=register(target.custom()), input="hi")
    assert response.output_text == "From the bot."


def test_tools_go_and_come(register, target, stock):
    name = register()
    target.does(answers(completion(None, "tool_calls", tool_calls=CALLS)))
    first = stock.responses.create(model=name, input="Find it.", tools=[TOOL])
    (call,) = first.output
    assert (call.type, call.call_id, call.arguments) == ("function_call", "c1", '{"q":1}')
    target.does(answers(completion("Found.")))
    second = stock.responses.create(
        model=name,
        input=[
            {"role": "user", "content": "Find it."},
            *[item.model_dump(exclude_none=True) for item in first.output],
            {"type": "function_call_output", "call_id": call.call_id, "output": "42"},
        ],
        tools=[TOOL],
    )
    assert second.output_text == "Found."
    messages = target.arrivals[-1].json["messages"]
    assert [each["role"] for each in messages] == ["user", "assistant", "tool"]


def test_a_stream_by_the_stock_clients_own_reader(register, target, stock):
    target.does(streams(chunk("Hel"), chunk("lo."), chunk(reason="stop")))
    with stock.responses.stream(model=register(), input="hi") as stream:
        kinds = [event.type for event in stream]
        response = stream.get_final_response()
    assert response.output_text == "Hello."
    assert kinds.count("response.output_text.delta") == 2
    assert kinds[-1] == "response.completed"


def test_a_stream_that_breaks_is_an_error(register, target, stock):
    target.does(streams(chunk("Hel"), b'data: {"choices": []}\n\n', b"data: [1]\n\n"))
    with pytest.raises(openai.APIError):
        list(stock.responses.create(model=register(), input="hi", stream=True))


def test_a_refusal_of_the_target_passes(register, target, stock):
    refused = {
        "error": {
            "message": "too hot",
            "type": "invalid_request_error",
            "param": "temperature",
            "code": "x",
        }
    }
    target.does(answers(refused, 400))
    with pytest.raises(openai.BadRequestError) as error:
        stock.responses.create(model=register(), input="hi", temperature=1.9)
    assert error.value.body["message"] == "too hot"


def test_what_a_chat_cannot_carry_is_refused(register, stock, target):
    with pytest.raises(openai.BadRequestError) as refused:
        stock.responses.create(model=register(), input="hi", previous_response_id="resp_1")
    assert refused.value.param == "previous_response_id"
    assert not target.arrivals


def test_what_has_no_meaning_here_is_dropped_by_name(register, stock):
    raw = stock.responses.with_raw_response.create(
        model=register(), input="hi", include=["reasoning.encrypted_content"], store=False
    )
    assert raw.headers["X-Quintain-Dropped"] == "include"


def test_a_target_that_speaks_it_gets_it_as_it_is(register, target, stock):
    own = {
        "id": "resp_own", "object": "response", "created_at": 1, "status": "completed", "model": "m",
        "output": [], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip
    target.does(answers(own))
    name = register(paths={"responses": "/responses"}, system_prompt="Be kind.")
    response = stock.responses.create(model=name, input="hi", instructions="Be brief.")
    assert response.id == "resp_own"
    sent = target.arrivals[0]
    assert sent.path == "/v1/responses"
    assert sent.json == {
        "model": "target-model",
        "input": "hi",
        "instructions": "Be kind.\n\nBe brief.",
    }
    assert json.loads(sent.body)["instructions"].startswith("Be kind.")
