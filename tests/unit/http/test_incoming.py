"""A gateway request, read."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.errors import BadRequest, UnsupportedMedia
from quintain.http.incoming import Asked, ask_of, headers_of, named, patience

CHAT = "/v1/chat/completions"


def scope(**headers):
    return {"headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]}


def test_the_headers_that_a_call_reads():
    asked = headers_of(
        scope(x_enkrypt_model="bot", x_enkrypt_model_version="v2", x_quintain_max_wait="5",
              x_stainless_read_timeout="600", x_stainless_retry_count="1", x_irid="i", cookie="no")
    )  # fmt: skip
    assert asked == Asked("bot", "v2", "5", "600", "1", "i", "")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", ""])
def test_a_body_of_json_is_taken(kind):
    assert headers_of(scope(content_type=kind)).content_type == kind


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/jsonp", "multipart/form-data", "application/json-seq"]
)
def test_a_body_of_another_type_is_refused(kind):
    with pytest.raises(UnsupportedMedia):
        headers_of(scope(content_type=kind))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (CHAT, "chat"),
        ("/v1/completions", "completions"),
        ("/v1/embeddings", "embeddings"),
        ("/v1/audio/speech", "audio/speech"),
    ],
)
def test_the_path_says_what_kind_of_call_it_is(path, kind):
    assert ask_of(path, b"{}").kind == kind


def test_fields_stay_as_they_were_sent_and_in_their_order():
    ask = ask_of(CHAT, b'{ "b" : 1.50 , "a":[ 1 ]\n}')
    assert {name: bytes(raw) for name, raw in ask.fields.items()} == {"b": b"1.50", "a": b"[ 1 ]"}
    assert list(ask.fields) == ["b", "a"]


@pytest.mark.parametrize(("stream", "asked"), [("true", True), ("false", False), ("null", False)])
def test_whether_a_stream_is_asked_for(stream, asked):
    assert ask_of(CHAT, f'{{"stream" :  {stream} }}'.encode()).stream is asked
    assert not ask_of(CHAT, b"{}").stream


@pytest.mark.parametrize("stream", ["1", '"true"', "[]", "{}"])
def test_a_stream_that_is_neither_yes_nor_no_is_refused(stream):
    with pytest.raises(BadRequest) as caught:
        ask_of(CHAT, f'{{"stream": {stream}}}'.encode())
    assert caught.value.param == "stream"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"{} x", b"{'a': 1}", b'{"a": NaN}', b'{"\xff": 1}', b'{"\\ud800": 1}',
     b'{"m":' + b"[" * 100_000 + b"]" * 100_000 + b"}"],
)  # fmt: skip
def test_what_is_no_json_object_is_a_bad_request(body):
    with pytest.raises(BadRequest) as caught:
        ask_of(CHAT, body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


@given(st.binary(max_size=80))
def test_no_bytes_break_anything(body):
    with contextlib.suppress(BadRequest):
        named(Asked(), ask_of(CHAT, body))


def body(**fields):
    return ask_of(CHAT, json.dumps(fields).encode())


def test_the_model_is_named_in_the_body_or_by_headers_which_win():
    ask = body(model=" bot:v1 ")
    assert named(Asked(), ask) == ("bot:v1", None)
    assert named(Asked(version="v2"), ask) == ("bot:v1", "v2")
    assert named(Asked(model=" other "), ask) == ("other", None)
    assert named(Asked(model="other", version=" v3 "), ask) == ("other", "v3")
    assert named(Asked(model="other"), body()) == ("other", None)


@pytest.mark.parametrize(
    "raw", [b"{}", b'{"model": null}', b'{"model": 1}', b'{"model": ["a"]}', b'{"model": "\xff"}']
)
def test_a_model_that_is_not_named_by_a_string_is_refused(raw):
    with pytest.raises(BadRequest) as caught:
        named(Asked(), ask_of(CHAT, raw))
    assert caught.value.param == "model"


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (Asked(), 60.0),
        (Asked(max_wait="5"), 5.0),
        (Asked(max_wait="0"), 0.0),
        (Asked(max_wait="99999"), 3600.0),
        (Asked(read_timeout="600"), 60.0),
        (Asked(read_timeout="30"), 27.0),
        (Asked(read_timeout="5"), 4.0),
        (Asked(read_timeout="0.5"), 0.0),
        (Asked(read_timeout="600", max_wait="3600"), 540.0),
        (Asked(read_timeout="None"), 60.0),
        (Asked(read_timeout="NOT_GIVEN"), 60.0),
        (Asked(read_timeout="nan"), 60.0),
        (Asked(read_timeout="inf"), 60.0),
        (Asked(read_timeout="-inf", max_wait="9"), 9.0),
    ],
)
def test_patience_ends_before_the_callers_own_deadline(asked, wait):
    assert patience(asked, 60.0) == wait


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "1e999", "soon", "1,5"])
def test_a_wait_that_is_no_time_is_refused(text):
    with pytest.raises(BadRequest, match="X-Quintain-Max-Wait"):
        patience(Asked(max_wait=text), 60.0)


NUMBERS = st.floats().map(str) | st.integers().map(str) | st.text(max_size=6) | st.just("")


@given(NUMBERS, NUMBERS, st.floats(0, 3600))
def test_patience_is_always_a_time_within_both_bounds(max_wait, read_timeout, default):
    try:
        wait = patience(Asked(max_wait=max_wait, read_timeout=read_timeout), default)
    except BadRequest:
        return
    assert 0 <= wait <= max(3600, default)
    try:
        deadline = float(read_timeout)
    except ValueError:
        return
    if 1 <= deadline < 1e9:
        assert wait < deadline
