"""The token in a login's answer, and how long it lasts."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.gateway.logins.answers import (
    LONGEST_S,
    LONGEST_TOKEN,
    UNTOLD_S,
    NoToken,
    granted,
    lasts,
    pick,
)

NOW = 1_800_000_000.0


def jwt(**claims):
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJub25lIn0.{part}.c2ln"


def token(answer, key=""):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return granted(body, key).token.reveal()


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ({"access_token": "tok-1"}, "access_token"),
        ({"data": {"access_token": "tok-1"}}, "data.access_token"),
        ({"data": [{"x": 1}, {"t": "tok-1"}]}, "data.1.t"),
        ([["tok-1"]], "0.0"),
        ({"https://x.example/t": "tok-1"}, "https://x.example/t"),
        ({"a": {"b.c": "tok-1"}}, "a.b.c"),
        ({"a.b": "tok-1", "a": {"b": "other"}}, "a.b"),
        ({"0": "tok-1"}, "0"),
        ({"": {"": "tok-1"}}, "."),
        ({"t": " tok-1\n"}, "t"),
    ],
)
def test_a_token_is_picked_by_its_dotted_key(answer, key):
    assert token(answer, key) == "tok-1"


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": "tok-1", "id_token": "other", "token": "other"},
        {"token": "tok-1"},
        {"access_token": "", "id_token": "tok-1"},
        "tok-1",
        b"tok-1\n",
    ],
)
def test_without_a_key_the_usual_names_or_the_whole_body_are_taken(answer):
    assert token(answer) == "tok-1"


def test_a_token_may_stand_in_a_header():
    found = granted(b'{"expires_in": 60}', "header:X-Auth", {"X-Auth": "tok"})
    assert (found.token.reveal(), found.lasts_s) == ("tok", 60)
    with pytest.raises(NoToken, match="header:X-Auth"):
        granted(b"{}", "header:X-Auth", {})


def test_a_byte_order_mark_is_no_part_of_an_answer():
    assert granted(b'\xef\xbb\xbf{"token": "tok"}', "").token.reveal() == "tok"


def test_a_number_and_a_token_with_its_scheme_are_tokens_too():
    assert token({"token": 12345678}) == "12345678"
    assert token(b"12345678") == "12345678"
    assert token(b"Bearer tok-1") == "Bearer tok-1"


@pytest.mark.parametrize(
    ("answer", "key", "said"),
    [
        ({"jeton": "hidden-word", "expires_in": 9}, "access_token", "it has the fields jeton, expires_in"),
        ({"jeton": "hidden-word"}, "", "say in jwt_response_key"),
        ({"data": {"token": "hidden-word"}}, "data.0", "nothing at jwt_response_key 'data.0'"),
        (["hidden-word"], "1", "it is a JSON list"),
        (["hidden-word"], "-1", "it is a JSON list"),
        (["hidden-word"], "9999999999", "it is a JSON list"),
        ({"t": {"hidden-word": 1}}, "t", "no text that could be a token"),
        ({"t": None}, "t", "no text"),
        ({"t": True}, "t", "no text"),
        ({"t": " "}, "t", "no text"),
        ({"t": "a\r\nhidden-word: 1"}, "t", "no header can carry"),
        ({"t": "hidden-wörd"}, "t", "no header can carry"),
        ({"t": "hidden-word" * LONGEST_TOKEN}, "t", "more than"),
        ([], "", "no text"),
        (b"", "", "neither JSON nor a token"),
        (b"<html>hidden-word</html>", "", "neither JSON nor a token"),
        (b"hidden-word was not found", "", "neither JSON nor a token"),
        (b"hidden-word", "access_token", "it is no JSON object"),
        ({"hidden-word " * 9: 1}, "", "has none of"),
    ],
)  # fmt: skip
def test_an_answer_without_a_token_is_told_without_a_word_of_it(answer, key, said):
    with pytest.raises(NoToken) as caught:
        token(answer, key)
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="."), max_size=5)
trees = st.recursive(
    st.text(max_size=3),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(names, inner, min_size=1, max_size=3)
    ),
)


def paths(tree, way=()):
    yield way, tree
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, inner in [] if isinstance(tree, str) else items:
        yield from paths(inner, (*way, str(key)))


@given(trees)
def test_whatever_stands_in_an_answer_is_found_by_its_path(tree):
    for way, leaf in paths(tree):
        if way:
            assert pick(tree, ".".join(way))[1] is leaf


@given(trees, st.text(max_size=8))
def test_a_key_finds_what_is_there_or_says_that_there_is_nothing(tree, key):
    try:
        _, found = pick(tree, key)
    except KeyError:
        return
    assert any(found is leaf for _, leaf in paths(tree))


# --- how long it lasts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "beside", "seconds"),
    [
        (jwt(exp=NOW + 600), {}, 600),
        ("opaque", {"expires_in": 120}, 120),
        ("opaque", {"expires_in": "120"}, 120),
        ("opaque", {"expiresIn": 120.5}, 120.5),
        ("opaque", {"expires_at": NOW + 60}, 60),
        ("opaque", {"expires_at": (NOW + 60) * 1000}, 60),
        ("opaque", {"expires_on": str(int(NOW) + 60)}, 60),
        ("opaque", {"expires_at": "2027-01-15T08:01:00Z"}, 60),
        ("opaque", {"expires_at": "2027-01-15T10:01:00+02:00"}, 60),
        ("opaque", {"expires_at": "2027-01-15T08:01:00"}, 60),
        (jwt(exp=NOW + 600), {"expires_in": 120}, 120),
        (jwt(exp=NOW + 60), {"expires_in": 120}, 60),
        ("opaque", {}, UNTOLD_S),
        ("opaque", {"expires_in": None, "expires_at": "soon"}, UNTOLD_S),
        ("opaque", {"expires_in": 0}, UNTOLD_S),
        ("opaque", {"expires_in": True}, UNTOLD_S),
        ("opaque", {"expires_in": "1e999"}, UNTOLD_S),
        ("opaque", {"expires_in": 10**400}, UNTOLD_S),
        (jwt(exp=NOW - 600), {}, UNTOLD_S),  # a clock is wrong
        (jwt(exp=NOW - 600), {"expires_in": 120}, 120),
        (jwt(exp="x"), {}, UNTOLD_S),
        ("a.%%%.c", {}, UNTOLD_S),
        ("a.bm9qc29u.c", {}, UNTOLD_S),
        ("a.W10.c", {}, UNTOLD_S),
        ("opaque", {"expires_in": 1e12}, LONGEST_S),
        ("opaque", "no object", UNTOLD_S),
    ],
)
def test_the_first_end_that_is_told_counts(text, beside, seconds):
    assert lasts(text, [beside], NOW) == pytest.approx(seconds)


@given(st.text(), st.dictionaries(st.sampled_from(["expires_in", "expires_at", "exp"]), st.from_type(object) | st.text() | st.floats() | st.integers()))  # fmt: skip
def test_no_answer_makes_a_token_last_for_ever_or_never(text, beside):
    assert 0 < lasts(text, [beside], NOW) <= LONGEST_S


def test_an_end_may_stand_beside_the_token_or_at_the_top():
    now = time.time()
    inner = {"data": {"token": "tok-1", "expires_in": 50}, "expires_at": now + 5000}
    body = json.dumps(inner).encode()
    assert granted(body, "data.token").lasts_s == pytest.approx(50, abs=5)
    outer = json.dumps({"data": {"token": "tok-1"}, "expires_in": 70}).encode()
    assert granted(outer, "data.token").lasts_s == 70


def test_a_token_does_not_show_itself():
    assert "a-token-of-a-login" not in repr(granted(b"a-token-of-a-login", ""))
