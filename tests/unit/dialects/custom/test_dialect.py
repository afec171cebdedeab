"""Targets with a format of their own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.base import CHAT, COMPLETIONS, EMBEDDINGS, Ask
from quintain.dialects.custom.dialect import Custom, CustomSpeaker, with_auth
from quintain.dialects.jq import JqFailed
from quintain.errors import BadRequest, TargetError
from quintain.registry.providers import effective
from quintain.registry.schema import AuthData, ModelConfig, Target
from quintain.secret import Secret

ENDPOINT = {"host": "bot.example", "base_path": "/api"}
SYSTEM = {"role": "system", "content": "theirs"}
USER = {"role": "user", "content": "hi"}


def speaker(payload=None, jq=None, **given):
    document = {
        "model_provider": "custom",
        "endpoint": ENDPOINT,
        "custom_payload": payload or {"q": "{prompt}"},
    }
    config = ModelConfig.model_validate(document | given)
    return CustomSpeaker("bot-9", effective(config), jq or FakeJq())


def asking(*messages, kind=CHAT, **fields):
    fields = ({"messages": list(messages)} if kind == CHAT else {}) | fields
    return Ask(kind, {name: Raw(json.dumps(value).encode()) for name, value in fields.items()})


def sent(payload, *messages, **given):
    return json.loads(speaker(payload, **given).outgoing(asking(*messages)).body)


def test_the_prompt_is_the_last_message_of_the_user():
    messages = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "a"}, USER]
    assert sent({"q": "{prompt}"}, *messages) == {"q": "hi"}


def test_all_messages_go_where_the_template_has_a_place_for_them():
    assert sent({"m": "{messages}", "model": "{model_name}"}, SYSTEM, USER) == {
        "m": [SYSTEM, USER],
        "model": "bot-9",
    }


@pytest.mark.parametrize(
    ("payload", "result"),
    [
        ({"s": "{system_prompt}", "q": "{prompt}"}, {"s": "ours\n\ntheirs", "q": "hi"}),
        ({"q": "{prompt}"}, {"q": "ours\n\ntheirs\n\nhi"}),
        ({"m": "{messages}"}, {"m": [{"role": "system", "content": "ours\n\ntheirs"}, USER]}),
        ({"s": "{system_prompt}", "m": "{messages}"}, {"s": "ours\n\ntheirs", "m": [USER]}),
        (
            {"q": "{prompt}", "m": "{messages}"},
            {"q": "hi", "m": [{"role": "system", "content": "ours\n\ntheirs"}, USER]},
        ),
    ],
)
def test_the_system_text_is_said_once_ours_before_theirs(payload, result):
    assert sent(payload, SYSTEM, USER, system_prompt="ours") == result


def test_a_session_id_is_new_for_each_call():
    speaking = speaker({"q": "{prompt}", "s": "{session_id}"})
    first, second = (json.loads(speaking.outgoing(asking(USER)).body)["s"] for _ in range(2))
    assert first != second
    assert len(first) == 36


def test_default_options_lie_below_the_template():
    assert sent({"q": "{prompt}", "a": 1}, USER, default_request_options={"a": 2, "b": 3}) == {
        "q": "hi",
        "a": 1,
        "b": 3,
    }


def test_a_completion_is_a_chat_of_one_prompt():
    assert json.loads(speaker().outgoing(asking(kind=COMPLETIONS, prompt="hi")).body) == {"q": "hi"}


def test_text_parts_are_put_together_and_other_parts_need_a_place():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert sent({"q": "{prompt}"}, {"role": "user", "content": parts}) == {"q": "ab"}
    picture = {"role": "user", "content": [*parts, {"type": "image_url"}]}
    assert sent({"m": "{messages}"}, picture) == {"m": [picture]}
    with pytest.raises(BadRequest, match="other parts need"):
        sent({"q": "{prompt}"}, picture)


def test_images_may_have_a_path_of_their_own():
    paths = {"chat": "/say", "vision": "/see"}
    plain, seeing = asking(USER), asking(USER)
    seeing.images = True
    speaking = speaker(paths=paths)
    assert [speaking.outgoing(each).url.path for each in (plain, seeing)] == [
        "/api/say",
        "/api/see",
    ]
    assert speaker(paths={"completions": "/do"}).outgoing(seeing).url.path == "/api/do"


def test_fields_without_a_place_are_dropped_by_name():
    ask = asking(
        USER,
        temperature=1,
        stop=["#"],
        stream=True,
        model="bot",
        tools=[],
        response_format={"type": "text"},
    )
    assert speaker().outgoing(ask).dropped == ("response_format", "stop", "temperature", "tools")


@pytest.mark.parametrize("field", ["tools", "functions", "response_format", "audio"])
def test_a_field_whose_loss_would_be_noticed_is_refused(field):
    with pytest.raises(BadRequest) as caught:
        speaker().outgoing(asking(USER, **{field: [{"x": 1}]}))
    assert (caught.value.param, caught.value.code) == (field, "unsupported_field")


@pytest.mark.parametrize(
    "ask",
    [
        asking(kind=EMBEDDINGS, input="x"),
        asking(kind=COMPLETIONS),
        asking(kind=COMPLETIONS, prompt=["a"]),
        asking(kind=COMPLETIONS, prompt=""),
        asking(),
        asking(messages=None),
        asking(messages="abc"),
        asking(messages={}),
        asking("abc"),
        asking(SYSTEM),
        asking({"role": [], "content": "x"}),
        asking({"role": "user", "content": 10**40}),
    ],
)
def test_what_it_cannot_take_is_refused(ask):
    with pytest.raises(BadRequest):
        speaker({"m": "{messages}", "q": "{prompt}"}).outgoing(ask)


def test_a_part_of_an_odd_type_needs_a_place_for_all_messages():
    ask = asking({"role": "user", "content": [{"type": []}]})
    with pytest.raises(BadRequest, match="other parts need"):
        speaker().outgoing(ask)


@pytest.mark.parametrize(
    "content",
    [b"[" * 300 + b"]" * 300, b"12345678901234567890123", b'"\xff"', b"1e999", b"[" * 5000],
)
def test_numbers_and_depths_that_no_format_carries_are_refused(content):
    messages = b'[{"role": "user", "content": ' + content + b"}]"
    with pytest.raises(BadRequest) as caught:
        speaker({"m": "{messages}"}).outgoing(Ask(CHAT, {"messages": Raw(messages)}))
    assert caught.value.param == "messages"


@given(st.text(), st.text())
def test_no_prompt_can_change_anything_but_its_own_string(prompt, system):
    payload = {"q": "say: {prompt}", "s": "{session_id}", "fixed": {"a": ["{x}"]}}
    messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
    body = sent(payload, *messages)
    assert body["q"] == "say: " + (f"{system}\n\n" if system else "") + prompt
    assert body["fixed"] == {"a": ["{x}"]}
    assert set(body) == {"q", "s", "fixed"}


# --- answers -------------------------------------------------------------------------------------


async def answered(body, jq=None, **given):
    return (await speaker(None, jq, **given).answer(body)).text


async def test_what_jq_yields_is_the_text():
    jq = FakeJq(["a", None, "", {"b": 1}, 2])
    assert await answered(b'{"x": 1}', jq, custom_response_format=".x") == 'a\n{"b":1}\n2'
    assert jq.asked == [(".x", b'{"x": 1}')]


@pytest.mark.parametrize(
    ("body", "text"), [(b'"plain"', "plain"), (b'{"a":1}', '{"a":1}'), (b"7", "7")]
)
async def test_without_a_format_the_body_is_the_text(body, text):
    assert await answered(body) == text


async def test_a_body_of_text_goes_to_jq_as_a_string():
    jq = FakeJq(lambda data: [data.upper()])
    kind = {"custom_response_content_type": "text"}
    assert await answered(b"hi \xff", jq, **kind) == "hi �"
    assert await answered(b"hi", jq, custom_response_format=".", **kind) == "HI"


async def test_events_are_put_together():
    jq = FakeJq(lambda data: [json.loads(data)["t"]])
    body = b'data: {"t": "a"}\n\n: ping\n\ndata: {"t": "b"}\n\ndata: [DONE]\n\n'
    kind = {"custom_response_content_type": "sse"}
    assert await answered(body, jq, custom_response_format=".t", **kind) == "ab"
    assert await answered(b"data: he\n\ndata: llo", **kind) == "hello"


@pytest.mark.parametrize("body", [b"<html>", b"{", b"\xff"])
async def test_a_body_that_is_no_json_is_a_mapping_failure(body):
    for form in ("", "."):
        with pytest.raises(TargetError) as caught:
            await answered(body, FakeJq(["x"]), custom_response_format=form)
        assert caught.value.stage == "mapping"


@pytest.mark.parametrize("yields", [[], [None], [""]])
async def test_nothing_is_an_empty_answer(yields):
    assert await answered(b"{}", FakeJq(yields), custom_response_format=".x") == ""


async def test_a_program_that_does_not_fit_is_a_mapping_failure():
    with pytest.raises(JqFailed):
        await answered(b"{}", FakeJq(JqFailed("no")), custom_response_format=".x")


async def test_an_answer_too_deep_to_be_written_is_a_mapping_failure():
    with pytest.raises(TargetError, match="too deeply"):
        await answered(b"[" * 500 + b"]" * 500)


# --- secrets and checks --------------------------------------------------------------------------


def test_further_auth_values_are_filled_in_and_a_lost_one_is_left_out():
    auth = AuthData.model_validate({"tenant": "t-1", "lost": Secret.unreadable()})
    assert with_auth({"a": ["{auth.tenant}/{auth.lost}/{prompt}"]}, auth) == {
        "a": ["t-1/{auth.lost}/{prompt}"]
    }
    assert with_auth("{auth.tenant}", None) == "{auth.tenant}"


async def problems(**given):
    document = {
        "model_provider": "custom",
        "endpoint": ENDPOINT,
        "custom_payload": {"q": "{prompt}"},
    }
    target = Target.model_validate({"model_name": "m", "model_config": document | given})
    return [detail.field for detail in await Custom().check(target, FakeJq())]


async def test_a_registration_that_can_work_has_no_problem():
    assert await problems() == []
    assert await problems(custom_payload={"m": "{messages}"}, custom_response_format=".x") == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"endpoint": {}}, "endpoint.host"),
        ({"custom_payload": {}}, "custom_payload"),
        ({"custom_payload": {"q": "no place"}}, "custom_payload"),
        ({"custom_payload": {"{prompt}": "a key is no place"}}, "custom_payload"),
        ({"custom_response_format": "bad"}, "custom_response_format"),
    ],
)
async def test_each_problem_names_its_field(given, field):
    assert await problems(**given) == [f"model_config.{field}"]


async def test_all_problems_are_named_at_once():
    assert len(await problems(endpoint={}, custom_payload={}, custom_response_format="bad")) == 3
