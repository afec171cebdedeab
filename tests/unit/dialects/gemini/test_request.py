"""Calls in Gemini's words, held to the types of Google's own SDK."""

import json
from contextlib import suppress

import pytest
from google.genai import types
from hypothesis import given
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

from quintain.dialects.base import COMPLETIONS, EMBEDDINGS
from quintain.dialects.gemini.dialect import GeminiSpeaker
from quintain.errors import BadRequest

PIXEL_DATA = PIXEL.partition(",")[2]
FLASH, BUDGETED, OLD = "gemini-3-flash", "gemini-2.5-flash", "gemini-2.0-flash"
# The body's top-level fields by the SDK's types; it has none for the body as a whole.
TYPES = {
    "contents": list[types.Content],
    "systemInstruction": types.Content,
    "generationConfig": types.GenerationConfig,
    "tools": list[types.Tool],
    "toolConfig": types.ToolConfig,
    "safetySettings": list[types.SafetySetting],
    "cachedContent": str,
    "labels": dict[str, str],
    "serviceTier": types.ServiceTier,
}


def held_to_the_sdk(body):
    """The body, which has nothing that the types do not have: they forbid what they do not know."""
    # imageConfig is of the API's GenerationConfig; the SDK has it on a type of its own.
    config = dict(body.get("generationConfig", {}))
    types.ImageConfig.model_validate_json(json.dumps(config.pop("imageConfig", {})))
    for name, value in (body | {"generationConfig": config}).items():
        TypeAdapter(TYPES[name]).validate_json(json.dumps(value))
    assert all(content["parts"] for content in body["contents"])
    assert {content["role"] for content in body["contents"]} <= {"user", "model"}
    return body


def outgoing(*messages, model=FLASH, kind="chat", stream=False, config=None, **fields):
    speaker = GeminiSpeaker(model, config_of("gemini", **(config or {})))
    return speaker.outgoing(asking(*messages, kind=kind, stream=stream, **fields))


def sent(*messages, **given):
    return held_to_the_sdk(json.loads(outgoing(*(messages or (HI,)), **given).body))


def options(**given):
    body = sent(HI, **given)
    return body.get("generationConfig", {})


def test_each_side_and_the_system_text_have_their_place():
    body = sent(
        {"role": "system", "content": "theirs"},
        HI,
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": [{"type": "text", "text": "and"}, {"type": "text", "text": "now"}]},
        config={"system_prompt": "ours"},
    )  # fmt: skip
    assert body == {
        "systemInstruction": {"parts": [{"text": "ours\n\ntheirs"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}]},
            {"role": "model", "parts": [{"text": "hello"}]},
            {"role": "user", "parts": [{"text": "and"}, {"text": "now"}]},
        ],
    }


@pytest.mark.parametrize(
    ("part", "becomes"),
    [
        (
            {"type": "image_url", "image_url": {"url": PIXEL}},
            {"inlineData": {"mimeType": "image/png", "data": PIXEL_DATA}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://h.example/cat.jpg?size=2"}},
            {"fileData": {"fileUri": "https://h.example/cat.jpg?size=2", "mimeType": "image/jpeg"}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://www.youtube.com/watch?v=1"}},
            {"fileData": {"fileUri": "https://www.youtube.com/watch?v=1"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
            {"inlineData": {"mimeType": "audio/wav", "data": "aGk="}},
        ),
        (
            {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}},
            {"inlineData": {"mimeType": "application/pdf", "data": PDF.partition(",")[2]}},
        ),
    ],
)
def test_media_go_inline_or_by_their_link(part, becomes):
    body = sent({"role": "user", "content": [{"type": "text", "text": "see"}, part]})
    assert body["contents"] == [{"role": "user", "parts": [{"text": "see"}, becomes]}]


def test_calls_and_their_results_go_by_name_and_id_in_the_order_of_the_calls():
    body = sent(
        HI,
        {"role": "assistant", "content": "", "tool_calls": [call("a", arguments={"city": "Oslo"}), call("b", "get_time")]},
        result("b", "noon"),
        result("a", '{"degrees": 21}'),
        model=BUDGETED,
    )  # fmt: skip
    assert body["contents"][1:] == [
        {"role": "model", "parts": [
            {"functionCall": {"name": "get_weather", "args": {"city": "Oslo"}, "id": "a"}},
            {"functionCall": {"name": "get_time", "args": {}, "id": "b"}},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"name": "get_weather", "response": {"degrees": 21}, "id": "a"}},
            {"functionResponse": {"name": "get_time", "response": {"output": "noon"}, "id": "b"}},
        ]},
    ]  # fmt: skip


def test_a_tools_result_with_an_image_carries_it_along():
    image = {"type": "image_url", "image_url": {"url": PIXEL}}
    body = sent(HI, {"role": "assistant", "tool_calls": [call("a")]}, result("a", [image]))
    response = body["contents"][2]["parts"][0]["functionResponse"]
    assert response["parts"] == [{"inlineData": {"mimeType": "image/png", "data": PIXEL_DATA}}]


def signatures(*calls, model=FLASH, after=()):
    calls = {"role": "assistant", "tool_calls": list(calls)}
    body = sent(HI, calls, *(result(each["id"], "ok") for each in calls["tool_calls"]), *after, model=model)  # fmt: skip
    return [part.get("thoughtSignature") for part in body["contents"][1]["parts"]]


def test_a_calls_signature_comes_back_from_where_the_caller_keeps_it():
    signed = call("a") | {"extra_content": {"google": {"thought_signature": "c2lnbmVk"}}}
    assert signatures(signed, call("b")) == ["c2lnbmVk", None]


@pytest.mark.parametrize(
    ("model", "after", "filled"),
    [
        ("gemini-3.1-pro-preview", (), True),
        (BUDGETED, (), False),
        (FLASH, ({"role": "assistant", "content": "done"}, HI), False),
    ],
)
def test_a_signature_that_was_lost_is_filled_in_where_the_model_asks_for_one(model, after, filled):
    expected = "skip_thought_signature_validator" if filled else None
    assert signatures(call("a"), call("b"), model=model, after=after) == [expected, None]


@pytest.mark.parametrize("extra", [None, 1, [], {}, {"google": 1}, {"google": {"thought_signature": 1}}])  # fmt: skip
def test_what_else_stands_in_extra_content_is_left_alone(extra):
    assert signatures(call("a") | {"extra_content": extra}, model=BUDGETED) == [None]


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ({"max_tokens": 5}, {"maxOutputTokens": 5}),
        ({"max_completion_tokens": 6, "max_tokens": 5}, {"maxOutputTokens": 6}),
        (
            {"temperature": 0, "top_p": 0.5, "top_k": 3, "seed": 4, "presence_penalty": 0.1, "frequency_penalty": -1, "model": "gemini-2.0-flash"},
            {"temperature": 0, "topP": 0.5, "topK": 3, "seed": 4, "presencePenalty": 0.1, "frequencyPenalty": -1},
        ),
        ({"stop": "end"}, {"stopSequences": ["end"]}),
        ({"stop": ["a", "b"]}, {"stopSequences": ["a", "b"]}),
        ({"response_format": {"type": "text"}}, {}),
        ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
            {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
        ),
        ({"reasoning_effort": "low"}, {"thinkingConfig": {"thinkingLevel": "LOW"}}),
        ({"reasoning_effort": "none", "model": BUDGETED}, {"thinkingConfig": {"thinkingBudget": 0}}),
        ({"reasoning_effort": "high", "model": BUDGETED}, {"thinkingConfig": {"thinkingBudget": 24576}}),
        ({"thinkingConfig": {"includeThoughts": True}}, {"thinkingConfig": {"includeThoughts": True}}),
        (
            {"thinkingConfig": {"thinkingBudget": 1}, "generationConfig": {"topK": 2, "candidateCount": 3}, "temperature": 1},
            {"thinkingConfig": {"thinkingBudget": 1}, "topK": 2, "temperature": 1},
        ),
        ({"imageConfig": {"aspectRatio": "1:1"}, "responseModalities": ["TEXT", "IMAGE"]},
         {"imageConfig": {"aspectRatio": "1:1"}, "responseModalities": ["TEXT", "IMAGE"]}),
    ],
)  # fmt: skip
def test_options_by_googles_names(given, becomes):
    assert options(**given) == becomes


def test_the_registrations_own_options_stand_below_the_callers():
    config = {"default_request_options": {"temperature": 0.1, "max_tokens": 9, "topK": 4}}
    assert options(config=config, temperature=1) == {"temperature": 1, "maxOutputTokens": 9, "topK": 4}  # fmt: skip


def test_googles_own_fields_pass_as_they_are():
    own = {
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "cachedContent": "cachedContents/1",
        "labels": {"a": "b"},
        "serviceTier": "flex",
    }
    assert {name: value for name, value in sent(HI, **own).items() if name in own} == own


def test_tools_are_functions_with_their_json_schema():
    body = sent(HI, tools=[WEATHER, TIME])
    assert body["tools"] == [{"functionDeclarations": [
        {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parametersJsonSchema": WEATHER["function"]["parameters"],
        },
        {"name": "get_time", "parametersJsonSchema": {"type": "object", "properties": {}}},
    ]}]  # fmt: skip
    assert "toolConfig" not in body


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "get_time"}},
            {"mode": "ANY", "allowedFunctionNames": ["get_time"]},
        ),
    ],
)
def test_the_choice_of_a_tool(choice, calling):
    body = sent(HI, tools=[WEATHER, TIME], tool_choice=choice)
    assert body["toolConfig"] == {"functionCallingConfig": calling}


def test_an_agents_registered_tools_are_declared():
    tools = [{"name": "look", "parameters": SCHEMA}, {"name": "told about only"}]
    body = sent(HI, config={"tools": tools})
    assert [tool["name"] for tool in body["tools"][0]["functionDeclarations"]] == ["look"]


def test_what_has_no_place_is_dropped_and_named():
    found = outgoing(HI, user="u", parallel_tool_calls=False, logit_bias={"1": 2})
    assert found.dropped == ("logit_bias", "parallel_tool_calls", "user")
    assert outgoing(HI, model=OLD, reasoning_effort="low").dropped == ("reasoning_effort",)
    penalties = {"frequency_penalty": 0.0, "presence_penalty": 0.5}
    assert outgoing(HI, model=BUDGETED, **penalties).dropped == tuple(penalties)


@pytest.mark.parametrize(
    "given",
    [
        {"logprobs": True},
        {"modalities": ["audio"], "audio": {"voice": "v", "format": "wav"}},
        {"generationConfig": [1]},
        {"reasoning_effort": "much"},
        {"response_format": {"type": "grammar"}},
        {"temperature": "warm"},
        {"tools": [{"type": "web_search"}]},
        {"kind": EMBEDDINGS, "input": "hi"},
    ],
)
def test_what_would_change_the_meaning_is_refused(given):
    messages = () if "kind" in given else (HI,)
    with pytest.raises(BadRequest):
        outgoing(*messages, **given)


def test_a_prompt_of_the_older_kind_is_one_turn_of_the_user():
    body = sent_completion("once upon")
    assert body["contents"] == [{"role": "user", "parts": [{"text": "once upon"}]}]


def sent_completion(prompt):
    speaker = GeminiSpeaker(FLASH, config_of("gemini"))
    return json.loads(speaker.outgoing(asking(kind=COMPLETIONS, prompt=prompt)).body)


GOOGLE = "https://generativelanguage.googleapis.com"


@pytest.mark.parametrize(
    ("model", "config", "path"),
    [
        ("gemini-2.5-flash", {}, f"{GOOGLE}/v1beta/models/gemini-2.5-flash"),
        ("models/gemini-2.5-flash", {}, f"{GOOGLE}/v1beta/models/gemini-2.5-flash"),
        ("tunedModels/mine-1", {}, f"{GOOGLE}/v1beta/tunedModels/mine-1"),
        ("a/b c?d", {}, f"{GOOGLE}/v1beta/models/a%2Fb%20c%3Fd"),
        ("g", {"endpoint": {"host": "h.example"}}, "https://h.example/v1beta/models/g"),
        (
            "g",
            {"endpoint": {"host": "h.example", "base_path": "/gemini/v1beta"}},
            "https://h.example/gemini/v1beta/models/g",
        ),
        (
            "gemini-2.5-pro",
            {
                "endpoint": {
                    "host": "eu-aiplatform.example",
                    "base_path": "/v1/projects/p/locations/eu/publishers/google",
                }
            },
            "https://eu-aiplatform.example/v1/projects/p/locations/eu/publishers/google/models/gemini-2.5-pro",
        ),
        (
            "g",
            {"paths": {"chat": "/v1/{model_name}:generateContent"}},
            f"{GOOGLE}/v1/g",
        ),
    ],
)
def test_the_model_stands_in_the_path_and_a_stream_has_its_own(model, config, path):
    whole = outgoing(HI, model=model, config=config)
    streamed = outgoing(HI, model=model, config=config, stream=True)
    assert str(whole.url) == f"{path}:generateContent"
    assert str(streamed.url) == f"{path}:streamGenerateContent?alt=sse"


def test_a_path_that_names_no_method_cannot_stream():
    config = {"paths": {"chat": "/talk?key=1"}}
    assert str(outgoing(HI, config=config, stream=True).url) == f"{GOOGLE}/talk?key=1"
    assert not GeminiSpeaker(FLASH, config_of("gemini", **config)).streams
    assert GeminiSpeaker(FLASH, config_of("gemini")).streams


def test_a_query_in_the_path_is_kept_when_streaming():
    config = {"paths": {"chat": "/models/{model_name}:generateContent?user=1"}}
    url = outgoing(HI, model="g", config=config, stream=True).url
    assert str(url) == f"{GOOGLE}/models/g:streamGenerateContent?user=1&alt=sse"


def test_calls_with_images_go_to_a_path_of_their_own_where_there_is_one():
    config = {"paths": {"vision": "/v1/models/seer:generateContent"}}
    speaker = GeminiSpeaker(FLASH, config_of("gemini", **config))
    ask = asking(HI)
    ask.images = True
    assert speaker.outgoing(ask).url.path == "/v1/models/seer:generateContent"


@given(conversations())
def test_every_conversation_fits_the_types_of_the_sdk(messages):
    sent(*messages)


@given(odd_messages, odd_options)
def test_odd_calls_are_refused_or_fit_at_least_in_json(messages, fields):
    with suppress(BadRequest):
        json.loads(outgoing(*messages, **{k: v for k, v in fields.items() if k != "kind"}).body)
