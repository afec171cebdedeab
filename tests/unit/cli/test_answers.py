import json

import pytest

from quintain.cli.answers import Piece, piece_of, whole
from quintain.cli.exits import Code, Failure


def event(**delta):
    return json.dumps({"choices": [{"delta": delta, "finish_reason": None}]})


def test_a_piece_is_its_text():
    assert piece_of(event(content="Hello")) == Piece("Hello")
    assert piece_of(event(role="assistant", content=None)) == Piece()
    assert piece_of('{"choices": [], "usage": {}}') == Piece()


def test_a_refusal_is_text_as_well():
    assert piece_of(event(refusal="No.")).text == "No."


def test_tool_calls_are_named():
    calls = [{"index": 0, "function": {"name": "search", "arguments": ""}}]
    assert piece_of(event(tool_calls=calls)).tools == ("search",)


def test_a_whole_answer_is_read_the_same():
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "length"}]}
    assert whole(body) == Piece("Hi", "length")


def test_an_error_in_the_stream_ends_the_call():
    with pytest.raises(Failure, match="The target went away") as raised:
        piece_of('{"error": {"message": "The target went away.", "code": "target_http_failed"}}')
    assert raised.value.exit_code is Code.FAILED


def test_a_rate_limit_in_the_stream_has_its_own_exit_code():
    with pytest.raises(Failure) as raised:
        piece_of('{"error": {"message": "Full.", "code": "rate_limit_exceeded"}}')
    assert raised.value.exit_code is Code.LATER


@pytest.mark.parametrize("text", ["not json", "[]", '"x"'])
def test_what_is_no_chat_is_said(text):
    with pytest.raises(Failure):
        piece_of(text)
