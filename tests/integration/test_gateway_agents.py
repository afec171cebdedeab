"""Agents: their tools go out, their calls come back, and what they report to have done is lifted."""

import json

import openai
import pytest

from tests.served.target import answers, chunk, completion, streams

STEPS = [{"tool": "search", "input": {"q": "börse"}}, {"tool": "buy", "input": {"n": 1}}]
LIFT = ".steps | map({tool, input})"
AGENT = {"answer": {"text": "Bought."}, "steps": [each | {"ms": 3} for each in STEPS]}
MESSAGES = [{"role": "user", "content": "Buy one."}]


def create(client, name, **more):
    raw = client.chat.completions.with_raw_response.create(model=name, messages=MESSAGES, **more)
    return raw.parse(), raw.headers


@pytest.fixture
def agent(target, register):
    target.does(answers(AGENT))
    return register(target.custom(metadata={"trace": LIFT}))


def test_the_steps_of_an_agent_stand_beside_its_answer(agent, stock):
    answer, headers = create(stock, agent)
    assert answer.choices[0].message.content == "Bought."
    assert answer.x_quintain_trace == STEPS
    assert headers["X-Quintain-Trace-Steps"] == "2"
    assert json.loads(headers["X-Quintain-Trace"]) == STEPS


def test_steps_come_before_the_end_of_a_stream(agent, stock):
    parts = list(stock.chat.completions.create(model=agent, messages=MESSAGES, stream=True))
    assert "".join(p.choices[0].delta.content or "" for p in parts if p.choices) == "Bought."
    assert parts[-1].x_quintain_trace == STEPS


def test_steps_too_long_for_a_header_are_counted_there(target, register, stock):
    target.does(answers({"answer": {"text": "x"}, "steps": [{"tool": "t" * 3000}] * 2}))
    answer, headers = create(stock, register(target.custom(metadata={"trace": ".steps"})))
    assert headers["X-Quintain-Trace-Steps"] == "2"
    assert "X-Quintain-Trace" not in headers
    assert len(answer.x_quintain_trace) == 2


def test_an_agent_that_speaks_openai_is_lifted_too(target, register, stock):
    body = completion("Bought.") | {"intermediate_steps": STEPS}
    target.does(answers(body))
    name = register(metadata={"trace": ".intermediate_steps[]?"})
    answer, _ = create(stock, name)
    assert (answer.x_quintain_trace, answer.id) == (STEPS, "chatcmpl-1")


def test_the_events_of_a_stream_are_read_for_steps(target, register, stock):
    told = [
        b"data: " + json.dumps({"choices": [], "step": each}).encode() + b"\n\n" for each in STEPS
    ]
    target.does(streams(told[0], chunk("Bou"), told[1], chunk("ght."), chunk(reason="stop")))
    name = register(metadata={"trace": ".step // empty"})
    parts = list(stock.chat.completions.create(model=name, messages=MESSAGES, stream=True))
    assert parts[-1].x_quintain_trace == STEPS


def test_an_agent_without_steps_did_none(target, register, stock):
    target.does(answers({"answer": {"text": "No."}}))
    answer, headers = create(stock, register(target.custom(metadata={"trace": ".steps[]?"})))
    assert (answer.x_quintain_trace, headers["X-Quintain-Trace"]) == ([], "[]")


def test_a_trace_that_does_not_fit_is_an_error_and_no_agent_that_did_nothing(
    target, register, stock
):
    target.does(answers({"answer": {"text": "No."}, "steps": "many"}))
    name = register(target.custom(metadata={"trace": ".steps[]"}))
    with pytest.raises(openai.APIStatusError) as failed:
        create(stock, name)
    assert (failed.value.status_code, failed.value.code) == (424, "mapping_failed")


def test_a_trace_that_is_no_jq_is_refused(quintain, target):
    body = {
        "model_saved_name": "x", "model_version": "v1", "model_name": "m",
        "model_config": target.custom(metadata={"trace": ".a["}),
    }  # fmt: skip
    answer = quintain.call("POST", "/models/add-model", body)
    assert answer.json()["details"][0]["field"] == "model_config.metadata.trace"


def test_registered_tools_go_out_and_calls_come_back(target, register, stock):
    calls = [{"id": "c1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]
    target.does(answers(completion(None, "tool_calls", tool_calls=calls)))
    parameters = {"type": "object", "properties": {"q": {"type": "string"}}}
    tools = [
        {"name": "search", "description": "Finds.", "parameters": parameters},
        {"name": "mail", "description": "Known of, but not to be called."},
    ]
    answer, _ = create(stock, register(tools=tools))
    assert answer.choices[0].message.tool_calls[0].function.name == "search"
    (sent,) = target.arrivals[0].json["tools"]
    assert sent["function"] == tools[0]


def test_steps_of_several_choices_are_all_told(agent, stock):
    answer, _ = create(stock, agent, n=2)
    assert answer.x_quintain_trace == STEPS * 2
