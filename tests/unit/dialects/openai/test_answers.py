"""What is read of the answers of targets that speak OpenAI."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateway.fakes import DONE, chat, event

from quintain.dialects.base import CHAT, COMPLETIONS, EMBEDDINGS
from quintain.dialects.openai.answers import as_stream, choices_of, guarded, refuse_empty, text_of
from quintain.dialects.sse import Events, data_of
from quintain.errors import TargetError

ROLE = event("")
STOP = event(None, "stop")


async def pieces(*chunks):
    for chunk in chunks:
        yield chunk


async def through(*chunks):
    return b"".join([piece async for piece in guarded(pieces(*chunks))])


def cut(stream, places):
    places = sorted({min(place, len(stream)) for place in places})
    return [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]


PLACES = st.lists(st.integers(0, 400), max_size=12)
TOOL = b'data: {"choices": [{"delta": {"tool_calls": [{"index": 0}]}}]}\n\n'
PIECES = [
    ROLE,
    event("a"),
    event("b\n\n"),
    TOOL,
    b": ping\r\n\r\n",
    b"\n\n",
    event(None, "length"),
    b'data: {"x": 1}\n\n',
]
SPEAKING = st.tuples(
    st.lists(st.sampled_from(PIECES), max_size=3),
    st.sampled_from([event("a"), TOOL]),
    st.lists(st.sampled_from([*PIECES, STOP]), max_size=4),
).map(lambda parts: b"".join([*parts[0], parts[1], *parts[2], DONE]))


@given(SPEAKING, PLACES)
async def test_a_stream_that_speaks_passes_byte_for_byte_however_it_is_cut(stream, places):
    assert await through(*cut(stream, places)) == stream


EMPTY = st.lists(
    st.sampled_from([ROLE, b": ping\n\n", b"data: \n\n", b'data: {"choices": []}\n\n'])
).flatmap(
    lambda parts: st.sampled_from(
        [b"".join([*parts, end]) for end in (b"", STOP, STOP + DONE, DONE, b"data: {")]
    )
)


@given(EMPTY, PLACES)
async def test_a_stream_that_says_nothing_is_an_error_however_it_is_cut(stream, places):
    with pytest.raises(TargetError) as caught:
        await through(*cut(stream, places))
    assert caught.value.code in {"empty_answer", "target_mapping_failed"}


@pytest.mark.parametrize(
    "last",
    [
        event(None, "length"),
        event(None, "content_filter"),
        event(None, "tool_calls"),
        b'data: {"error": {"message": "x"}}\n\n',
        b"data: {not json\n\n",
    ],
)
async def test_a_stream_that_says_why_it_has_no_words_passes(last):
    assert await through(ROLE, last, DONE) == ROLE + last + DONE


async def test_words_in_a_last_event_without_its_blank_line_are_heard():
    assert (
        await through(b'data:  {"choices": [{"text": "a"}]}')
        == b'data:  {"choices": [{"text": "a"}]}'
    )


async def test_nothing_waits_once_words_were_seen():
    stream = guarded(pieces(event("a"), b"half an ev"))
    assert [await anext(stream), await anext(stream)] == [event("a"), b"half an ev"]


async def test_the_source_is_closed_when_the_reader_leaves():
    source = pieces(event("a"), event("b"))
    stream = guarded(source)
    await anext(stream)
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(source)


# --- whole answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("finish", ["stop", None])
@pytest.mark.parametrize("content", ["", None, []])
def test_nothing_with_an_ordinary_end_is_refused(content, finish):
    with pytest.raises(TargetError) as caught:
        refuse_empty(CHAT, chat(content, finish))
    assert caught.value.code == "empty_answer"


@pytest.mark.parametrize(
    "message",
    [
        {"content": "a"},
        {"tool_calls": [{}]},
        {"function_call": {"name": "f"}},
        {"refusal": "no"},
        {"audio": {"id": "a"}},
        {"content": [{"text": "a"}]},
    ],
)
def test_whatever_a_message_holds_is_an_answer(message):
    refuse_empty(
        CHAT, json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    )


def test_nothing_with_another_end_passes():
    for finish in ("length", "content_filter", "tool_calls"):
        refuse_empty(CHAT, chat("", finish))


def test_one_empty_choice_among_others_is_refused():
    with pytest.raises(TargetError):
        refuse_empty(
            COMPLETIONS, b'{"choices": [{"text": "a"}, {"text": "", "finish_reason": "stop"}]}'
        )


def test_calls_without_choices_are_not_looked_into():
    refuse_empty(EMBEDDINGS, b"anything")


def test_a_failure_does_not_quote_the_answer():
    with pytest.raises(TargetError) as caught:
        choices_of(b'{"choices": [{"message": "my secret words"}]}')
    assert "secret" not in caught.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["message", "delta", "content", "text", "tool_calls", "usage", "index"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.fixed_dictionaries({"choices": st.lists(JSON, max_size=3) | JSON}) | JSON, st.booleans())
def test_odd_answers_are_read_or_are_a_target_error_and_nothing_else(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode(errors="replace")
    for use in (lambda: refuse_empty(CHAT, body), lambda: as_stream(body), lambda: text_of(body)):
        with contextlib.suppress(TargetError):
            use()


@given(st.binary(max_size=60))
def test_odd_bytes_are_a_target_error(body):
    with pytest.raises(TargetError):
        choices_of(body)


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"message": {"content": "a"}}, "a"),
        ({"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}, "c"]}}, "ab"),
        ({"text": "a"}, "a"),
        ({"message": {"content": None, "refusal": "no"}}, "no"),
        ({"message": {"content": "", "reasoning_content": "hm"}}, "hm"),
        ({"message": {"tool_calls": [{"id": 1}]}}, '[{"id": 1}]'),
        ({"message": {}}, ""),
    ],
)
def test_the_text_of_an_answer(choice, text):
    assert text_of(json.dumps({"choices": [choice]}).encode()) == text


# --- as a stream ---------------------------------------------------------------------------------


def events(body):
    found = [data_of(each) for each in Events().feed(as_stream(body))]
    assert found.pop() == b"[DONE]"
    return [json.loads(each) for each in found]


def test_a_whole_answer_becomes_a_stream_of_chunks():
    message = {"role": "assistant", "content": "a", "tool_calls": [{"id": "x"}]}
    body = {"id": "1", "object": "chat.completion", "model": "m", "usage": {"total_tokens": 1}}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    first, usage = events(json.dumps(body | {"choices": [choice]}).encode())
    assert (first["id"], first["model"], first["object"]) == ("1", "m", "chat.completion.chunk")
    assert "usage" not in first
    (chunk,) = first["choices"]
    assert chunk["delta"] == message | {"tool_calls": [{"index": 0, "id": "x"}]}
    assert (chunk["finish_reason"], usage["usage"], usage["choices"]) == (
        "stop",
        {"total_tokens": 1},
        [],
    )


def test_a_completion_becomes_a_stream_of_texts():
    (only,) = events(b'{"object": "text_completion", "choices": [{"index": 0, "text": "a"}]}')
    assert only == {"object": "text_completion", "choices": [{"index": 0, "text": "a"}]}
