"""n choices as n calls, put together."""

import asyncio
import json

import pytest
from msgspec import Raw
from tests.unit.gateway.fakes import DONE, chat, event, lines

from quintain.dialects.base import CHAT, EMBEDDINGS, Ask
from quintain.errors import BadRequest, TargetError
from quintain.gateway.call import Result
from quintain.gateway.choices import interleaved, joined, merged, take_n, together


def asking(n, kind=CHAT):
    return Ask(kind, {"n": Raw(n.encode()), "seed": Raw(b"1")})


@pytest.mark.parametrize(
    ("n", "count", "left"),
    [("1", 1, True), ("null", 1, True), ("5", 5, False), ("128", 128, False)],
)
def test_n_is_taken_off_where_it_means_several_calls(n, count, left):
    ask = asking(n)
    assert take_n(ask) == count
    assert ("n" in ask.fields) is left


@pytest.mark.parametrize("n", ["0", "-1", "129", "1.5", "1.0", "true", '"2"', "[]", "{}", "1" * 40])
def test_any_other_n_is_refused(n):
    with pytest.raises(BadRequest, match="from 1 to 128") as caught:
        take_n(asking(n))
    assert caught.value.param == "n"


def test_calls_without_choices_keep_their_n():
    ask = asking("7", EMBEDDINGS)
    assert take_n(ask) == 1
    assert "n" in ask.fields


class Stream:
    """A stream that knows whether it was closed. wait: never comes to its end."""

    def __init__(self, *events, broken=None, wait=False):
        self.events, self.broken, self.wait = events, broken, wait
        self.closed = False

    async def read(self):
        try:
            for each in self.events:
                yield each
            if self.wait:
                await asyncio.Event().wait()
            if self.broken:
                raise self.broken
        finally:
            self.closed = True


async def whole(stream):
    return b"".join([piece async for piece in stream])


async def test_streams_come_as_one_with_every_choice_numbered_and_one_end():
    streams = [Stream(event("a"), event("b") + DONE), Stream(event("c"), event(None, "stop"), DONE)]
    body = await whole(interleaved([each.read() for each in streams]))
    assert body.endswith(DONE)
    assert body.count(DONE) == 1
    said = dict.fromkeys(range(2), "")
    for each in lines(body):
        choice = each["choices"][0]
        said[choice["index"]] += choice["delta"].get("content", "")
    assert said == {0: "ab", 1: "c"}
    assert all(each.closed for each in streams)


async def test_a_stream_that_breaks_ends_the_others_and_is_told():
    slow = Stream(event("a"), wait=True)
    broken = Stream(event("b"), broken=TargetError("http", "gone"))
    with pytest.raises(TargetError, match="gone"):
        await whole(interleaved([slow.read(), broken.read()]))
    assert slow.closed


async def test_a_reader_that_leaves_ends_every_stream_even_when_they_are_ahead():
    streams = [Stream(*[event("x")] * 50) for _ in range(4)]
    joint = interleaved([each.read() for each in streams])
    await anext(joint)
    await asyncio.sleep(0)  # now every stream waits for the reader
    async with asyncio.timeout(1):
        await joint.aclose()
    assert all(each.closed for each in streams)


@pytest.mark.parametrize(
    "data", ["{not json", "[1]", '{"choices": 7}', '{"choices": [{"index": "a"}]}']
)
async def test_events_that_cannot_be_numbered_are_a_mapping_failure(data):
    odd = Stream(b"data: " + data.encode() + b"\n\n")
    with pytest.raises(TargetError) as caught:
        await whole(interleaved([Stream(event("a")).read(), odd.read()]))
    assert caught.value.stage == "mapping"


def test_whole_answers_are_merged_and_their_usage_is_added():
    body = json.loads(merged([Result(chat("a")), Result(chat("b")), Result(chat("c"))]).body)
    assert [(c["index"], c["message"]["content"]) for c in body["choices"]] == [
        (0, "a"),
        (1, "b"),
        (2, "c"),
    ]
    assert body["usage"] == {"prompt_tokens": 3, "completion_tokens": 6, "total_tokens": 9}


def test_a_completion_of_several_prompts_has_the_choices_of_each_prompt_together():
    def answer(tag):
        choices = [{"index": p, "text": f"{tag}{p}"} for p in (1, 0)]
        return Result(json.dumps({"choices": choices}).encode())

    body = json.loads(merged([answer("x"), answer("y")]).body)
    assert [(c["index"], c["text"]) for c in body["choices"]] == [
        (0, "x0"),
        (1, "y0"),
        (2, "x1"),
        (3, "y1"),
    ]


def test_usage_that_is_no_number_stays_as_the_first_answer_has_it():
    usages = [
        {"total_tokens": 1, "details": {"a": 1}},
        {"total_tokens": 2, "details": {"a": 2}},
        None,
    ]
    bodies = [Result(chat("a", usage=usage)) for usage in usages]
    assert json.loads(merged(bodies).body)["usage"] == {"total_tokens": 3, "details": {"a": 1}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"choices": [1]}',
        b'{"choices": [{"index": "1"}]}',
        b'{"choices": null}',
    ],
)
def test_answers_that_do_not_fit_together_are_a_mapping_failure(body):
    with pytest.raises(TargetError) as caught:
        merged([Result(chat()), Result(body)])
    assert caught.value.stage == "mapping"


def test_one_blocked_choice_marks_the_whole_answer():
    assert merged([Result(chat()), Result(chat(), blocked=True)]).blocked


def ended(log, name, stream=None):
    return Result(stream=stream, ends=(lambda: log.append(name),))


async def test_a_failure_closes_what_the_other_calls_had_opened():
    log, opened = [], asyncio.Event()

    async def opens():
        opened.set()
        return ended(log, "opened")

    async def fails():
        await opened.wait()
        raise TargetError("http", "gone")

    async def hangs():
        await asyncio.Event().wait()

    with pytest.raises(TargetError, match="gone"):
        await together([opens(), fails(), hangs()])
    assert log == ["opened"]


async def test_a_caller_that_leaves_closes_what_was_opened():
    log = []

    async def opens():
        return ended(log, "opened")

    async def hangs():
        await asyncio.Event().wait()

    task = asyncio.create_task(together([opens(), hangs()]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["opened"]


async def test_a_refusal_among_the_answers_stands_for_all():
    log = []
    stream = Stream(event("a"))
    refusal = Result(b'{"error": {}}', status=400)
    result = await joined([ended(log, "other", stream.read()), refusal], stream=True)
    assert result is refusal
    assert log == ["other"]


async def test_closing_a_joint_stream_that_was_never_read_ends_every_answer_behind_it():
    log = []
    parts = [ended(log, name, Stream(event("a")).read()) for name in "ab"]
    await (await joined(parts, stream=True)).close()
    assert log == ["a", "b"]
