"""Whatever a target says can be kept."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from quintain.runs.records.texts import in_column, sound, written

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
SURROGATES = st.text(st.characters(codec=None, categories=["Cs", "Lu"]))


@given(ANY | SURROGATES | st.lists(SURROGATES))
def test_anything_becomes_json_that_both_databases_take(value):
    text = written(value)
    text.encode()
    assert "\0" not in text
    orjson.loads(text)


@given(st.text(st.characters(codec="utf-8")))
def test_what_utf8_can_hold_comes_back_as_it_was(text):
    assert orjson.loads(written({"answer": text})) == {"answer": text}


def test_half_a_pair_is_spelt_out():
    assert orjson.loads(written(["a\ud83db"])) == ["a\\ud83db"]
    assert sound("\udc00") == "\\udc00"


def test_deep_and_foreign_values_are_written_as_text():
    deep = value = []
    for _ in range(400):
        deep.append([])
        deep = deep[0]
    assert "nested too deeply" in written(value)
    assert orjson.loads(written({"at": {2**80, "x"}.__class__})) == {"at": "<class 'set'>"}


@given(st.text() | SURROGATES | st.none() | st.integers())
def test_a_column_takes_any_text_within_its_length(value):
    text = in_column(value, 20)
    assert len(text) <= 20
    assert "\0" not in text
    text.encode()
