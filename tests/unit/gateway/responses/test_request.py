"""Requests of the Responses API as chats."""

import json

import pytest
from msgspec import Raw
from openai.types.chat import completion_create_params
from pydantic import TypeAdapter

from quintain.dialects.base import RESPONSES, Ask
from quintain.errors import BadRequest
from quintain.gateway.responses import chat_ask

CHAT_BODY = TypeAdapter(completion_create_params.CompletionCreateParamsNonStreaming)
CALL = {"type": "function_call", "call_id": "c1", "name": "find", "arguments": '{"q": 1}'}
SCHEMA = {"type": "object", "properties": {"q": {"type": "integer"}}}


def chat(**fields):
    ask = Ask(RESPONSES, {k: Raw(json.dumps(v).encode()) for k, v in fields.items()})
    made, dropped = chat_ask(ask)
    body = {name: json.loads(bytes(raw)) for name, raw in made.fields.items()}
    return body, dropped


def messages(**fields):
    body, _ = chat(**fields)
    CHAT_BODY.validate_python({"model": "m", **body})
    return body["messages"]


def test_text_is_a_message_of_the_user():
    assert messages(input="hi") == [{"role": "user", "content": "hi"}]


def test_instructions_come_first():
    found = messages(instructions="be kind", input=[{"role": "user", "content": "hi"}])
    assert found[0] == {"role": "system", "content": "be kind"}


def test_parts_become_parts_and_plain_text_stays_text():
    found = messages(
        input=[
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "look"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
            ]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok", "annotations": []}]},
            {"role": "user", "content": "and?"},
        ]
    )  # fmt: skip
    assert found[0]["content"][1] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"},
    }
    assert found[1] == {"role": "assistant", "content": "ok"}


def test_calls_join_the_assistants_message_and_results_follow_as_tool_messages():
    found = messages(
        input=[
            {"role": "user", "content": "go"},
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"role": "assistant", "content": "looking"},
            CALL,
            CALL | {"call_id": "c2"},
            {"type": "function_call_output", "call_id": "c1", "output": "1"},
            {"type": "function_call_output", "call_id": "c2", "output": "2"},
        ]
    )
    assert [m["role"] for m in found] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in found[1]["tool_calls"]] == ["c1", "c2"]
    assert found[3] == {"role": "tool", "tool_call_id": "c2", "content": "2"}


def test_options_take_the_names_that_a_chat_has_for_them():
    body, dropped = chat(
        input="hi", max_output_tokens=5, reasoning={"effort": "low"}, temperature=0.5,
        text={"format": {"type": "json_schema", "name": "x", "schema": SCHEMA, "strict": True}, "verbosity": "low"},
        tools=[{"type": "function", "name": "find", "parameters": SCHEMA, "strict": True}],
        tool_choice={"type": "function", "name": "find"}, include=["reasoning.encrypted_content"], store=True,
    )  # fmt: skip
    CHAT_BODY.validate_python({"model": "m", **body})
    assert (body["max_completion_tokens"], body["reasoning_effort"]) == (5, "low")
    assert body["response_format"]["json_schema"] == {"name": "x", "schema": SCHEMA, "strict": True}
    assert body["tools"][0]["function"]["name"] == "find"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "find"}}
    assert dropped == ("include",)


def test_a_stream_asks_for_its_usage():
    ask = Ask(RESPONSES, {"input": Raw(b'"x"'), "stream": Raw(b"true")}, stream=True)
    made, _ = chat_ask(ask)
    assert made.stream
    assert json.loads(bytes(made.fields["stream_options"])) == {"include_usage": True}


def test_what_the_gateway_does_not_know_is_left_to_the_target():
    assert chat(input="hi", top_k=4)[0]["top_k"] == 4


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": "x", "previous_response_id": "resp_1"}, "previous_response_id"),
        ({"input": "x", "conversation": "conv_1"}, "conversation"),
        ({"input": "x", "background": True}, "background"),
        ({"input": "x", "tools": [{"type": "web_search"}]}, "tools.0"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input.0"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]}, "input.0.content.0"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input.0"),
        ({"input": []}, "input"),
        ({"input": "x", "text": {"format": {"type": "grammar"}}}, "text"),
    ],
)  # fmt: skip
def test_what_a_chat_cannot_carry_is_refused_by_its_name(fields, param):
    with pytest.raises(BadRequest) as refused:
        chat(**fields)
    assert refused.value.param == param
