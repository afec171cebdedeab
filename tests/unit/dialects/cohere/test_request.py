"""Calls in Cohere's words, held to the types of Cohere's own SDK."""

import json
from contextlib import suppress
from typing import Any

import pytest
from cohere.types import (
    CitationOptions,
    JsonObjectResponseFormatV2,
    Thinking,
    ToolV2,
)
from cohere.types.chat_message_v2 import (
    AssistantChatMessageV2,
    SystemChatMessageV2,
    ToolChatMessageV2,
    UserChatMessageV2,
)
from cohere.v2.raw_client import RawV2Client
from hypothesis import given
from pydantic import BaseModel, ConfigDict, create_model
from tests.unit.dialects.spoken import (
    HI,
    PDF,
    PIXEL,
    SCHEMA,
    TIME,
    WEATHER,
    asking,
    call,
    config_of,
    conversations,
    odd_messages,
    odd_options,
    result,
)

from quintain.dialects.base import COMPLETIONS, EMBEDDINGS
from quintain.dialects.cohere.dialect import CohereSpeaker
from quintain.errors import BadRequest

ROLES = {
    "user": UserChatMessageV2,
    "assistant": AssistantChatMessageV2,
    "system": SystemChatMessageV2,
    "tool": ToolChatMessageV2,
}
TYPED = {
    "tools": list[ToolV2],
    "response_format": JsonObjectResponseFormatV2,
    "thinking": Thinking,
    "citation_options": CitationOptions,
}
KNOWN = frozenset(RawV2Client.chat.__annotations__) | {"stream"}
Body = create_model(
    "Body",
    __config__=ConfigDict(extra="forbid"),
    **{name: (TYPED.get(name, Any), None) for name in KNOWN},
)


def _no_extras(value):
    """Cohere's types take any further field; none of ours may be one."""
    if isinstance(value, BaseModel):
        assert not value.model_extra, value.model_extra
        for name in type(value).model_fields:
            _no_extras(getattr(value, name))
    elif isinstance(value, list):
        for each in value:
            _no_extras(each)


def held_to_the_sdk(body):
    _no_extras(Body.model_validate(body))
    for message in body["messages"]:
        _no_extras(ROLES[message["role"]].model_validate(message, strict=True))
    return body


def outgoing(*messages, config=None, **fields):
    speaker = CohereSpeaker("command-a-03-2025", config_of("cohere", **(config or {})))
    return speaker.outgoing(asking(*messages, **fields))


def sent(*messages, **given):
    return held_to_the_sdk(json.loads(outgoing(*messages, **given).body))


def refused(*messages, **given):
    with pytest.raises(BadRequest) as error:
        outgoing(*messages, **given)
    return error.value


# --- messages


def test_a_plain_call_is_its_messages():
    assert sent(HI) == {"model": "command-a-03-2025", "messages": [HI], "stream": False}
    assert sent(HI, stream=True)["stream"] is True


def test_the_system_text_is_one_message_ours_then_theirs():
    theirs = {"role": "developer", "content": "theirs"}
    messages = sent(theirs, HI, config={"system_prompt": "ours"})["messages"]
    assert messages == [{"role": "system", "content": "ours\n\ntheirs"}, HI]


def test_images_go_inline_or_by_their_link():
    link = "https://pictures.example/cat.jpg"
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
        {"type": "image_url", "image_url": {"url": link}},
    ]
    assert sent({"role": "user", "content": parts})["messages"][0]["content"] == parts


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
        {"type": "file", "file": {"file_data": PDF}},
        {"type": "video_url", "video_url": {"url": "https://films.example/a.mp4"}},
    ],
)
def test_other_media_are_refused_by_their_place(part):
    error = refused({"role": "user", "content": [part]})
    assert (error.code, error.param) == ("unsupported_modality", "messages.0.content.0")


def test_the_text_beside_calls_is_the_plan_behind_them():
    spoke = {
        "role": "assistant",
        "content": "I will look.",
        "tool_calls": [call("a", "get_weather", {"city": "Oslo"}), call("b", "get_time")],
    }
    messages = sent(HI, spoke, result("a", "21"), result("b", "noon"), tools=[WEATHER])["messages"]
    assert messages[1:] == [
        {
            "role": "assistant",
            "tool_plan": "I will look.",
            "tool_calls": [
                {
                    "id": "a",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
                },
                {
                    "id": "b",
                    "type": "function",
                    "function": {"name": "get_time", "arguments": "{}"},
                },
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "21"},
        {"role": "tool", "tool_call_id": "b", "content": "noon"},
    ]


def test_an_answer_that_was_empty_is_left_out():
    messages = sent(HI, {"role": "assistant", "content": None}, HI)["messages"]
    assert messages == [HI, HI]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": ""}],
        [HI, result("never-called", "x")],
        [
            HI,
            {"role": "assistant", "tool_calls": [call("a")]},
            result("a", [{"type": "image_url", "image_url": {"url": PIXEL}}]),
        ],
    ],
)
def test_conversations_that_cohere_cannot_take_are_refused(messages):
    assert refused(*messages).status == 400


def test_a_legacy_completion_is_a_message_of_the_user():
    assert sent(kind=COMPLETIONS, prompt="Once")["messages"] == [
        {"role": "user", "content": "Once"}
    ]
    assert refused(kind=EMBEDDINGS, input="a").code == "unsupported_call"


@given(conversations())
def test_every_conversation_becomes_one_that_the_sdk_s_types_know(messages):
    body = sent(*messages, tools=[WEATHER])
    wanted = [message for message in messages if message["role"] in ("user", "tool")]
    found = [message for message in body["messages"] if message["role"] in ("user", "tool")]
    assert len(found) == len(wanted)


@given(odd_messages, odd_options)
def test_whatever_comes_is_translated_or_refused(messages, options):
    with suppress(BadRequest):
        outgoing(*messages, **options)
    with suppress(BadRequest):
        outgoing(HI, **options)


# --- options


def test_options_have_their_names_and_the_rest_is_named_as_dropped():
    call_ = outgoing(
        HI,
        max_tokens=50,
        temperature=1.5,
        top_p=0.9,
        top_k=5,
        seed=7,
        stop="END",
        frequency_penalty=0.5,
        presence_penalty=0.5,
        user="u",
        parallel_tool_calls=False,
        safety_mode="STRICT",
        citation_options={"mode": "OFF"},
    )
    body = held_to_the_sdk(json.loads(call_.body))
    assert {name: body[name] for name in body.keys() - {"model", "messages", "stream"}} == {
        "max_tokens": 50,
        "temperature": 1.5,
        "p": 0.9,
        "k": 5,
        "seed": 7,
        "stop_sequences": ["END"],
        "frequency_penalty": 0.5,
        "safety_mode": "STRICT",
        "citation_options": {"mode": "OFF"},
    }
    assert call_.dropped == ("parallel_tool_calls", "presence_penalty", "user")


@pytest.mark.parametrize(
    ("asked", "goes", "dropped"),
    [
        ({"frequency_penalty": 2}, {"frequency_penalty": 1}, ()),
        ({"frequency_penalty": -1}, {}, ("frequency_penalty",)),
        ({"frequency_penalty": 0, "presence_penalty": 0.3}, {"presence_penalty": 0.3}, ()),
        ({"frequency_penalty": 0, "presence_penalty": 0}, {}, ()),
        ({"top_p": 1}, {"p": 0.99}, ()),
        ({"top_p": 0}, {"p": 0.01}, ()),
    ],
)
def test_numbers_are_kept_within_cohere_s_bounds(asked, goes, dropped):
    call_ = outgoing(HI, **asked)
    body = held_to_the_sdk(json.loads(call_.body))
    assert {name: body[name] for name in body.keys() - {"model", "messages", "stream"}} == goes
    assert call_.dropped == dropped


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"logprobs": True}, "logprobs"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"seed": 1.5}, "seed"),
        ({"reasoning_effort": ["high"]}, "reasoning_effort"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": "json"}, "response_format"),
        ({"tool_choice": {"function": {"name": "other"}}, "tools": [WEATHER]}, "tool_choice"),
    ],
)
def test_what_cannot_be_carried_and_would_change_the_answer_is_refused(fields, field):
    assert refused(HI, **fields).param == field


@pytest.mark.parametrize(
    ("choice", "tools", "goes"),
    [
        (None, 2, None),
        ("auto", 2, None),
        ("none", 2, "NONE"),
        ("required", 2, "REQUIRED"),
        ({"type": "function", "function": {"name": "get_time"}}, 1, "REQUIRED"),
    ],
)
def test_the_choice_of_tools_is_carried_and_one_tool_is_sent_alone(choice, tools, goes):
    body = sent(HI, tools=[WEATHER, TIME], **({"tool_choice": choice} if choice else {}))
    assert (len(body["tools"]), body.get("tool_choice")) == (tools, goes)
    assert body["tools"][-1]["function"]["name"] == "get_time"


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
            {"type": "json_object", "json_schema": SCHEMA},
        ),
    ],
)
def test_the_form_of_the_answer_is_carried(asked, goes):
    assert sent(HI, response_format=asked).get("response_format") == goes


@pytest.mark.parametrize(
    ("effort", "goes"),
    [
        ("none", {"type": "disabled"}),
        ("low", {"type": "enabled", "token_budget": 2048}),
        ("high", {"type": "enabled"}),
    ],
)
def test_an_effort_is_cohere_s_thinking(effort, goes):
    assert sent(HI, reasoning_effort=effort)["thinking"] == goes


def test_cohere_s_own_thinking_goes_before_an_effort():
    call_ = outgoing(HI, thinking={"type": "disabled"}, reasoning_effort="high")
    assert json.loads(call_.body)["thinking"] == {"type": "disabled"}
    assert call_.dropped == ("reasoning_effort",)
