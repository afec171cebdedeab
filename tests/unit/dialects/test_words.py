"""OpenAI's bodies, written by us."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from quintain.dialects import words
from quintain.dialects.base import CHAT, COMPLETIONS, Answer, Piece
from quintain.dialects.openai.answers import choices_of
from quintain.dialects.sse import Events, data_of


def read(event):
    (only,) = Events().feed(event)
    return json.loads(data_of(only))


def test_a_whole_chat_answer():
    body = json.loads(
        words.whole(
            CHAT, "req_1", "bot", Answer("hi", finish_reason="length", usage={"total_tokens": 3})
        )
    )
    assert body.pop("created") > 0
    assert body == {
        "id": "chatcmpl-req_1", "object": "chat.completion", "model": "bot", "usage": {"total_tokens": 3},
        "choices": [{
            "index": 0, "finish_reason": "length", "logprobs": None,
            "message": {"role": "assistant", "content": "hi", "refusal": None},
        }],
    }  # fmt: skip


def test_a_whole_completion_has_text_and_no_usage_where_none_is_known():
    body = json.loads(words.whole(COMPLETIONS, "req_1", "bot", Answer("hi")))
    assert (body["object"], body["choices"][0]["text"]) == ("text_completion", "hi")
    assert "usage" not in body


def test_the_first_piece_of_a_chat_names_the_role():
    first = read(words.piece(CHAT, "r", "bot", Piece("a"), first=True))
    later = read(words.piece(CHAT, "r", "bot", Piece("b"), first=False))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "a"}
    assert later["choices"][0]["delta"] == {"content": "b"}
    assert first["object"] == later["object"] == "chat.completion.chunk"


@pytest.mark.parametrize(("kind", "empty"), [(CHAT, {"delta": {}}), (COMPLETIONS, {"text": ""})])
def test_the_last_event_says_why_it_ended(kind, empty):
    choice = read(words.last(kind, "r", "bot", "content_filter"))["choices"][0]
    assert choice == {"index": 0, "finish_reason": "content_filter"} | empty


@given(st.text(min_size=1), st.sampled_from([CHAT, COMPLETIONS]))
def test_any_text_survives(text, kind):
    choice = choices_of(words.whole(kind, "r", "bot", Answer(text)))[0]
    assert (choice.message.content if kind == CHAT else choice.text) == text
    piece = read(words.piece(kind, "r", "bot", Piece(text), first=True))["choices"][0]
    assert (piece["delta"]["content"] if kind == CHAT else piece["text"]) == text


CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}


def test_calls_thoughts_and_refusals_have_their_places():
    answer = Answer("", [CALL], "no", "hm", "tool_calls")
    body = json.loads(words.whole(CHAT, "r", "bot", answer))
    made = ChatCompletion.model_validate(body).choices[0]
    assert (made.message.tool_calls[0].id, made.message.refusal, made.message.content) == (
        "c1",
        "no",
        None,
    )
    assert made.message.reasoning_content == "hm"
    delta = read(words.piece(CHAT, "r", "bot", words.as_piece(answer), first=True))
    part = ChatCompletionChunk.model_validate(delta).choices[0].delta
    assert (part.tool_calls[0].index, part.tool_calls[0].id, part.refusal) == (0, "c1", "no")


def test_a_streams_count_stands_alone():
    body = read(words.counted(CHAT, "r", "bot", {"total_tokens": 3}))
    assert (body["choices"], body["usage"]) == ([], {"total_tokens": 3})
