"""What a call carries, against what the model takes."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from quintain.dialects.base import CHAT, EMBEDDINGS, Ask
from quintain.errors import BadRequest
from quintain.gateway.modalities import check

TEXT = frozenset({"text"})
IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}}


def asked(content, kind=CHAT):
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": content}]
    return Ask(kind, {"messages": Raw(json.dumps(messages).encode())})


def test_plain_text_passes_a_text_model():
    check(asked("hello"), TEXT, TEXT)
    check(asked([{"type": "text", "text": "hello"}]), TEXT, TEXT)


@pytest.mark.parametrize(
    ("kind", "modality"),
    [
        ("image_url", "image"),
        ("input_image", "image"),
        ("input_audio", "audio"),
        ("video_url", "video"),
    ],
)
def test_a_part_that_the_model_does_not_take_is_refused_by_its_place(kind, modality):
    ask = asked([{"type": "text", "text": "see"}, {"type": kind}])
    with pytest.raises(BadRequest, match="does not take") as caught:
        check(ask, TEXT, TEXT)
    assert caught.value.param == "messages.1.content.1"
    check(ask, TEXT | {modality}, TEXT)


def test_an_image_is_noted_so_that_it_can_go_to_a_path_of_its_own():
    ask = asked([IMAGE])
    check(ask, TEXT | {"image"}, TEXT)
    assert ask.images


def test_a_part_whose_type_is_spelled_with_escapes_is_seen_as_well():
    raw = json.dumps([{"role": "user", "content": [IMAGE]}]).replace('"type"', r'"\u0074ype"')
    with pytest.raises(BadRequest):
        check(Ask(CHAT, {"messages": Raw(raw.encode())}), TEXT, TEXT)


def test_text_is_refused_by_a_model_that_takes_none_and_taken_by_one_for_code():
    with pytest.raises(BadRequest):
        check(asked("hello"), frozenset({"image"}), TEXT)
    check(asked("hello"), frozenset({"code"}), TEXT)


def test_an_output_that_the_model_does_not_have_is_refused():
    ask = asked("hello")
    ask.fields["modalities"] = Raw(b'["text", "audio"]')
    with pytest.raises(BadRequest, match="audio"):
        check(ask, TEXT, TEXT)
    check(ask, TEXT, frozenset({"text", "audio"}))


@pytest.mark.parametrize("messages", ['"abc"', "{}", "null", "1", "true"])
def test_messages_that_are_no_list_are_refused(messages):
    with pytest.raises(BadRequest, match="messages must be a list"):
        check(Ask(CHAT, {"messages": Raw(messages.encode())}), TEXT, TEXT)


def test_only_chats_have_messages():
    check(Ask(EMBEDDINGS, {"messages": Raw(b'"mine"'), "input": Raw(b'"x"')}), TEXT, TEXT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "content", "role", "text"]) | st.text(), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.fixed_dictionaries({"role": JSON, "content": JSON}) | JSON, max_size=3), JSON)
def test_odd_json_is_refused_or_passed_on_and_never_breaks(messages, modalities):
    fields = {"messages": messages, "modalities": modalities}
    ask = Ask(CHAT, {name: Raw(json.dumps(value).encode()) for name, value in fields.items()})
    with contextlib.suppress(BadRequest):
        check(ask, TEXT, TEXT)


@pytest.mark.parametrize("raw", [b'["\xff", {"type": 1}]', b'[{"type": 1e999}]'])
def test_what_cannot_be_decoded_is_a_bad_request(raw):
    with pytest.raises(BadRequest, match="messages cannot be read"):
        check(Ask(CHAT, {"messages": Raw(raw)}), TEXT, TEXT)
