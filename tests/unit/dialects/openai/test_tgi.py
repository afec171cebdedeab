"""TGI's own /generate: both ways of translation, judged by the types of Hugging Face's client."""

import json

import pytest
from huggingface_hub import (
    TextGenerationInput,
    TextGenerationInputGenerateParameters,
    TextGenerationOutput,
    TextGenerationStreamOutput,
)
from tests.unit.dialects.asks import HI, PNG, TOOL, asking, sending, speaker

from quintain.dialects.base import COMPLETIONS, EMBEDDINGS, Piece, Translator
from quintain.dialects.nearly.dialect import NearlySpeaker
from quintain.dialects.openai.tgi import TgiSpeaker
from quintain.dialects.table import check
from quintain.errors import BadRequest, TargetError
from quintain.registry.schema import Target

AT = {"endpoint": {"host": "tgi.example"}, "paths": {"chat": "/generate"}}


def tgi(**config):
    return speaker("huggingface", **(AT | config))


def body_of(given, kind="chat", *, stream=False, **config):
    outgoing = sending("huggingface", given, kind, stream=stream, config=AT | config)
    body = json.loads(outgoing.body)
    known = TextGenerationInputGenerateParameters.__dataclass_fields__
    assert set(body["parameters"]) <= set(known)
    return TextGenerationInput.parse_obj_as_instance(body), outgoing


@pytest.mark.parametrize("path", ["/generate", "/x/generate_stream", "/generate?a=1", "/generate/"])
def test_a_path_to_generate_is_spoken_to_in_tgis_own_words(path):
    assert isinstance(tgi(paths={"chat": path}), TgiSpeaker)
    assert isinstance(tgi(paths={"chat": path}), Translator)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/generated"])
def test_any_other_path_is_spoken_to_as_openai(path):
    assert isinstance(tgi(paths={"chat": path}), NearlySpeaker)


@pytest.mark.parametrize("path", ["/generate", "/generate_stream"])
def test_a_stream_has_its_own_path(path):
    config = AT | {"paths": {"chat": path + "?a=1"}}
    whole = sending("huggingface", {}, config=config).url
    streamed = sending("huggingface", {}, stream=True, config=config).url
    assert (str(whole), str(streamed)) == (
        "https://tgi.example/generate?a=1",
        "https://tgi.example/generate_stream?a=1",
    )


def test_a_lone_prompt_goes_as_it_is():
    assert (
        body_of({"messages": [{"role": "user", "content": "Once upon"}]})[0].inputs == "Once upon"
    )
    assert body_of({"prompt": "Once"}, COMPLETIONS)[0].inputs == "Once"
    assert body_of({"prompt": "Once"}, COMPLETIONS, system_prompt="x")[0].inputs == "x\n\nOnce"


def test_a_conversation_goes_as_a_transcript():
    messages = [
        {"role": "system", "content": "Be kind."},
        *HI,
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": [{"type": "text", "text": "who?"}]},
    ]
    assert body_of({"messages": messages}, system_prompt="mine")[0].inputs == (
        "mine\n\nBe kind.\n\nUser: hi\n\nAssistant: hello\n\nUser: who?\n\nAssistant:"
    )


def test_options_have_their_names():
    given = {
        "max_completion_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "frequency_penalty": 0.1,
        "seed": 7,
        "stop": "END",
        "top_k": 5,
        "presence_penalty": 1,
        "user": "u",
        "tools": [],
    }
    read, outgoing = body_of(given, default_request_options={"repetition_penalty": 1.1})
    found = read.parameters
    assert (found.max_new_tokens, found.temperature, found.do_sample) == (9, 0.5, True)
    assert (found.top_p, found.frequency_penalty, found.seed) == (0.9, 0.1, 7)
    assert (found.stop, found.top_k, found.repetition_penalty) == (["END"], 5, 1.1)
    assert (found.details, found.return_full_text) == (True, False)
    assert outgoing.dropped == ("presence_penalty", "tools", "user")


def test_what_tgi_refuses_is_said_by_leaving_it_out():
    found = body_of({"temperature": 0, "top_p": 1})[0].parameters
    assert (found.temperature, found.do_sample, found.top_p) == (None, False, None)


@pytest.mark.parametrize(
    ("wanted", "grammar"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "object"}),
        ({"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}}}, {"a": 1}),
    ],
)
def test_a_format_becomes_a_grammar(wanted, grammar):
    found = body_of({"response_format": wanted})[0].parameters.grammar
    assert (
        found is None if grammar is None else (found["type"], found["value"]) == ("json", grammar)
    )


@pytest.mark.parametrize("wanted", [1, {"type": "xml"}, {"type": "json_schema"}])
def test_another_format_is_refused(wanted):
    with pytest.raises(BadRequest) as caught:
        body_of({"response_format": wanted})
    assert caught.value.param == "response_format"


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"tools": [TOOL]}, "unsupported_field"),
        ({"logprobs": True}, "unsupported_field"),
        ({"messages": [*HI, {"role": "assistant", "tool_calls": [CALL]}]}, "unsupported_field"),
        (
            {"messages": [*HI, {"role": "tool", "tool_call_id": "c", "content": "x"}]},
            "unsupported_field",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}
                ]
            },
            "unsupported_modality",
        ),
    ],
)
def test_what_text_cannot_carry_is_refused(given, code):
    with pytest.raises(BadRequest) as caught:
        body_of(given)
    assert caught.value.code == code


def test_other_kinds_of_calls_are_refused():
    with pytest.raises(BadRequest):
        tgi().outgoing(asking({"input": "a"}, EMBEDDINGS))


async def test_registered_tools_are_refused_where_the_path_knows_none():
    config = {"model_provider": "huggingface", "tools": [TOOL["function"]], **AT}
    found = await check(Target.model_validate({"model_name": "m", "model_config": config}), None)
    assert [each.field for each in found] == ["model_config.tools"]


# --- answers

DETAILS = {
    "finish_reason": "eos_token",
    "generated_tokens": 3,
    "seed": None,
    "prefill": [],
    "tokens": [],
}


async def whole(body):
    return await tgi().answer(body if isinstance(body, bytes) else json.dumps(body).encode())


async def test_a_whole_answer():
    given = {"generated_text": "Hello", "details": DETAILS}
    TextGenerationOutput.parse_obj_as_instance(given)
    found = await whole(given)
    assert (found.text, found.finish_reason, found.usage) == ("Hello", "stop", {})
    assert (await whole([{"generated_text": "Hello"}])).text == "Hello"
    cut = {"generated_text": "Hello", "details": DETAILS | {"finish_reason": "length"}}
    assert (await whole(cut)).finish_reason == "length"


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{}", b'{"choices": []}', b'"a"'])
async def test_another_shape_is_told(body):
    with pytest.raises(TargetError) as caught:
        await whole(body)
    assert caught.value.stage == "mapping"


def token(number, text, *, special=False, **more):
    given = {
        "index": number,
        "token": {"id": number, "text": text, "logprob": -0.1, "special": special},
    } | more
    TextGenerationStreamOutput.parse_obj_as_instance(given)
    return b"data:" + json.dumps(given).encode() + b"\n\n"


async def pieces(*chunks):
    async def arriving():
        for each in chunks:
            yield each

    return [piece async for piece in tgi().pieces(arriving())]


async def test_a_streamed_answer():
    details = {"finish_reason": "length", "generated_tokens": 3, "input_length": 4, "seed": None}
    given = token(1, "Hel") + token(2, "lo")
    end = token(3, "</s>", special=True, generated_text="Hello", details=details)
    usage = {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}
    assert await pieces(given[:30], given[30:], end.rstrip()) == [
        Piece("Hel"),
        Piece("lo"),
        Piece("", finish_reason="length", usage=usage),
    ]


async def test_an_error_in_the_stream_may_pass():
    told = b'data:{"error":"Request failed during generation","error_type":"generation"}\n\n'
    with pytest.raises(TargetError, match="during generation") as caught:
        await pieces(token(1, "a"), told)
    assert (caught.value.stage, caught.value.passing) == ("http", True)


@pytest.mark.parametrize(
    "data", [b"data: 1\n\n", b"data: {}\n\n", b'data: {"token": 1}\n\n', b"data: x"]
)
async def test_an_event_of_another_shape_is_told(data):
    with pytest.raises(TargetError) as caught:
        await pieces(data)
    assert caught.value.stage == "mapping"


def test_a_failed_generation_may_pass():
    assert [tgi().status(status, b"") for status in (424, 422, 429)] == [502, 422, 429]
