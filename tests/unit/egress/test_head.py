"""The head of a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from yarl import URL

from quintain import __version__
from quintain.egress.failures import OutboundError
from quintain.egress.head import head_of
from quintain.egress.route import route_of

ROUTE = route_of(URL("http://a.example:8000/v1/chat?x=1"))


def lines(headers, method="POST", body=b"{}"):
    head = head_of(ROUTE, method, headers, body)
    assert head.endswith(b"\r\n\r\n")
    return head.decode().removesuffix("\r\n\r\n").split("\r\n")


def test_a_head_is_the_request_line_and_the_headers_given():
    assert lines({"content-type": "application/json", "user-agent": "mine"}) == [
        "POST /v1/chat?x=1 HTTP/1.1",
        "Host: a.example:8000",
        "Accept-Encoding: identity",
        "content-type: application/json",
        "user-agent: mine",
        "Content-Length: 2",
    ]


def test_a_header_may_come_more_than_once():
    headers = CIMultiDict([("x-a", "1"), ("X-A", "2")])
    assert {"x-a: 1", "X-A: 2"} <= set(lines(headers))


def test_we_name_ourselves_unless_the_caller_does():
    assert f"User-Agent: quintain/{__version__}" in lines({})
    assert not any("quintain" in line for line in lines({"USER-AGENT": "theirs"}))


@pytest.mark.parametrize(
    "name",
    ["Host", "content-length", "Transfer-Encoding", "connection", "TE", "Upgrade", "Expect",
     "Accept-Encoding", "Keep-Alive", "Proxy-Connection", "trailer"],
)  # fmt: skip
def test_what_frames_the_message_is_ours_alone(name):
    assert lines({name: "theirs"}) == lines({})


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("POST", None, "0"), ("PUT", b"", "0"), ("GET", b"abc", "3"), ("GET", None, None)],
)
def test_the_length_is_told_where_a_body_may_be(method, body, length):
    told = [line for line in lines({}, method, body) if line.startswith("Content-Length")]
    assert told == ([] if length is None else [f"Content-Length: {length}"])


@pytest.mark.parametrize(
    "value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "\r\n\r\nGET /", "a\x7f"]
)
@pytest.mark.parametrize("place", ["name", "value"])
def test_line_breaks_and_control_characters_are_refused(value, place):
    headers = {value: "v"} if place == "name" else {"authorization": value}
    with pytest.raises(OutboundError) as caught:
        lines(headers)
    assert (caught.value.code, caught.value.stage) == ("header_refused", "egress")


def test_a_refused_value_is_not_shown():
    with pytest.raises(OutboundError) as caught:
        lines({"authorization": "Bearer s3cr3t\n"})
    assert "authorization" in caught.value.message
    assert "s3cr3t" not in repr(caught.value) + caught.value.message


@pytest.mark.parametrize("name", ["", "a b", "a:b", "é", "a\t"])
def test_a_name_that_is_no_token_is_refused(name):
    with pytest.raises(OutboundError):
        lines({name: "v"})


def test_half_a_character_is_refused():
    with pytest.raises(OutboundError, match="'x-half'"):
        lines({"x-whole": "é", "x-half": "\ud800"})


@pytest.mark.parametrize("value", ["", "a\tb", "naïve", "日本", "\u00a0"])
def test_tabs_and_letters_of_all_scripts_are_sent(value):
    assert f"x-a: {value}" in lines({"x-a": value})


def test_a_method_that_is_no_token_is_refused():
    with pytest.raises(OutboundError):
        head_of(ROUTE, "GET / HTTP/1.1\r\nX: y\r\n\r\nPOST", {}, None)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_no_header_can_add_a_line(headers):
    try:
        got = head_of(ROUTE, "GET", headers, None)
    except OutboundError:
        return
    assert got.count(b"\n") == got.count(b"\r") == got.count(b"\r\n")
    assert got.count(b"\r\n") <= 5 + len(headers)
    assert got.index(b"\r\n\r\n") == len(got) - 4
