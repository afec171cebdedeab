"""Answers of providers that speak nearly OpenAI, in the shapes that they document."""

import json

import pytest
from ai21.models.chat import ChatCompletionChunk as Ai21Chunk
from ai21.models.chat import ChatCompletionResponse as Ai21Answer
from huggingface_hub import ChatCompletionOutput
from hypothesis import given
from hypothesis import strategies as st
from mistralai.client.models import ChatCompletionResponse, CompletionChunk
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from quintain.dialects.nearly import answers as nearly_answers
from quintain.dialects.nearly.mending import mending

MENDS = [nearly_answers.mistral, nearly_answers.ai21, nearly_answers.huggingface]
USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
HEAD = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m"}
THOUGHT = {
    "type": "thinking",
    "thinking": [{"type": "text", "text": "2 and "}, {"type": "text", "text": "2"}],
}


def answer(message, finish_reason="stop", **head):
    choice = {
        "index": 0,
        "message": {"role": "assistant"} | message,
        "finish_reason": finish_reason,
    }
    return HEAD | head | {"choices": [choice], "usage": USAGE}


def chunk(delta, finish_reason=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return HEAD | {"object": "chat.completion.chunk", "choices": [choice]}


def mended(mend, body):
    return json.loads(mend(json.dumps(body).encode()))


def as_openai(body):
    return ChatCompletion.model_validate(body).choices[0]


def test_mistrals_thoughts_are_told_where_clients_look_for_them():
    given = answer({"content": [THOUGHT, {"type": "text", "text": "It is 4."}], "tool_calls": None})
    ChatCompletionResponse.model_validate(given)  # so it is a shape of theirs
    message = as_openai(mended(nearly_answers.mistral, given)).message
    assert (message.content, message.reasoning_content) == ("It is 4.", "2 and 2")


def test_mistrals_thoughts_stream_as_thoughts():
    first = chunk({"role": "assistant", "content": [THOUGHT]})
    CompletionChunk.model_validate(first)
    delta = (
        ChatCompletionChunk.model_validate(mended(nearly_answers.mistral, first)).choices[0].delta
    )
    assert (delta.content, delta.reasoning_content) == ("", "2 and 2")
    second = chunk({"content": [{"type": "text", "text": "It"}, {"type": "text", "text": " is"}]})
    assert mended(nearly_answers.mistral, second)["choices"][0]["delta"] == {"content": "It is"}


def test_mistrals_references_are_no_part_of_the_text():
    parts = [{"type": "text", "text": "Oslo"}, {"type": "reference", "reference_ids": [1]}]
    assert (
        as_openai(mended(nearly_answers.mistral, answer({"content": parts}))).message.content
        == "Oslo"
    )


def test_mistrals_end_of_the_context_is_a_length():
    given = answer({"content": "a"}, "model_length")
    assert as_openai(mended(nearly_answers.mistral, given)).finish_reason == "length"


def test_mistrals_calls_are_typed_and_their_arguments_text():
    call = {"id": "abcDEF123", "type": "null", "function": {"name": "f", "arguments": {"a": 1}}}
    given = answer({"content": "", "tool_calls": [call]}, "tool_calls")
    (found,) = as_openai(mended(nearly_answers.mistral, given)).message.tool_calls
    assert (found.type, found.function.arguments) == ("function", '{"a":1}')


def test_streamed_calls_are_numbered():
    call = {"id": "abcDEF123", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    given = chunk({"content": "", "tool_calls": [call, call | {"id": "abcDEF124"}]}, "tool_calls")
    body = mended(nearly_answers.mistral, given)
    calls = ChatCompletionChunk.model_validate(body).choices[0].delta.tool_calls
    assert [found.index for found in calls] == [0, 1]


def test_older_tgis_arguments_become_text():
    call = {"id": "0", "type": "function", "function": {"name": "f", "arguments": {"city": "Oslo"}}}
    given = answer({"content": None, "tool_calls": [call]}, "tool_calls")
    body = mended(nearly_answers.huggingface, given)
    assert as_openai(body).message.tool_calls[0].function.arguments == '{"city":"Oslo"}'
    ChatCompletionOutput.parse_obj_as_instance(body)


def test_ai21s_answers_say_what_they_are():
    given = answer({"content": "hi"})
    for name in ("object", "created", "model"):
        del given[name]
    Ai21Answer.model_validate(given)
    body = mended(nearly_answers.ai21, given)
    assert as_openai(body).message.content == "hi"
    assert body["object"] == "chat.completion"
    assert body["created"] > 1_700_000_000


def test_ai21s_streams_say_what_they_are():
    given = {
        "id": "c-1",
        "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}],
    }
    Ai21Chunk.model_validate(given)
    body = mended(nearly_answers.ai21, given)
    assert ChatCompletionChunk.model_validate(body).choices[0].delta.content == "hi"


@pytest.mark.parametrize("mend", MENDS)
@pytest.mark.parametrize(
    "body",
    [
        json.dumps(answer({"content": "plain"}), indent=1).encode(),
        b'{"object":"x","choices": [ {"delta":{"content":"a","tool_calls":[]}} ]}',
        b'{"object":"error","type":"invalid_request","message":"no \\"tool_calls\\""}',
        b'{"object": 1, "choices": {"type": 1}}',
        b'{"object": 1, "choices": [1], "tool_calls": "type"}',
        b"[DONE]",
        b"",
        b"no json",
        b"[1]",
    ],
)
def test_what_needs_no_change_keeps_its_bytes(mend, body):
    assert mend(body) == body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "message",
                    "delta",
                    "content",
                    "tool_calls",
                    "function",
                    "type",
                    "thinking",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(MENDS), JSON)
def test_nothing_that_a_target_sends_breaks_the_mending(mend, body):
    raw = json.dumps(body).encode()
    json.loads(mend(raw))


class Mender:
    def mended(self, body):
        return nearly_answers.mistral(body)


async def through(*chunks):
    async def arriving():
        for each in chunks:
            yield each

    return b"".join([part async for part in mending(arriving(), Mender())])


def event(body):
    return b"data: " + json.dumps(body).encode() + b"\n\n"


async def test_a_streams_other_events_pass_byte_for_byte():
    plain = b': hello\n\nevent: x\r\ndata: {"a":1}\r\n\r\n' + event(chunk({"content": "a"}))
    assert await through(plain[:7], plain[7:50], plain[50:], b"data: [DONE]\n\n") == (
        plain + b"data: [DONE]\n\n"
    )


async def test_an_event_is_mended_wherever_it_was_cut():
    thought = event(chunk({"content": [THOUGHT]}))
    passed = await through(*(thought[at : at + 9] for at in range(0, len(thought), 9)))
    assert json.loads(passed.removeprefix(b"data: "))["choices"][0]["delta"] == {
        "content": "",
        "reasoning_content": "2 and 2",
    }
    assert await through(thought.rstrip()) == passed


async def test_an_event_without_its_end_passes():
    assert await through(b"data: {") == b"data: {"
