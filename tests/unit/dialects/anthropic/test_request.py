"""Calls in Anthropic's words, held to the types of Anthropic's own SDK."""

import base64
import json
from contextlib import suppress

import pytest
from anthropic.types.message_create_params import (
    MessageCreateParamsNonStreaming,
    MessageCreateParamsStreaming,
)
from hypothesis import given
from msgspec import Raw
from pydantic import TypeAdapter
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

from quintain.dialects.anthropic.dialect import AnthropicSpeaker
from quintain.dialects.anthropic.schema import closed
from quintain.dialects.base import COMPLETIONS, EMBEDDINGS
from quintain.dialects.cohere.dialect import CohereSpeaker
from quintain.errors import BadRequest

WHOLE, STREAMED = (
    TypeAdapter(MessageCreateParamsNonStreaming),
    TypeAdapter(MessageCreateParamsStreaming),
)
# No longer in the SDK's types; the version of the API that we ask for takes them.
SAMPLING = {"temperature", "top_p", "top_k"}
OLD, ONE_OF_TWO, ADAPTIVE, LATEST = (
    "claude-3-5-sonnet-20241022",
    "claude-haiku-4-5-20251001",
    "claude-sonnet-4-6",
    "claude-fable-5-1",
)


def _plain(value):
    """The SDK's types read lists as they are walked through."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    scalar = value is None or isinstance(value, str | int | float)
    return value if scalar else [_plain(each) for each in value]


def held_to_the_sdk(body):
    """The body, which has nothing that the types do not have."""
    typed = {name: value for name, value in body.items() if name not in SAMPLING}
    adapter = STREAMED if body.get("stream") else WHOLE
    assert _plain(adapter.validate_python(typed)) == typed
    return body


def outgoing(*messages, model=OLD, config=None, **fields):
    speaker = AnthropicSpeaker(model, config_of("anthropic", **(config or {})))
    return speaker.outgoing(asking(*messages, **fields))


def sent(*messages, **given):
    return held_to_the_sdk(json.loads(outgoing(*messages, **given).body))


def refused(*messages, **given):
    with pytest.raises(BadRequest) as error:
        outgoing(*messages, **given)
    return error.value


# --- messages


def test_a_plain_call_is_its_text_with_a_limit_that_every_model_takes():
    assert sent(HI) == {
        "model": OLD,
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_the_system_text_is_ours_then_theirs():
    theirs = [{"role": "system", "content": "theirs"}, {"role": "developer", "content": "more"}]
    assert sent(*theirs, HI, config={"system_prompt": "ours"})["system"] == "ours\n\ntheirs\n\nmore"


def test_images_go_inline_or_by_their_link():
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/cat.jpg"}},
    ]
    content = sent({"role": "user", "content": parts})["messages"][0]["content"]
    assert content == [
        {"type": "text", "text": "look"},
        {
            "type": "image",
            "source": {
                "type": "base64",
                "media_type": "image/png",
                "data": PIXEL.partition(",")[2],
            },
        },
        {"type": "image", "source": {"type": "url", "url": "https://pictures.example/cat.jpg"}},
    ]


def test_image_jpg_is_told_as_image_jpeg():
    part = {"type": "image_url", "image_url": {"url": "data:image/jpg;base64,aGk="}}
    content = sent({"role": "user", "content": [part]})["messages"][0]["content"]
    assert content[0]["source"]["media_type"] == "image/jpeg"


def test_pdfs_and_text_files_go_as_documents():
    note = "data:text/csv;base64," + base64.b64encode("a,ü".encode()).decode()
    files = [
        {"type": "file", "file": {"filename": "paper.pdf", "file_data": PDF}},
        {"type": "file", "file": {"file_data": note}},
    ]
    content = sent({"role": "user", "content": files})["messages"][0]["content"]
    assert content == [
        {
            "type": "document",
            "title": "paper.pdf",
            "source": {
                "type": "base64",
                "media_type": "application/pdf",
                "data": PDF.partition(",")[2],
            },
        },
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "a,ü"},
        },
    ]


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}, "modality"),
        ({"type": "video_url", "video_url": {"url": "https://films.example/a.mp4"}}, "modality"),
        ({"type": "image_url", "image_url": {"url": "data:image/tiff;base64,aGk="}}, "modality"),
        ({"type": "file", "file": {"file_data": "data:application/zip;base64,aGk="}}, "modality"),
        ({"type": "file", "file": {"file_id": "file-1"}}, "field"),
        ({"type": "file", "file": {"file_data": "data:text/plain;base64,//79"}}, ""),
    ],
)
def test_what_has_no_place_among_the_parts_is_refused_by_its_place(part, code):
    error = refused({"role": "user", "content": [{"type": "text", "text": "a"}, part]})
    assert error.code == (f"unsupported_{code}" if code else "bad_request")
    assert "messages.0.content.1" in error.message


def test_calls_and_their_results_become_blocks_of_two_sides():
    messages = sent(
        HI,
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [
                call("functions.weather:0", "get_weather", {"city": "Oslo", "n": 2**70}),
                call("b", "get_time"),
            ],
        },
        result("functions.weather:0", "21 degrees"),
        result("b", [{"type": "text", "text": "noon"}, {"type": "image_url", "image_url": PIXEL}]),
        {"role": "user", "content": "and?"},
        tools=[WEATHER, TIME],
    )["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"] == [
        {"type": "text", "text": "Let me look."},
        {
            "type": "tool_use",
            "id": "functions_weather_0",
            "name": "get_weather",
            "input": {"city": "Oslo", "n": 2**70},
        },
        {"type": "tool_use", "id": "b", "name": "get_time", "input": {}},
    ]
    first, second, text = messages[2]["content"]
    assert first == {
        "type": "tool_result",
        "tool_use_id": "functions_weather_0",
        "content": [{"type": "text", "text": "21 degrees"}],
    }
    assert [block["type"] for block in second["content"]] == ["text", "image"]
    assert text == {"type": "text", "text": "and?"}


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_result_is_told_as_one_without_content(content):
    spoke = {"role": "assistant", "content": None, "tool_calls": [call("a")]}
    messages = sent(HI, spoke, result("a", content))["messages"]
    assert messages[2]["content"] == [{"type": "tool_result", "tool_use_id": "a"}]


def test_an_answer_that_was_empty_is_left_out_and_a_refused_one_is_told():
    empty = {"role": "assistant", "content": ""}
    messages = sent(HI, empty, {"role": "user", "content": "again"})["messages"]
    assert [block["text"] for block in messages[0]["content"]] == ["hi", "again"]
    no = {"role": "assistant", "content": None, "refusal": "I will not."}
    assert sent(HI, no, HI)["messages"][1]["content"] == "I will not."


def test_a_conversation_may_begin_and_end_with_the_assistant():
    messages = sent(
        {"role": "assistant", "content": "Welcome. "},
        HI,
        {"role": "assistant", "content": "Well, "},
    )["messages"]
    assert [message["content"] for message in messages] == ["Welcome. ", "hi", "Well,"]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": ""}],
        [{"role": "user", "content": [{"type": "text", "text": ""}]}],
        [{"role": "assistant", "content": ""}],
        [HI, result("never-called", "x")],
        [
            HI,
            {
                "role": "assistant",
                "content": [{"type": "image_url", "image_url": {"url": PIXEL}}],
            },
            HI,
        ],
    ],
)
def test_conversations_that_anthropic_cannot_take_are_refused(messages):
    assert refused(*messages).status == 400


def test_a_legacy_completion_is_a_message_of_the_user():
    body = sent(kind=COMPLETIONS, prompt="Once", stop="\nEnd", max_tokens=9)
    assert body["messages"] == [{"role": "user", "content": "Once"}]
    assert (body["stop_sequences"], body["max_tokens"]) == (["\nEnd"], 9)
    assert refused(kind=EMBEDDINGS, input="a").code == "unsupported_call"


@given(conversations())
def test_every_conversation_becomes_one_that_the_sdk_s_types_know(messages):
    body = sent(*messages, tools=[WEATHER])
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
    results = sum(message["role"] == "tool" for message in messages)
    contents = [each["content"] for each in body["messages"] if isinstance(each["content"], list)]
    blocks = [block for content in contents for block in content]
    assert sum(block["type"] == "tool_result" for block in blocks) == results


@given(odd_messages, odd_options)
def test_whatever_comes_is_translated_or_refused(messages, options):
    with suppress(BadRequest):
        outgoing(*messages, **options)
    with suppress(BadRequest):
        outgoing(HI, model=ADAPTIVE, **options)


# --- options


def test_options_have_their_names_and_the_rest_is_named_as_dropped():
    call_ = outgoing(
        HI,
        max_completion_tokens=50,
        max_tokens=99,
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        stop=["END", "\n"],
        user="u-1",
        service_tier="auto",
        seed=1,
        frequency_penalty=0.1,
        presence_penalty=0.1,
        logit_bias={"1": 1},
        store=False,
        metadata={"a": "b"},
    )
    body = held_to_the_sdk(json.loads(call_.body))
    assert {name: body[name] for name in body.keys() - {"model", "messages"}} == {
        "max_tokens": 50,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u-1"},
        "service_tier": "auto",
    }
    assert call_.dropped == (
        "frequency_penalty",
        "logit_bias",
        "metadata",
        "presence_penalty",
        "seed",
        "stop",
        "store",
    )


@pytest.mark.parametrize(("asked", "goes"), [(0, 0), (1, 1), (1.7, 1), (2, 1)])
def test_a_temperature_above_1_is_1_as_anthropic_s_own_translation_has_it(asked, goes):
    assert sent(HI, temperature=asked)["temperature"] == goes


@pytest.mark.parametrize(
    ("model", "version", "goes"),
    [
        (OLD, None, {"temperature", "top_p", "top_k"}),
        ("deepseek-chat", None, {"temperature", "top_p", "top_k"}),
        (ONE_OF_TWO, None, {"temperature", "top_k"}),
        (ADAPTIVE, None, {"temperature", "top_k"}),
        ("claude-opus-4-7", None, set()),
        (LATEST, None, set()),
        ("claude-mythos-preview", None, set()),
        (OLD, "2026-10-21", set()),
    ],
)
def test_each_model_gets_the_sampling_that_it_takes_and_the_rest_is_named(model, version, goes):
    headers = [{"key": "Anthropic-Version", "value": version}] if version else []
    call_ = outgoing(
        HI, model=model, config={"custom_headers": headers}, temperature=0.2, top_p=0.5, top_k=3
    )
    assert json.loads(call_.body).keys() & SAMPLING == goes
    assert set(call_.dropped) == SAMPLING - goes


def test_the_registration_s_options_stand_below_the_caller_s():
    config = {"default_request_options": {"max_tokens": 7, "top_k": 2, "speed": "fast"}}
    body = sent(HI, config=config, max_tokens=8)
    assert (body["max_tokens"], body["top_k"], body["speed"]) == (8, 2, "fast")


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": 0},
        {"max_tokens": 1.5},
        {"max_tokens": "many"},
        {"temperature": "hot"},
        {"stop": 5},
        {"reasoning_effort": "heroic"},
        {"thinking": True},
        {"output_config": 1},
        {"response_format": {"type": "yaml"}},
        {"response_format": {"type": "json_schema"}},
        {"tool_choice": "required"},
        {"tool_choice": "sometimes", "tools": [WEATHER]},
        {"tools": [{"type": "web_search"}]},
    ],
)
def test_options_that_are_none_are_refused(fields):
    assert refused(HI, **fields).param in fields


@pytest.mark.parametrize(
    "fields",
    [
        {"logprobs": True},
        {"functions": [{"name": "f"}]},
        {"response_format": {"type": "json_object"}},
        {"audio": {"voice": "a"}},
    ],
)
def test_what_would_change_the_answer_s_meaning_is_refused(fields):
    error = refused(HI, **fields)
    assert error.code == "unsupported_field"
    assert error.param in fields


# --- tools


def test_tools_have_a_schema_of_an_object():
    assert sent(HI, tools=[WEATHER, TIME])["tools"] == [
        {
            "name": "get_weather",
            "description": "The weather in a city.",
            "input_schema": WEATHER["function"]["parameters"],
        },
        {"name": "get_time", "input_schema": {"type": "object", "properties": {}}},
    ]


def test_a_schema_that_does_not_say_so_is_an_object_s():
    tool = {"type": "function", "function": {"name": "t", "parameters": {"properties": {}}}}
    schema = {"type": "object", "properties": {}}
    assert sent(HI, tools=[tool])["tools"][0]["input_schema"] == schema


def test_the_registration_s_tools_are_sent_where_the_caller_has_none():
    tool = {"name": "t", "description": "d", "parameters": {"type": "object"}}
    assert sent(HI, config={"tools": [tool]})["tools"][0]["name"] == "t"
    assert sent(HI, config={"tools": [tool]}, tools=[TIME])["tools"][0]["name"] == "get_time"


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
            {"type": "tool", "name": "get_weather"},
        ),
        ({"parallel_tool_calls": True}, None),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ],
)
def test_the_choice_of_tools_is_carried(fields, choice):
    call_ = outgoing(HI, tools=[WEATHER], **fields)
    assert held_to_the_sdk(json.loads(call_.body)).get("tool_choice") == choice
    assert not call_.dropped


def test_a_schema_for_the_answer_is_anthropic_s_structured_output():
    form = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": SCHEMA}}
    assert sent(HI, response_format=form)["output_config"] == {
        "format": {"type": "json_schema", "schema": SCHEMA | {"additionalProperties": False}}
    }
    assert "output_config" not in sent(HI, response_format={"type": "text"})


def test_every_object_of_such_a_schema_is_closed_as_anthropic_asks():
    open_ = {"type": "object", "additionalProperties": True}
    schema = {
        "type": "object",
        "properties": {
            "type": {"type": "array", "items": {"type": "object"}},
            "kept": open_,
            "same": {"const": {"type": "object"}},
        },
        "$defs": {"d": {"anyOf": [{"type": "object"}, {"type": "null"}]}},
    }
    shut = {"type": "object", "additionalProperties": False}
    assert closed(schema) == shut | {
        "properties": {
            "type": {"type": "array", "items": shut},
            "kept": open_,
            "same": {"const": {"type": "object"}},
        },
        "$defs": {"d": {"anyOf": [shut, {"type": "null"}]}},
    }


@pytest.mark.parametrize("depth", [50, 500, *range(880, 1010, 3), 5000])
def test_no_depth_of_a_call_s_arguments_breaks_anything(depth):
    nested = '{"a":' * depth + "1" + "}" * depth
    told = {"id": "t", "type": "function", "function": {"name": "f", "arguments": nested}}
    ask = asking(HI, {"role": "assistant", "tool_calls": [told]})
    for speaker in (
        AnthropicSpeaker(OLD, config_of("anthropic")),
        CohereSpeaker("command", config_of("cohere")),
    ):
        with suppress(BadRequest):
            speaker.outgoing(ask)


@pytest.mark.parametrize("depth", [50, 500, *range(880, 1010, 3), 5000])
def test_no_depth_of_nesting_breaks_anything(depth):
    nested = '{"type":"object","a":' * depth + "1" + "}" * depth
    tool = '[{"type":"function","function":{"name":"f","parameters":%s}}]'
    form = '{"type":"json_schema","json_schema":{"schema":%s}}'
    fields = {
        "tools": Raw((tool % nested).encode()),
        "response_format": Raw((form % nested).encode()),
    }
    ask = asking(HI)
    ask.fields |= fields
    with suppress(BadRequest):
        AnthropicSpeaker(OLD, config_of("anthropic")).outgoing(ask)


# --- thinking


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "config", "limit"),
    [
        (ADAPTIVE, "low", {"type": "adaptive"}, {"effort": "low"}, 16_384),
        (ADAPTIVE, "minimal", {"type": "adaptive"}, {"effort": "low"}, 16_384),
        (ADAPTIVE, "xhigh", {"type": "adaptive"}, {"effort": "high"}, 16_384),
        (LATEST, "xhigh", {"type": "adaptive"}, {"effort": "xhigh"}, 16_384),
        (ADAPTIVE, "none", {"type": "disabled"}, None, 16_384),
        (ONE_OF_TWO, "high", {"type": "enabled", "budget_tokens": 16_384}, None, 20_480),
        (ONE_OF_TWO, "none", None, None, 4096),
        ("glm-4.7", "low", {"type": "enabled", "budget_tokens": 2048}, None, 6144),
    ],
)
def test_an_effort_is_what_each_model_knows_of_it(model, effort, thinking, config, limit):
    call_ = outgoing(HI, model=model, reasoning_effort=effort)
    body = held_to_the_sdk(json.loads(call_.body))
    assert body.get("thinking") == thinking
    assert body.get("output_config") == config
    assert body["max_tokens"] == limit
    assert not call_.dropped


def test_a_budget_stays_below_half_of_the_caller_s_limit():
    body = sent(HI, model=ONE_OF_TWO, reasoning_effort="high", max_completion_tokens=4000)
    assert (body["thinking"]["budget_tokens"], body["max_tokens"]) == (2000, 4000)


@pytest.mark.parametrize(
    ("messages", "fields"),
    [
        ([HI], {"model": OLD}),
        ([HI], {"model": ONE_OF_TWO, "max_tokens": 1024}),
        ([HI], {"model": ONE_OF_TWO, "tools": [WEATHER], "tool_choice": "required"}),
        ([HI, {"role": "assistant", "content": "Well"}], {"model": ONE_OF_TWO}),
        (
            [HI, {"role": "assistant", "tool_calls": [call("a")]}, result("a", "x")],
            {"model": ONE_OF_TWO},
        ),
        ([HI], {"model": LATEST, "reasoning_effort": "none"}),
    ],
)
def test_an_effort_that_the_api_would_refuse_is_dropped_and_named(messages, fields):
    call_ = outgoing(*messages, **{"reasoning_effort": "low", "temperature": 1} | fields)
    body = held_to_the_sdk(json.loads(call_.body))
    assert "thinking" not in body
    assert "reasoning_effort" in call_.dropped


def test_beside_thinking_there_is_no_sampling():
    call_ = outgoing(HI, model=ONE_OF_TWO, reasoning_effort="low", temperature=0)
    assert "temperature" not in json.loads(call_.body)
    assert call_.dropped == ("temperature",)


@pytest.mark.parametrize(
    ("model", "config", "dropped"),
    [(ONE_OF_TWO, None, ("reasoning_effort",)), (ADAPTIVE, {"effort": "high"}, ())],
)
def test_beside_anthropic_s_own_thinking_an_effort_is_one_or_dropped(model, config, dropped):
    call_ = outgoing(HI, model=model, thinking={"type": "disabled"}, reasoning_effort="high")
    body = held_to_the_sdk(json.loads(call_.body))
    assert (body["thinking"], body.get("output_config")) == ({"type": "disabled"}, config)
    assert call_.dropped == dropped


def test_an_effort_in_anthropic_s_words_stands_above_openai_s():
    body = sent(HI, model=ADAPTIVE, output_config={"effort": "max"}, reasoning_effort="low")
    assert body["output_config"] == {"effort": "max"}


def test_anthropic_s_own_thinking_goes_as_it_is():
    own = {"type": "enabled", "budget_tokens": 3000}
    body = sent(HI, model=ONE_OF_TWO, config={"default_request_options": {"thinking": own}})
    assert (body["thinking"], body["max_tokens"]) == (own, 7096)
