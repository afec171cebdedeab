"""A conversation in a target's own form: one item of a list, repeated for each message."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from quintain.dialects.base import CHAT, Ask
from quintain.dialects.custom.dialect import CustomSpeaker
from quintain.errors import BadRequest, Invalid
from quintain.registry.parse import parse_add
from quintain.registry.providers import effective

MESSAGES = [
    {"role": "user", "content": "hello"},
    {"role": "assistant", "content": "hi"},
    {"role": "user", "content": [{"type": "text", "text": "and now?"}]},
]


def speaker(payload, **config):
    given = {"model_provider": "custom", "endpoint": {"host": "h"}, "custom_payload": payload}
    body = {"model_saved_name": "x", "model_version": "v1", "testing_for": "agents"}
    parsed = parse_add(body | {"model_config": given | config})
    return CustomSpeaker("m", effective(parsed.config), None)


def sent(payload, messages=MESSAGES, **config):
    ask = Ask(CHAT, {"messages": Raw(json.dumps(messages).encode())})
    return json.loads(speaker(payload, **config).outgoing(ask).body)


def test_an_item_is_repeated_for_each_message_in_the_targets_own_words():
    payload = {"log": [{"who": "{message.role}", "said": "{message.text}"}]}
    roles = {"metadata": {"message_roles": {"user": "human", "assistant": "ai"}}}
    assert sent(payload, **roles)["log"] == [
        {"who": "human", "said": "hello"},
        {"who": "ai", "said": "hi"},
        {"who": "human", "said": "and now?"},
    ]


def test_what_came_before_can_stand_apart_from_the_prompt():
    payload = {"q": "{prompt}", "past": ["{history.role}: {history.text}"]}
    assert sent(payload) == {"q": "and now?", "past": ["user: hello", "assistant: hi"]}
    assert sent(payload, MESSAGES[:1]) == {"q": "hello", "past": []}


def test_other_items_of_the_list_stay_where_they_are():
    payload = {"log": [{"id": 0}, {"t": "{message.text}"}, "{model_name}"]}
    assert sent(payload, MESSAGES[:2]) == {"log": [{"id": 0}, {"t": "hello"}, {"t": "hi"}, "m"]}


def test_lists_within_an_item_are_part_of_it():
    payload = {"contents": [{"role": "{message.role}", "parts": [{"text": "{message.text}"}]}]}
    assert sent(payload, MESSAGES[:1]) == {
        "contents": [{"role": "user", "parts": [{"text": "hello"}]}]
    }


def test_it_works_in_json_within_a_string():
    payload = {"body": '{"turns": [{"r": "{message.role}", "t": "{message.text}"}]}'}
    assert json.loads(sent(payload, MESSAGES[:1])["body"]) == {
        "turns": [{"r": "user", "t": "hello"}]
    }


def test_the_system_text_is_the_first_of_them():
    payload = {"log": ["{message.role}={message.text}"], "q": "{prompt}"}
    found = sent(payload, MESSAGES[:1], system_prompt="Be kind.")
    assert found == {"log": ["system=Be kind.", "user=hello"], "q": "hello"}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_no_message_leaves_its_place(texts):
    messages = [{"role": "user", "content": text} for text in texts]
    found = sent({"log": [{"t": "{message.text}", "r": "{message.role}"}]}, messages)
    assert found == {"log": [{"t": text, "r": "user"} for text in texts]}


@pytest.mark.parametrize(
    "payload",
    [
        {"t": "{message.text}"},
        {"t": "{prompt}", "u": {"v": "{history.role}"}},
        {"t": ["{message.text} {history.text}"], "p": "{prompt}"},
    ],
)
def test_a_place_that_cannot_be_repeated_is_refused(payload):
    with pytest.raises(Invalid) as refused:
        speaker(payload)
    assert [each.field for each in refused.value.details] == ["model_config.custom_payload"]


def test_it_has_no_place_in_a_url():
    with pytest.raises(Invalid):
        speaker({"t": "{prompt}"}, paths={"chat": "/{message.text}"})


def test_a_picture_is_not_lost_in_silence():
    picture = {"type": "image_url", "image_url": {"url": "https://h/x.png"}}
    messages = [{"role": "user", "content": [picture]}, *MESSAGES]
    with pytest.raises(BadRequest, match="takes messages as text"):
        sent({"log": ["{message.text}"]}, messages)
