"""Targets that speak OpenAI: what goes to them."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from quintain.dialects.base import CHAT, COMPLETIONS, EMBEDDINGS, Ask
from quintain.dialects.openai.dialect import NOT_DEFAULTS, OpenAI, OpenAISpeaker
from quintain.errors import BadRequest
from quintain.registry.providers import effective
from quintain.registry.schema import ModelConfig, Target

read = msgspec.json.Decoder(dict[str, Raw]).decode


def speaker(*, name="gpt-x", **given):
    config = ModelConfig.model_validate({"model_provider": "openai"} | given)
    return OpenAISpeaker(name, effective(config))


def asking(body, kind=CHAT, **more):
    return Ask(kind, read(body if isinstance(body, bytes) else json.dumps(body).encode()), **more)


def sent(body, kind=CHAT, **given):
    return json.loads(speaker(**given).outgoing(asking(body, kind)).body)


HELLO = {"model": "bot", "messages": [{"role": "user", "content": "hi"}]}


def test_the_models_own_name_takes_the_place_of_ours():
    assert sent(HELLO) == HELLO | {"model": "gpt-x"}
    assert sent({"messages": []}) == {"messages": [], "model": "gpt-x"}


def test_the_system_prompt_comes_before_the_callers_messages_and_theirs_stays():
    messages = [{"role": "system", "content": "mine"}, {"role": "user", "content": "hi"}]
    body = sent({"messages": messages}, system_prompt='be "kind"\n')
    assert body["messages"] == [{"role": "system", "content": 'be "kind"\n'}, *messages]
    assert sent({"messages": []}, system_prompt="x")["messages"] == [
        {"role": "system", "content": "x"}
    ]


@pytest.mark.parametrize(
    ("default", "given"),
    [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")],
)
def test_one_option_is_never_sent_under_both_its_names(default, given):
    body = sent(HELLO | {given: 5}, default_request_options={default: 9})
    assert (body[given], body.get(default)) == (5, None)


def test_a_call_that_is_made_twice_has_the_system_prompt_once():
    speaking, ask = speaker(system_prompt="x", default_request_options={"seed": 1}), asking(HELLO)
    assert speaking.outgoing(ask).body == speaking.outgoing(ask).body
    assert "seed" not in ask.fields


@pytest.mark.parametrize(
    ("prompt", "result"), [("hi", "x\n\nhi"), (["a", "b"], ["x\n\na", "x\n\nb"])]
)
def test_a_completion_has_the_system_prompt_in_its_prompt(prompt, result):
    assert sent({"prompt": prompt}, COMPLETIONS, system_prompt="x")["prompt"] == result
    assert sent({"prompt": prompt}, COMPLETIONS)["prompt"] == prompt


@pytest.mark.parametrize("prompt", [1, [1, 2], {"a": 1}, None, ["a", 1]])
def test_a_prompt_that_is_no_text_cannot_take_a_system_prompt(prompt):
    with pytest.raises(BadRequest) as caught:
        sent({"prompt": prompt}, COMPLETIONS, system_prompt="x")
    assert caught.value.param == "prompt"


def test_defaults_lie_below_the_callers_own_values():
    body = sent(HELLO | {"seed": None}, default_request_options={"seed": 1, "top_p": 0.5})
    assert (body["seed"], body["top_p"]) == (None, 0.5)


def test_tools_with_parameters_are_sent_unless_the_caller_has_its_own():
    tools = [
        {"name": "search", "description": "d", "parameters": {"type": "object"}},
        {"name": "talk"},
    ]
    assert sent(HELLO, tools=tools)["tools"] == [{"type": "function", "function": tools[0]}]
    assert sent(HELLO | {"tools": []}, tools=tools)["tools"] == []


def test_each_kind_of_call_has_its_path_and_images_may_have_their_own():
    speaking = speaker(paths={"vision": "/see", "responses": "/responses"})
    kinds = [(CHAT, "chat/completions"), (EMBEDDINGS, "embeddings"), ("responses", "responses")]
    for kind, path in kinds:
        assert str(speaking.outgoing(asking({}, kind)).url) == f"https://api.openai.com/v1/{path}"
    assert speaking.outgoing(asking({}, images=True)).url.path == "/v1/see"
    assert speaker().outgoing(asking({}, images=True)).url.path == "/v1/chat/completions"


def test_tools_belong_to_chats_alone():
    tools = [{"name": "search", "parameters": {"type": "object"}}]
    options = {"dimensions": 8}
    body = sent({"input": "a"}, EMBEDDINGS, tools=tools, default_request_options=options)
    assert body == {"input": "a", "model": "gpt-x", "dimensions": 8}


def test_a_path_may_name_the_model():
    speaking = speaker(paths={"chat": "/of/{model_name}/chat?m={model_name}"}, name="a/b c?ü&x")
    name = "a%2Fb%20c%3F%C3%BC%26x"
    assert str(speaking.outgoing(asking({})).url) == (
        f"https://api.openai.com/v1/of/{name}/chat?m={name}"
    )


@given(st.text(max_size=20))
def test_no_models_name_leads_to_another_place(name):
    paths = {"chat": "/of/{model_name}/chat?v=1"}
    url = speaker(paths=paths, name=name).outgoing(asking({})).url
    assert str(url.origin()) == "https://api.openai.com"
    assert url.raw_path.count("/") == 4
    assert url.raw_path.endswith("/chat")
    assert url.raw_query_string == "v=1"


def test_a_call_without_a_path_is_refused_and_names_the_field():
    with pytest.raises(BadRequest, match=r"model_config\.paths\.audio/speech"):
        speaker().outgoing(asking({}, "audio/speech"))


async def test_a_target_needs_a_host_that_its_provider_brings_or_the_user_gives():
    config = {"model_provider": "openai_compatible"}
    (detail,) = await OpenAI().check(target(config), None)
    assert detail.field == "model_config.endpoint.host"
    assert await OpenAI().check(target(config | {"endpoint": {"host": "h.example"}}), None) == []
    assert await OpenAI().check(target({"model_provider": "openai"}), None) == []


def target(config):
    return Target.model_validate({"model_name": "m", "model_config": config})


# A caller's fields, each in a spelling of its own that a re-encoder would not keep.
NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters='"\\', min_codepoint=32), max_size=6
)
VALUES = st.sampled_from(
    [
        "1.50",
        "1e2",
        '"\\u0041"',
        "[ 1,2 ]",
        '{"b":1, "a":2}',
        "null",
        "-0",
        '"ü/\\/"',
        "123456789012345678901234567890",
    ]
)
FIELDS = st.dictionaries(NAMES | st.sampled_from(["model", "seed", "stop"]), VALUES, max_size=6)
MESSAGES = st.sampled_from(
    ["[]", "[ ]", '[{"role":"user","content":"\\u0041 "}]', '[ {"a" : [ ]}\n, {"b":1.0} ]', "[1]"]
)


@given(FIELDS, MESSAGES, st.integers(0, 6), st.sampled_from(["", 'be "kind"']))
def test_every_other_field_passes_byte_for_byte_and_in_order(fields, messages, at, system):
    items = [(name, value) for name, value in fields.items() if name != "messages"]
    items.insert(at, ("messages", messages))
    body = (
        "{"
        + ",".join(f"{json.dumps(name, ensure_ascii=False)}: {value}" for name, value in items)
        + "}"
    )
    options = {"seed": 7, "top_p": 1}
    ask = asking(body.encode())
    out = speaker(system_prompt=system, default_request_options=options).outgoing(ask).body
    found = {name: bytes(value).decode() for name, value in read(out).items()}
    given = dict(items)
    own = [name for name in ["seed", "top_p", "model"] if name not in given]
    assert list(found) == [*given, *own]
    for name, value in given.items():
        if name not in {"model", "messages"}:
            assert found[name] == value
    assert found["model"] == '"gpt-x"'
    assert all(found[name] == str(options[name]) for name in own if name in options)
    spliced = found["messages"]
    if not system:
        assert spliced == messages
    else:
        rest = messages.lstrip()[1:].lstrip()
        assert spliced.endswith(rest)
        assert json.loads(spliced) == [{"role": "system", "content": system}, *json.loads(messages)]


def test_what_shapes_the_callers_answer_cannot_be_a_default():
    assert set(NOT_DEFAULTS) == {"model", "messages", "prompt", "input", "stream", "n"}
