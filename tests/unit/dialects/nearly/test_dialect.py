"""Providers that speak nearly OpenAI: what changes on the way there, judged by their own clients' types."""

import json

import pytest
from ai21.models.chat import ChatMessageParam
from ai21.models.chat import ToolDefinition as Ai21Tool
from huggingface_hub import ChatCompletionInput
from hypothesis import given
from hypothesis import strategies as st
from mistralai.client.models import ChatCompletionRequest, EmbeddingRequest
from openai.types import embedding_create_params
from openai.types.chat import (
    ChatCompletionMessageParam,
    ChatCompletionToolUnionParam,
    completion_create_params,
)
from openai.types.responses import ToolParam, response_create_params
from pydantic import ConfigDict, TypeAdapter, with_config
from tests.unit.dialects.asks import HI, PNG, TOOL, sending, sent
from typing_extensions import TypedDict

from quintain.dialects.base import EMBEDDINGS, RESPONSES
from quintain.dialects.nearly.table import AI21, DEEPSEEK, GROQ, HUGGINGFACE, MISTRAL, TOGETHER
from quintain.dialects.openai.defaults import CHAT_FIELDS
from quintain.errors import BadRequest

NEARLY = ("mistral", "ai21", "groq", "deepseek", "together", "huggingface")
# The rest of OpenAI's API, as a generous caller would send it.
FULL = {
    "frequency_penalty": 0.1,
    "logit_bias": {"50256": -100},
    "logprobs": False,
    "max_completion_tokens": 50,
    "metadata": {"run": "1"},
    "modalities": ["text"],
    "parallel_tool_calls": True,
    "presence_penalty": 0.2,
    "prompt_cache_key": "k",
    "reasoning_effort": "low",
    "response_format": {"type": "json_object"},
    "safety_identifier": "s",
    "seed": 7,
    "service_tier": "auto",
    "stop": "END",
    "store": False,
    "stream_options": {"include_usage": True},
    "temperature": 0.5,
    "tool_choice": "auto",
    "tools": [TOOL],
    "top_p": 0.9,
    "user": "u",
    "verbosity": "low",
}
CALLED = [
    {"role": "developer", "content": "Be kind."},
    {"role": "user", "content": "Weather?", "name": "ann"},
    {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "annotations": [],
        "audio": None,
        "function_call": None,
        "tool_calls": [
            {
                "id": "call_oslo_123",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "call_oslo_123", "content": "21 degrees"},
]


def test_the_fields_are_those_of_the_newest_openai_client():
    official = set(completion_create_params.CompletionCreateParamsBase.__annotations__)
    assert official - {"messages", "model", "n"} == CHAT_FIELDS


@pytest.mark.parametrize("provider", NEARLY)
def test_every_field_goes_out_is_renamed_or_is_named_as_dropped(provider):
    outgoing = sending(provider, FULL)
    body = json.loads(outgoing.body)
    renamed = {"max_completion_tokens": "max_tokens", "seed": "random_seed"}
    gone = {name for name in FULL if name not in body and renamed.get(name) not in body}
    assert set(outgoing.dropped) == gone
    assert body["model"] == "m-1"
    assert body["messages"] == HI


@pytest.mark.parametrize("provider", NEARLY)
def test_what_is_the_providers_own_passes(provider):
    body = sent(provider, {"safe_prompt": True, "documents": [], "user_id": "u"})
    assert (body["safe_prompt"], body["documents"], body["user_id"]) == (True, [], "u")


@pytest.mark.parametrize("provider", NEARLY)
def test_a_call_that_needs_no_change_keeps_its_bytes(provider):
    raw = b'{"messages": [ {"role":"user", "content":"\\u0041 1.50"} ], "temperature": 0.50}'
    assert sending(provider, raw).body == (
        b'{"messages":[ {"role":"user", "content":"\\u0041 1.50"} ],"temperature":0.50,"model":"m-1"}'
    )


@pytest.mark.parametrize("provider", NEARLY)
def test_a_developers_message_is_a_system_message_there(provider):
    messages = sent(provider, {"messages": CALLED})["messages"]
    assert messages[0] == {"role": "system", "content": "Be kind."}


@pytest.mark.parametrize("provider", ["mistral", "ai21", "deepseek", "together", "huggingface"])
def test_the_limit_of_tokens_has_their_name(provider):
    body = sent(provider, {"max_completion_tokens": 50})
    assert (body["max_tokens"], "max_completion_tokens" in body) == (50, False)
    both = sending(provider, {"max_completion_tokens": 50, "max_tokens": 9})
    assert json.loads(both.body)["max_tokens"] == 9
    assert both.dropped == ("max_completion_tokens",)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("max_completion_tokens", "max_tokens"), ("max_tokens",) * 2]
)
@pytest.mark.parametrize("default", ["max_completion_tokens", "max_tokens"])
def test_the_callers_limit_goes_before_the_registrations(ours, theirs, default):
    config = {"default_request_options": {default: 500}}
    outgoing = sending("mistral", {ours: 5}, config=config)
    body = json.loads(outgoing.body)
    assert {name: value for name, value in body.items() if "tokens" in name} == {theirs: 5}
    assert outgoing.dropped == ()


@pytest.mark.parametrize(
    ("provider", "field", "value"),
    [
        ("groq", "logprobs", True),
        ("ai21", "logprobs", True),
        ("ai21", "tool_choice", "required"),
        ("ai21", "tool_choice", {"type": "function", "function": {"name": "f"}}),
        ("mistral", "functions", [{"name": "f"}]),
        ("mistral", "audio", {"voice": "alloy", "format": "wav"}),
        ("mistral", "modalities", ["text", "audio"]),
        ("mistral", "web_search_options", {"search_context_size": "low"}),
    ],
)
def test_a_field_whose_loss_changes_the_answer_is_refused(provider, field, value):
    with pytest.raises(BadRequest) as caught:
        sent(provider, {field: value})
    assert (caught.value.code, caught.value.param) == ("unsupported_field", field)


def test_null_is_lost_without_a_word():
    assert sending("groq", {"logprobs": None, "logit_bias": None}).dropped == ()


@pytest.mark.parametrize("messages", [1, ["hi"], {"role": "user"}])
def test_messages_of_another_shape_are_refused(messages):
    with pytest.raises(BadRequest) as caught:
        sending("mistral", {"messages": messages})
    assert caught.value.param == "messages"


@pytest.mark.parametrize("role", [["user"], {"a": 1}, None, 1])
def test_a_role_of_another_kind_is_for_the_provider_to_judge(role):
    sent = sending("mistral", {"messages": [{"role": role, "content": "hi"}]})
    assert json.loads(sent.body)["messages"][0]["role"] == role


# --- Mistral


def as_mistral(body):
    """Their client's own type, where further fields are an error, as they are for the API."""
    read = ChatCompletionRequest.model_validate(body)
    known = {field.alias or name for name, field in ChatCompletionRequest.model_fields.items()}
    assert set(body) <= known, set(body) - known
    return read


def test_mistral_takes_what_goes_to_it():
    read = as_mistral(sent("mistral", FULL | {"messages": CALLED}))
    assert (read.random_seed, read.max_tokens, read.stop) == (7, 50, "END")
    assert read.messages[2].tool_calls[0].function.name == "get_weather"


def test_mistral_knows_calls_by_nine_letters_and_digits():
    messages = sent("mistral", {"messages": CALLED})["messages"]
    ident = messages[2]["tool_calls"][0]["id"]
    assert (len(ident), ident.isalnum()) == (9, True)
    assert messages[3]["tool_call_id"] == ident
    kept = json.loads(json.dumps(CALLED).replace("call_oslo_123", "abcDEF123"))
    assert sent("mistral", {"messages": kept})["messages"][3]["tool_call_id"] == "abcDEF123"


def test_mistral_gets_no_keys_of_messages_that_it_does_not_know():
    outgoing = sending("mistral", {"messages": CALLED})
    assert outgoing.dropped == ("messages.name",)
    messages = json.loads(outgoing.body)["messages"]
    assert set(messages[1]) == {"role", "content"}
    assert set(messages[2]) == {"role", "content", "tool_calls"}


@pytest.mark.parametrize("provider", ["mistral", "groq", "ai21"])
def test_what_openais_client_read_of_an_answer_is_left_out(provider):
    function = {"name": "f", "arguments": "{}", "parsed_arguments": {}}
    calls = [{"id": "abcDEF123", "type": "function", "function": function}]
    said = {"role": "assistant", "content": "{}", "parsed": {"a": 1}, "tool_calls": calls}
    outgoing = sending(provider, {"messages": [*HI, said, *HI]})
    message = json.loads(outgoing.body)["messages"][1]
    assert set(message) == {"role", "content", "tool_calls"}
    assert set(message["tool_calls"][0]["function"]) == {"name", "arguments"}
    assert outgoing.dropped == ()


def test_an_earlier_refusal_stays_what_was_said():
    said = {"role": "assistant", "content": None, "refusal": "I will not."}
    outgoing = sending("mistral", {"messages": [*HI, said, *HI]})
    assert json.loads(outgoing.body)["messages"][1] == {
        "role": "assistant",
        "content": "I will not.",
    }
    assert outgoing.dropped == ()


def test_an_older_function_call_is_refused():
    said = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    with pytest.raises(BadRequest, match="tool_calls"):
        sending("mistral", {"messages": [*HI, said]})


def test_mistral_gets_media_in_its_own_parts():
    pdf = "data:application/pdf;base64,JVBERi0="
    content = [
        {"type": "text", "text": "what?"},
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "file", "file": {"file_data": pdf, "filename": "a.pdf"}},
    ]
    body = sent("mistral", {"messages": [{"role": "user", "content": content}]})
    assert body["messages"][0]["content"] == [
        *content[:2],
        {"type": "input_audio", "input_audio": "UklGRg=="},
        {"type": "document_url", "document_url": pdf, "document_name": "a.pdf"},
    ]
    read = as_mistral(body)
    kinds = [type(part).__name__ for part in read.messages[0].content]
    assert kinds == ["TextChunk", "ImageURLChunk", "AudioChunk", "DocumentURLChunk"]


def test_mistrals_embeddings_have_their_own_names():
    given = {"input": ["a", "b"], "dimensions": 256, "encoding_format": "float", "user": "u"}
    outgoing = sending("mistral", given, EMBEDDINGS)
    body = json.loads(outgoing.body)
    read = EmbeddingRequest.model_validate(body)
    assert (read.inputs, read.output_dimension, outgoing.dropped) == (["a", "b"], 256, ("user",))
    assert set(body) == {"input", "output_dimension", "encoding_format", "model"}


# --- AI21


def test_ai21_takes_what_goes_to_it():
    body = sent("ai21", FULL | {"messages": CALLED})
    assert {
        *(
            "model",
            "messages",
            "max_tokens",
            "temperature",
            "top_p",
            "stop",
            "tools",
            "response_format",
        )
    } == set(body)
    read = TypeAdapter(list[ChatMessageParam]).validate_python(body["messages"])
    assert read[0].role == "system"
    assert body["messages"][2]["tool_calls"] == CALLED[2]["tool_calls"]
    TypeAdapter(list[Ai21Tool]).validate_python(body["tools"])


def test_ai21_gets_parts_as_one_text_and_no_images():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert sent("ai21", {"messages": [{"role": "user", "content": parts}]})["messages"] == [
        {"role": "user", "content": "ab"}
    ]
    parts.append({"type": "image_url", "image_url": {"url": PNG}})
    with pytest.raises(BadRequest) as caught:
        sending("ai21", {"messages": [{"role": "user", "content": parts}]})
    assert caught.value.code == "unsupported_modality"
    assert caught.value.param == "messages.0.content.2"


# --- the others


def test_huggingface_takes_what_goes_to_it():
    outgoing = sending("huggingface", FULL | {"messages": CALLED[1:2]})
    body = json.loads(outgoing.body)
    read = ChatCompletionInput.parse_obj_as_instance(body)
    assert (read.stop, read.max_tokens, read.seed) == (["END"], 50, 7)
    assert "logit_bias" in outgoing.dropped
    assert sent("huggingface", {"stop": ["a", "b"]})["stop"] == ["a", "b"]


def test_groq_gets_no_names_in_messages():
    outgoing = sending("groq", {"messages": CALLED})
    assert all("name" not in message for message in json.loads(outgoing.body)["messages"])
    assert outgoing.dropped == ("messages.name",)


def test_deepseeks_thoughts_go_back_to_it_as_they_came():
    said = {"role": "assistant", "content": "4", "reasoning_content": "2 and 2"}
    assert sent("deepseek", {"messages": [*HI, said, *HI]})["messages"][1] == said


@pytest.mark.parametrize("provider", ["openai", "groq", "fireworks", "azure_openai"])
def test_a_call_of_the_responses_api_passes_where_the_provider_speaks_it(provider):
    config = {
        "endpoint": {"host": "r.openai.azure.com"} if provider == "azure_openai" else None,
        "tools": [TOOL["function"], {"name": "talk"}],
        "default_request_options": {
            "max_tokens": 9,
            "temperature": 0.5,
            "stop": ["x"],
            "seed": 1,
            "reasoning_effort": "low",
            "verbosity": "low",
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
            },
        },
        "system_prompt": "be kind",
    }
    outgoing = sending(provider, {"input": "hi"}, RESPONSES, config=config)
    body = json.loads(outgoing.body)
    assert outgoing.url.path.endswith("/v1/responses")
    assert body == {
        "input": "hi",
        "model": "m-1",
        "instructions": "be kind",
        "max_output_tokens": 9,
        "temperature": 0.5,
        "reasoning": {"effort": "low"},
        "text": {
            "verbosity": "low",
            "format": {
                "type": "json_schema",
                "name": "n",
                "schema": {"type": "object"},
                "strict": True,
            },
        },
        "tools": [{"type": "function", **TOOL["function"], "strict": False}],
    }
    strictly(response_create_params.ResponseCreateParamsNonStreaming).validate_python(body)
    TypeAdapter(list[ToolParam]).validate_python(body["tools"])


@pytest.mark.parametrize(
    ("given", "found"),
    [(None, "mine"), ("", "mine"), ("theirs", "mine\n\ntheirs")],
)
def test_the_system_prompt_comes_before_the_callers_instructions(given, found):
    body = {"input": "hi", "instructions": given}
    config = {"system_prompt": "mine"}
    assert sent("openai", body, RESPONSES, config=config)["instructions"] == found


def test_instructions_that_are_no_text_cannot_take_a_system_prompt():
    with pytest.raises(BadRequest) as caught:
        sent("openai", {"input": "", "instructions": {}}, RESPONSES, config={"system_prompt": "x"})
    assert caught.value.param == "instructions"


# --- OpenAI's own types


def strictly(kind):
    """A TypedDict of the official client, where further keys are an error."""
    fields = {name: kind.__annotations__[name] for name in kind.__annotations__}
    for base in kind.__orig_bases__:
        fields |= getattr(base, "__annotations__", {})
    made = TypedDict("Strict", fields, total=False)
    return TypeAdapter(with_config(ConfigDict(extra="forbid", arbitrary_types_allowed=True))(made))


@pytest.mark.parametrize(
    "provider", ["openai", "fireworks", "alibaba", "portkey", "llama", *NEARLY]
)
def test_chat_bodies_are_openais_own_or_the_providers(provider):
    body = sent(provider, FULL | {"messages": CALLED})
    body.pop("random_seed", None)
    strictly(completion_create_params.CompletionCreateParamsNonStreaming).validate_python(body)
    # An iterable is judged only when it is read.
    TypeAdapter(list[ChatCompletionMessageParam]).validate_python(body["messages"])
    TypeAdapter(list[ChatCompletionToolUnionParam]).validate_python(body["tools"])


@pytest.mark.parametrize("provider", ["openai", "fireworks", "together", "alibaba", "portkey"])
def test_embeddings_bodies_are_openais_own(provider):
    body = sent(provider, {"input": ["a"], "dimensions": 8, "encoding_format": "float"}, EMBEDDINGS)
    TypeAdapter(embedding_create_params.EmbeddingCreateParams).validate_python(body)
    assert set(body) <= set(embedding_create_params.EmbeddingCreateParams.__annotations__)


NAMES = st.sampled_from(sorted(CHAT_FIELDS)) | st.text(max_size=8)
PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
DEVIATING = [MISTRAL, AI21, GROQ, DEEPSEEK, TOGETHER]


@given(st.sampled_from(NEARLY), st.dictionaries(NAMES, PLAIN, max_size=8))
def test_no_field_is_lost_in_silence(provider, fields):
    fields = {
        name: value for name, value in fields.items() if name not in {"model", "messages", "n"}
    }
    refused = None
    try:
        outgoing = sending(provider, fields)
    except BadRequest as error:
        refused = error
    if refused is not None:
        assert refused.param in fields
        return
    body = json.loads(outgoing.body)
    for name, value in fields.items():
        kept = name in body or name in outgoing.dropped
        assert kept or value is None or name in {"max_completion_tokens", "seed"}


def test_every_deviation_names_only_openais_fields():
    for deviations in [*(each._deviations for each in DEVIATING), HUGGINGFACE]:
        for fields in deviations.fields.values():
            assert fields.lost <= CHAT_FIELDS | {"user"}
            assert set(fields.renamed) <= CHAT_FIELDS | {"dimensions"}
