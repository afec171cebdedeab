"""Calls in Bedrock's words, held to AWS's own description of the service, as botocore reads it."""

import base64
import copy
import json
from contextlib import nullcontext, suppress

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from hypothesis import given
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
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.base import COMPLETIONS, EMBEDDINGS
from quintain.dialects.bedrock.dialect import Bedrock, BedrockSpeaker
from quintain.errors import BadRequest
from quintain.registry.providers import effective, origin
from quintain.registry.schema import ModelConfig, Target

MODEL = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"))
CLAUDE, NOVA = "anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-pro-v1:0"
PIXEL_DATA, PDF_DATA = PIXEL.partition(",")[2], PDF.partition(",")[2]
AWS = "https://bedrock-runtime.us-east-1.amazonaws.com"


def with_bytes(value):
    """JSON as the parameters of a client's call, where blobs are bytes."""
    if isinstance(value, list):
        return [with_bytes(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64decode(each, validate=True)
        if name in ("bytes", "redactedContent") and isinstance(each, str)
        else with_bytes(each)
        for name, each in value.items()
    }


def held_to_aws(body, path, model, operation="Converse"):
    """The body, which a client of AWS's own would write just so."""
    shape = MODEL.operation_model(operation)
    params = with_bytes(copy.deepcopy(body)) | {"modelId": model}
    report = ParamValidator().validate(params, shape.input_shape)
    assert not report.has_errors(), report.generate_report()
    theirs = create_serializer("rest-json").serialize_to_request(params, shape)
    assert json.loads(theirs["body"]) == body
    assert theirs["url_path"] == path
    return body


def outgoing(*messages, model=CLAUDE, kind="chat", stream=False, config=None, **fields):
    speaker = BedrockSpeaker(model, config_of("bedrock", **(config or {})))
    return speaker.outgoing(asking(*messages, kind=kind, stream=stream, **fields))


def sent(*messages, model=CLAUDE, **given):
    found = outgoing(*(messages or (HI,)), model=model, **given)
    return held_to_aws(json.loads(found.body), found.url.raw_path, model)


def options(**given):
    return {name: value for name, value in sent(HI, **given).items() if name != "messages"}


def test_each_side_and_the_system_text_have_their_place():
    body = sent(
        {"role": "system", "content": "theirs"},
        HI,
        {"role": "user", "content": [{"type": "text", "text": "and"}, {"type": "text", "text": ""}]},
        {"role": "assistant", "content": "hello"},
        {"role": "assistant", "content": ""},
        HI,
        config={"system_prompt": "ours"},
    )  # fmt: skip
    assert body == {
        "system": [{"text": "ours\n\ntheirs"}],
        "messages": [
            {"role": "user", "content": [{"text": "hi"}, {"text": "and"}]},
            {"role": "assistant", "content": [{"text": "hello"}]},
            {"role": "user", "content": [{"text": "hi"}]},
        ],
    }


def test_text_of_white_space_alone_is_left_out():
    spoke = {"role": "assistant", "content": "\n\n", "tool_calls": [call("a")]}
    body = sent(HI, spoke, result("a", "\n"), {"role": "assistant", "content": " "}, HI)
    assert [list(block) for message in body["messages"] for block in message["content"]] == [
        ["text"], ["toolUse"], ["toolResult"], ["text"],
    ]  # fmt: skip
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize("content", ["", " \n", [{"type": "text", "text": " "}]])
def test_an_empty_message_of_the_user_is_refused(content):
    with pytest.raises(BadRequest, match="empty message"):
        outgoing({"role": "user", "content": content})


def data_url(kind, text="hi"):
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("part", "becomes"),
    [
        (
            {"type": "image_url", "image_url": {"url": PIXEL}},
            {"image": {"format": "png", "source": {"bytes": PIXEL_DATA}}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
            {"audio": {"format": "mp3", "source": {"bytes": "aGk="}}},
        ),
        (
            {"type": "video_url", "video_url": {"url": data_url("video/3gpp")}},
            {"video": {"format": "three_gp", "source": {"bytes": "aGk="}}},
        ),
        (
            {"type": "file", "file": {"file_data": PDF, "filename": "Ünsere  Bücher_2.pdf"}},
            {"document": {"format": "pdf", "name": "nsere B cher 2", "source": {"bytes": PDF_DATA}}},
        ),
        (
            {"type": "file", "file": {"file_data": data_url("text/markdown")}},
            {"document": {"format": "md", "name": "document", "source": {"bytes": "aGk="}}},
        ),
        (
            {"type": "file", "file": {"file_data": PIXEL}},
            {"image": {"format": "png", "source": {"bytes": PIXEL_DATA}}},
        ),
    ],
)  # fmt: skip
def test_media_go_inline(part, becomes):
    body = sent({"role": "user", "content": [{"type": "text", "text": "see"}, part]})
    assert body["messages"] == [{"role": "user", "content": [{"text": "see"}, becomes]}]


def test_no_two_documents_of_a_conversation_have_the_same_name():
    file = {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}}
    body = sent({"role": "user", "content": [file, file]}, {"role": "user", "content": [file]})
    names = [block["document"]["name"] for block in body["messages"][0]["content"]]
    assert names == ["a", "a (2)", "a (3)"]


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"type": "image_url", "image_url": {"url": "https://h.example/a.png"}}, "unsupported_field"),
        ({"type": "image_url", "image_url": {"url": data_url("image/tiff")}}, "unsupported_modality"),
        ({"type": "file", "file": {"file_data": data_url("application/zip")}}, "unsupported_modality"),
    ],
)  # fmt: skip
def test_a_medium_without_a_place_is_refused_by_its_place(part, code):
    with pytest.raises(BadRequest) as caught:
        outgoing({"role": "user", "content": [part]})
    assert (caught.value.code, caught.value.param) == (code, "messages.0.content.0")


def test_calls_and_results_stand_on_their_sides():
    body = sent(
        HI,
        {"role": "assistant", "content": "Looking.", "tool_calls": [call("a", arguments={"city": "Oslo"}), call("b|2", "get_time")]},
        result("a", "21"),
        result("b|2", [{"type": "text", "text": "noon"}, {"type": "image_url", "image_url": {"url": PIXEL}}]),
        {"role": "user", "content": "thanks"},
        tools=[WEATHER, TIME],
    )  # fmt: skip
    (_, said, back) = body["messages"]
    other = said["content"][2]["toolUse"]["toolUseId"]
    assert said["content"] == [
        {"text": "Looking."},
        {"toolUse": {"toolUseId": "a", "name": "get_weather", "input": {"city": "Oslo"}}},
        {"toolUse": {"toolUseId": other, "name": "get_time", "input": {}}},
    ]
    assert back == {
        "role": "user",
        "content": [
            {"toolResult": {"toolUseId": "a", "content": [{"text": "21"}]}},
            {"toolResult": {"toolUseId": other, "content": [
                {"text": "noon"}, {"image": {"format": "png", "source": {"bytes": PIXEL_DATA}}},
            ]}},
            {"text": "thanks"},
        ],
    }  # fmt: skip


def test_audio_has_no_place_in_a_tools_result():
    audio = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}
    with pytest.raises(BadRequest):
        outgoing(HI, {"role": "assistant", "tool_calls": [call("a")]}, result("a", [audio]))


def test_what_the_model_thought_comes_back_before_its_calls():
    thought = [{"reasoningText": {"text": "hm", "signature": "s"}}, {"redactedContent": "aGk="}]
    signed = call("a") | {"extra_content": {"bedrock": {"reasoning": thought}}}
    body = sent(HI, {"role": "assistant", "tool_calls": [signed]}, result("a", "21"))
    assert body["messages"][1]["content"][:2] == [{"reasoningContent": each} for each in thought]


def test_tools_of_the_conversation_are_told_where_the_call_tells_none():
    body = sent(HI, {"role": "assistant", "tool_calls": [call("a"), call("b")]}, result("a", "1"), result("b", "2"))  # fmt: skip
    assert body["toolConfig"] == {"tools": [
        {"toolSpec": {"name": "get_weather", "inputSchema": {"json": {"type": "object", "properties": {}}}}}
    ]}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        (
            {"max_tokens": 5, "temperature": 0.5, "top_p": 1, "stop": ["a", "b"], "model": NOVA},
            {"inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "topP": 1, "stopSequences": ["a", "b"]}},
        ),
        ({"inferenceConfig": {"topP": 0.5}, "temperature": 1}, {"inferenceConfig": {"topP": 0.5, "temperature": 1}}),
        ({"temperature": 1.5}, {"inferenceConfig": {"temperature": 1}}),
        ({"top_k": 3}, {"additionalModelRequestFields": {"top_k": 3}}),
        ({"top_k": 3, "model": NOVA}, {"additionalModelRequestFields": {"inferenceConfig": {"topK": 3}}}),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "additionalModelRequestFields": {"a": 1}},
            {"additionalModelRequestFields": {"a": 1, "thinking": {"type": "enabled", "budget_tokens": 1024}}},
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
            {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": '{"type":"object"}'}}}}},
        ),
        ({"reasoning_effort": "minimal"}, {"outputConfig": {"effort": "low"}}),
        ({"reasoning_effort": "none"}, {}),
        ({"reasoning_effort": "high", "model": "openai.gpt-oss-120b-1:0"}, {"additionalModelRequestFields": {"reasoning_effort": "high"}}),
        ({"service_tier": "flex"}, {"serviceTier": {"type": "flex"}}),
        ({"service_tier": "auto"}, {}),
        ({"response_format": {"type": "text"}}, {}),
        (
            {"guardrailConfig": {"guardrailIdentifier": "g1", "guardrailVersion": "1"}, "performanceConfig": {"latency": "optimized"}, "requestMetadata": {"a": "b"}},
            {"guardrailConfig": {"guardrailIdentifier": "g1", "guardrailVersion": "1"}, "performanceConfig": {"latency": "optimized"}, "requestMetadata": {"a": "b"}},
        ),
    ],
)  # fmt: skip
def test_options_by_awss_names(given, becomes):
    assert options(**given) == becomes


@pytest.mark.parametrize(
    ("model", "taken"),
    [(NOVA, {"temperature", "topP", "stopSequences"}), (CLAUDE, {"temperature"}),
     ("us.anthropic.claude-opus-4-7-v1:0", set()), ("anthropic.claude-3-haiku-20240307-v1:0", {"temperature", "topP"})],
)  # fmt: skip
def test_what_a_model_would_refuse_is_dropped(model, taken):
    found = outgoing(HI, model=model, temperature=0.7, top_p=1, stop=["\n"])
    assert set(json.loads(found.body).get("inferenceConfig", {})) == taken
    names = {"temperature": "temperature", "topP": "top_p", "stopSequences": "stop"}
    assert set(found.dropped) == {name for theirs, name in names.items() if theirs not in taken}


def test_the_registrations_own_options_stand_below_the_callers():
    config = {"default_request_options": {"temperature": 0.1, "max_tokens": 9}}
    assert options(config=config, temperature=1) == {
        "inferenceConfig": {"temperature": 1, "maxTokens": 9}
    }


@pytest.mark.parametrize(
    ("choice", "becomes"),
    [
        ("auto", {"auto": {}}),
        ("required", {"any": {}}),
        ({"type": "function", "function": {"name": "get_time"}}, {"tool": {"name": "get_time"}}),
    ],
)
def test_tools_and_the_choice_among_them(choice, becomes):
    body = sent(HI, tools=[WEATHER, TIME], tool_choice=choice)
    spec = {
        "name": "get_weather",
        "description": "The weather in a city.",
        "inputSchema": {"json": WEATHER["function"]["parameters"]},
    }
    assert body["toolConfig"]["tools"][0] == {"toolSpec": spec}
    assert body["toolConfig"]["toolChoice"] == becomes


def test_no_tool_at_all_is_none_told():
    assert "toolConfig" not in sent(HI, tools=[WEATHER], tool_choice="none")
    with pytest.raises(BadRequest):
        outgoing(HI, {"role": "assistant", "tool_calls": [call("a")]}, result("a", "1"), tool_choice="none")  # fmt: skip


def test_what_has_no_place_is_dropped_and_named():
    found = outgoing(HI, model=NOVA, seed=1, user="u", reasoning_effort="low", service_tier="fast")
    assert found.dropped == ("reasoning_effort", "seed", "service_tier", "user")


@pytest.mark.parametrize(
    "given",
    [
        {"logprobs": True},
        {"response_format": {"type": "json_object"}},
        {"inferenceConfig": [1]},
        {"reasoning_effort": ["low"]},
        {"tools": [{"type": "web_search"}]},
        {"kind": EMBEDDINGS, "input": "hi"},
    ],
)
def test_what_would_change_the_meaning_is_refused(given):
    messages = () if "kind" in given else (HI,)
    with pytest.raises(BadRequest):
        outgoing(*messages, **given)


def test_a_prompt_of_the_older_kind_is_one_turn_of_the_user():
    speaker = BedrockSpeaker(CLAUDE, config_of("bedrock"))
    body = json.loads(speaker.outgoing(asking(kind=COMPLETIONS, prompt="once")).body)
    assert body == {"messages": [{"role": "user", "content": [{"text": "once"}]}]}


ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-v1:0"


@pytest.mark.parametrize("model", [CLAUDE, NOVA, ARN, "my-endpoint"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_model_is_one_encoded_part_of_the_path(model, stream):
    found = outgoing(HI, model=model, stream=stream)
    operation = "ConverseStream" if stream else "Converse"
    held_to_aws(json.loads(found.body), found.url.raw_path, model, operation)
    assert str(found.url).startswith(f"{AWS}/model/")


@pytest.mark.parametrize(
    ("config", "host"),
    [
        ({}, "bedrock-runtime.us-east-1.amazonaws.com"),
        ({"metadata": {"aws_region": "eu-west-1"}}, "bedrock-runtime.eu-west-1.amazonaws.com"),
        ({"metadata": {"aws_region": "eu-west-1"}, "endpoint": {"host": "h.example"}}, "h.example"),
        ({"endpoint": {"port": 8443}}, "bedrock-runtime.us-east-1.amazonaws.com:8443"),
    ],
)
def test_the_region_decides_the_host_unless_one_is_given(config, host):
    url = outgoing(HI, config=config).url
    assert url.host_port_subcomponent == host
    assert url.host in origin(ModelConfig.model_validate({"model_provider": "bedrock"} | config))


def test_a_path_of_another_kind_cannot_stream():
    config = config_of("bedrock", paths={"chat": "/talk"})
    speaker = BedrockSpeaker(CLAUDE, config)
    assert not speaker.streams
    assert str(speaker.outgoing(asking(HI, stream=True)).url) == f"{AWS}/talk"
    assert BedrockSpeaker(CLAUDE, config_of("bedrock")).streams


@given(conversations())
def test_every_conversation_fits_awss_own_description(messages):
    linked = "https://" in json.dumps([m["content"] for m in messages if m["role"] == "user"])
    with pytest.raises(BadRequest, match="inline only") if linked else nullcontext():
        sent(*messages)


@given(odd_messages, odd_options)
def test_odd_calls_are_refused_or_fit_at_least_in_json(messages, fields):
    with suppress(BadRequest):
        json.loads(outgoing(*messages, **fields).body)


async def problems(*apikeys, **given):
    config = {"model_provider": "bedrock", "apikeys": list(apikeys)} | given
    target = Target.model_validate({"model_name": given.pop("model_name", CLAUDE), "model_config": config})  # fmt: skip
    return [detail.field for detail in await Bedrock().check(target, FakeJq())]


@pytest.mark.parametrize(
    ("apikey", "wrong"),
    [
        ("AKIAEXAMPLE:secret", False),
        ("ASIAEXAMPLE:secret:token:with:colons", False),
        ("ABSKexample", False),
        ("AKIAEXAMPLE:", True),
        (":secret", True),
        ("AKIAEXAMPLE:secret:", True),
    ],
)
async def test_a_keys_form_is_checked_when_it_is_registered(apikey, wrong):
    assert await problems("ABSKfirst", apikey) == (["model_config.apikeys.1"] if wrong else [])


async def test_without_botocore_a_registration_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setattr("quintain.dialects.bedrock.dialect.installed", lambda: False)
    target = Target.model_validate({"model_name": CLAUDE, "model_config": {"model_provider": "bedrock"}})  # fmt: skip
    (detail,) = await Bedrock().check(target, FakeJq())
    assert detail.field == "model_config.model_provider"
    assert "pip install 'quintain[bedrock]'" in detail.message


def test_a_region_that_is_none_is_refused():
    with pytest.raises(ValueError, match="aws_region"):
        effective(ModelConfig.model_validate({"model_provider": "bedrock", "metadata": {"aws_region": "eu west"}}))  # fmt: skip


def test_the_schema_given_is_text_in_the_body():
    asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
    structure = options(response_format=asked)["outputConfig"]["textFormat"]["structure"]
    assert json.loads(structure["jsonSchema"]["schema"]) == SCHEMA
