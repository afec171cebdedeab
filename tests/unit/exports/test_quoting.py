import ast
import json
import shlex

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.exports.texts import bash, names, purposes

from quintain.exports.quoting import json_text, key_of, quoted, word


def printable(text):
    return all(char.isprintable() or char == "\n" for char in text)


@given(names | purposes)
def test_a_quoted_text_is_the_same_to_python_and_to_yaml(text):
    literal = quoted(text)
    assert ast.literal_eval(literal) == text
    assert yaml.safe_load(f"- key: {literal}\n") == [{"key": text}]
    assert literal.isprintable()


@given(st.dictionaries(names | purposes, names | purposes | st.none() | st.lists(names)))
def test_json_comes_back_as_it_was(document):
    text = json_text(document)
    assert json.loads(text) == document
    assert printable(text)


@settings(max_examples=40)
@given(st.lists(names, min_size=1, max_size=20))
def test_bash_reads_each_word_as_it_was(texts):
    words = [word(text) for text in texts]
    assert all(map(printable, words))
    assert bash(f"printf '%s\\0' {' '.join(words)}") == texts


@given(names.filter(str.isprintable))
def test_every_shell_reads_a_printable_word(text):
    assert shlex.split(word(text)) == [text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gpt:v1", "gpt:v1"),
        ("my bot:v1", "'my bot:v1'"),
        ("größe:v1", "'größe:v1'"),
        ("a\u202eb'\\", "$'a\\342\\200\\256b\\'\\\\'"),
    ],
)
def test_a_word_is_quoted_where_it_has_to_be(text, shown):
    assert word(text) == shown


def test_a_key_that_is_not_set_is_told_by_the_shell():
    assert bash(f"printf '%s\\0' {key_of('A_KEY')}", A_KEY="a b") == ["a b"]
