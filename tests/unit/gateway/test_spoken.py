"""Answers that come to nothing, told as OpenAI's clients can bear."""

import json
from types import SimpleNamespace

import pytest
from tests.unit.dialects.asks import asking

from quintain.dialects.base import Answer, Piece
from quintain.errors import TargetError
from quintain.gateway.call import Call
from quintain.gateway.spoken import spoken, streamed


def call(**fields):
    compiled = SimpleNamespace()  # not looked at
    return Call("1", compiled, asking({"messages": []}, **fields), "m", wait_s=0)


async def events_of(*pieces):
    async def source():
        for piece in pieces:
            yield piece

    told = b"".join([event async for event in streamed(call(stream=True), source())])
    return [json.loads(line[6:]) for line in told.split(b"\n\n") if line.startswith(b"data: {")]


def test_a_filtered_answer_without_words_says_that_it_was_withheld():
    result = spoken(call(), Answer(finish_reason="content_filter"))
    message = json.loads(result.body)["choices"][0]["message"]
    assert message["refusal"] == "The target's provider withheld this answer."


async def test_so_does_a_stream():
    events = await events_of(Piece(reasoning="hm"), Piece(finish_reason="content_filter"))
    deltas = [event["choices"][0]["delta"] for event in events]
    assert deltas[1:] == [{"refusal": "The target's provider withheld this answer."}, {}]


async def test_a_stream_of_thoughts_alone_is_an_empty_answer():
    with pytest.raises(TargetError) as caught:
        await events_of(Piece(reasoning="hm"), Piece(finish_reason="stop"))
    assert caught.value.code == "empty_answer"
