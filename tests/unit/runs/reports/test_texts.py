"""Texts in every form."""

import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.runs.reports.shown import visible
from quintain.runs.reports.texts import counted, dumped, for_xml, listed, said, spoken, whole

ANY = st.text(st.characters())  # halves of characters too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=8,
)


@given(ANY)
def test_every_text_can_be_encoded_and_put_into_xml(text):
    assert whole(text).encode().decode() == whole(text)
    from xml.sax.saxutils import escape

    ET.fromstring(f"<a>{escape(for_xml(text))}</a>".encode())


@given(JSON)
def test_whatever_is_given_becomes_json(value):
    json.loads(dumped(value).encode())


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"role": "user", "content": "hello"}, "hello"),
        ({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}, "a\n[image_url]"),
        ({"role": "assistant", "content": None}, ""),
        ({"role": "user", "content": {"odd": 1}}, '{"odd":1}'),
        ("just text", "just text"),
    ],
)  # fmt: skip
def test_a_turn_is_text_whatever_form_it_has(message, text):
    assert said(message) == text


def test_several_turns_have_their_roles():
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert spoken(turns) == "user: a\n\nassistant: b"
    assert spoken(turns[:1]) == "a"
    assert spoken(None) == ""


def test_hidden_characters_are_named_and_common_ones_stay():
    assert visible("a\u200b\u200b\u202eb") == "a⟦U+200B x2, U+202E⟧b"
    assert visible("line\n\ttab é 漢 🙂") == "line\n\ttab é 漢 🙂"


def test_numbers_and_lists_are_english():
    assert (counted(1, "retry", "retries"), counted(2000, "attack")) == ("1 retry", "2,000 attacks")
    assert (listed("a"), listed("ab"), listed("abc")) == ("a", "a and b", "a, b and c")
