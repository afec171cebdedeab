"""One call, from the caller's words to the target's and back."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateway.fakes import (
    DONE,
    ENDPOINT,
    FakeJq,
    FakeReply,
    House,
    ask,
    call,
    chat,
    compiled,
    event,
    lines,
    sse,
)

from quintain.dialects.base import COMPLETIONS, EMBEDDINGS
from quintain.errors import BadRequest, QuintainError, RateLimited, TargetError

KEY = "sk-0123456789abcdefghij"
CUSTOM = {
    "model_provider": "custom",
    "endpoint": ENDPOINT,
    "custom_payload": {"q": "{prompt}", "s": "{session_id}"},
    "custom_response_format": ".a",
}


def custom(jq=None, **more):
    return compiled(jq or FakeJq(["said"]), **CUSTOM | more)


# --- targets that speak OpenAI -------------------------------------------------------------------


def test_an_answer_passes_byte_for_byte_and_its_connection_is_given_back():
    body = b' { "choices" : [ {"message":{"content":"hi","x":1.50}} ] , "extra":[ ] }\n'
    with House(FakeReply(200, body, Content_Type="application/json; charset=utf-8")) as house:
        result = house.call(call(compiled()))
        assert (result.status, result.body) == (200, body)
        assert result.content_type == "application/json; charset=utf-8"
        assert not house.egress.replies[0].open


def test_a_stream_passes_byte_for_byte():
    parts = [event("a")[:9], event("a")[9:] + b": comment\r\n\r\n", event(None, "stop"), DONE]
    with House(sse(*parts)) as house:
        result = house.call(call(compiled(), ask(stream=True)))
        assert result.body == b"".join(parts)
        assert not house.egress.replies[0].open


def test_a_target_that_does_not_stream_is_heard_as_a_stream():
    with House(FakeReply(200, chat("hi"))) as house:
        result = house.call(call(compiled(), ask(stream=True)))
        first, usage = lines(result.body)
        assert first["choices"][0]["delta"]["content"] == "hi"
        assert usage["usage"]["total_tokens"] == 3
        assert result.body.endswith(DONE)
        assert result.content_type == "text/event-stream"


def test_a_stream_that_nobody_asked_for_is_an_error_and_its_connection_is_closed():
    with House(sse(event("a"), DONE)) as house:
        with pytest.raises(TargetError, match="not asked for") as caught:
            house.call(call(compiled()))
        assert caught.value.stage == "mapping"
        assert not house.egress.replies[0].open


@pytest.mark.parametrize(
    "body", [chat(""), chat(None), chat(None, None), b'{"choices": [{"text": ""}]}']
)
def test_an_empty_answer_is_an_error_and_never_a_success(body):
    with House(FakeReply(200, body)) as house:
        for stream in (False, True):
            with pytest.raises(TargetError) as caught:
                house.call(call(compiled(), ask(stream=stream)))
            assert (caught.value.stage, caught.value.code, caught.value.status) == (
                "answer",
                "empty_answer",
                424,
            )


@pytest.mark.parametrize(
    "parts", [[], [DONE], [event(""), event(None, "stop"), DONE], [b": ping\n\n"]]
)
def test_an_empty_stream_is_an_error(parts):
    with House(sse(*parts)) as house:
        with pytest.raises(TargetError) as caught:
            house.call(call(compiled(), ask(stream=True)))
        assert caught.value.code == "empty_answer"
        assert not house.egress.replies[0].open


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": "x"}]}', b'{"choices": null}',
     b'{"choices":' + b"[" * 5000, b'{"choices": [{"message": {"content": "\xff"}}]}',
     b'{"choices": [{"message": {"content": ' + b"[" * 5000 + b"]" * 5000 + b"}}]}"],
)  # fmt: skip
def test_an_answer_of_another_shape_is_a_mapping_failure(body):
    with House(FakeReply(200, body)) as house:
        for stream in (False, True):
            with pytest.raises(TargetError) as caught:
                house.call(call(compiled(), ask(stream=stream)))
            assert (caught.value.stage, caught.value.status) == ("mapping", 424)


def test_an_answer_that_came_compressed_is_refused_since_it_can_not_be_checked():
    for model in (compiled(), custom()):
        with House(FakeReply(200, b"\x1f\x8b", Content_Encoding="GZIP")) as house:
            with pytest.raises(TargetError, match="compressed") as caught:
                house.call(call(model))
            assert caught.value.code == "answer_compressed"
            assert not house.egress.replies[0].open


def test_our_key_in_an_answer_is_masked():
    refused = json.dumps({"error": {"message": KEY}}).encode()
    for reply in (FakeReply(200, chat(KEY)), sse(event(KEY), DONE), FakeReply(422, refused)):
        with House(reply) as house:
            stream = reply.headers.get("Content-Type") is not None
            result = house.call(call(compiled(apikeys=[KEY]), ask(stream=stream)))
            assert KEY.encode() not in result.body
            assert b"sk-...ghij" in result.body


def test_our_key_in_a_refusal_is_masked_in_the_sentence():
    with House(FakeReply(401, f"the key {KEY} is wrong".encode())) as house:
        with pytest.raises(TargetError) as caught:
            house.call(call(compiled(apikeys=[KEY])))
        assert KEY not in str(caught.value) + caught.value.message
        assert "sk-...ghij" in caught.value.message


def test_our_key_in_a_refusal_of_another_encoding_is_masked():
    said = f"no such key: {KEY}".encode("utf-16")
    reply = FakeReply(404, said, Content_Type="text/plain; charset=utf-16")
    with House(reply) as house, pytest.raises(TargetError) as caught:
        house.call(call(compiled(apikeys=[KEY])))
    assert "no such key: sk-...ghij" in caught.value.message


def test_embeddings_pass_as_they_are():
    with House(FakeReply(200, b'{"data": []}', Content_Type="application/json")) as house:
        result = house.call(call(compiled(), ask(EMBEDDINGS, input="x")))
        assert result.body == b'{"data": []}'
        assert house.egress.requests[0].url.path == "/v1/embeddings"


def test_a_stream_of_a_call_without_choices_passes_unjudged():
    events = b'event: response.created\ndata: {"type": "response.created"}\n\n'
    with House(sse(events)) as house:
        result = house.call(call(compiled(), ask("responses", stream=True, input="x")))
        assert result.body == events


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_a_target_says_of_the_request_passes_on(status):
    body = b'{"error": {"code": "content_filter"}}'
    with House(FakeReply(status, body)) as house:
        result = house.call(call(compiled()))
        assert (result.status, result.body, result.content_type) == (
            status,
            body,
            "application/json",
        )


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>no</html>", b"{no", b"[1]", b"\xff", b'{"detail": "no"}', b'{"error": "no"}'],
)
def test_words_that_are_no_error_of_openais_are_told_as_one(body):
    with House(FakeReply(422, body)) as house:
        with pytest.raises(BadRequest) as caught:
            house.call(call(compiled()))
        assert caught.value.code == "target_refused_request"


@given(
    st.integers(300, 999), st.booleans(), st.sampled_from([b"", b'{"error": 1}']), st.integers(1, 3)
)
def test_no_call_ends_in_a_status_that_ends_a_run(status, stream, body, n):
    with House(FakeReply(status, body)) as house:
        for model in (compiled(), custom()):
            try:
                found = house.call(call(model, ask(stream=stream, n=n))).status
            except QuintainError as error:
                found = error.status
            assert found not in {401, 403, 404, 409, 501, 500}


def test_a_refusal_by_a_target_of_another_dialect_is_no_word_on_the_callers_request():
    with House(FakeReply(400, b'{"error": 1}')) as house:
        with pytest.raises(TargetError) as caught:
            house.call(call(custom()))
        assert caught.value.status == 424


# --- blocked -------------------------------------------------------------------------------------

GUARD = {"metadata": {"blocked": {"statuses": [403]}}}
NO = b'{"message": "not this"}'


@pytest.mark.parametrize("build", [compiled, custom])
def test_a_blocked_prompt_is_a_success_that_says_content_filter(build):
    with House(FakeReply(403, NO)) as house:
        result = house.call(call(build(**GUARD)))
        choice = json.loads(result.body)["choices"][0]
        assert (result.status, result.blocked) == (200, True)
        assert (choice["finish_reason"], choice["message"]["content"]) == (
            "content_filter",
            "not this",
        )


def test_a_blocked_prompt_is_told_in_a_stream_as_well():
    with House(FakeReply(403, NO)) as house:
        result = house.call(call(compiled(**GUARD), ask(stream=True)))
        first, last = lines(result.body)
        assert first["choices"][0]["delta"] == {"role": "assistant", "content": "not this"}
        assert last["choices"][0]["finish_reason"] == "content_filter"
        assert result.blocked


def test_a_blocked_call_without_choices_is_a_400_that_tools_know():
    with House(FakeReply(403, NO)) as house:
        with pytest.raises(BadRequest, match="not this") as caught:
            house.call(call(compiled(**GUARD), ask(EMBEDDINGS, input="x")))
        assert caught.value.code == "content_filter"


def test_a_stream_whose_status_may_mean_blocked_still_streams():
    guard = {"metadata": {"blocked": {"statuses": [200], "match": "."}}}
    with House(sse(event("a"), DONE), jq=FakeJq([False])) as house:
        assert house.call(call(compiled(**guard), ask(stream=True))).body == event("a") + DONE


# --- other dialects ------------------------------------------------------------------------------


def test_another_dialect_is_translated_both_ways():
    with House(FakeReply(200, b'{"a": "said"}')) as house:
        result = house.call(call(custom(), ask(temperature=1)))
        body = json.loads(result.body)
        assert body["choices"][0]["message"] == {
            "role": "assistant",
            "content": "said",
            "refusal": None,
        }
        assert (body["model"], body["object"]) == ("bot", "chat.completion")
        assert json.loads(house.egress.requests[0].body)["q"] == "hello"


def test_what_another_dialect_cannot_carry_is_noted():
    with House(FakeReply(200, b"{}")) as house:
        made = call(custom(), ask(temperature=1, stop=["#"]))
        house.call(made)
        assert made.dropped == ("stop", "temperature")


def test_another_dialect_is_heard_as_a_stream_even_where_it_cannot_stream():
    with House(FakeReply(200, b'{"a": "said"}')) as house:
        first, last = lines(house.call(call(custom(), ask(stream=True))).body)
        assert first["choices"][0]["delta"]["content"] == "said"
        assert last["choices"][0]["finish_reason"] == "stop"


def test_pieces_of_another_dialect_come_as_they_come():
    jq = FakeJq(lambda data: [json.loads(data)["t"]])
    model = custom(jq, custom_response_content_type="sse")
    parts = [
        b'data: {"t": "a"}\n\ndata: {"t": ""}\n',
        b'\ndata: {"t": "b"}\n\n',
        b"data: [DONE]\n\n",
    ]
    with House(sse(*parts)) as house:
        *pieces, last = lines(house.call(call(model, ask(stream=True))).body)
        assert [each["choices"][0]["delta"] for each in pieces] == [
            {"role": "assistant", "content": "a"},
            {"content": "b"},
        ]
        assert last["choices"][0]["finish_reason"] == "stop"


def test_pieces_that_hold_nothing_are_an_empty_answer():
    model = custom(FakeJq([]), custom_response_content_type="sse")
    with House(sse(b"data: {}\n\n")) as house:
        with pytest.raises(TargetError) as caught:
            house.call(call(model, ask(stream=True)))
        assert caught.value.code == "empty_answer"
        assert not house.egress.replies[0].open


# --- n choices -----------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [compiled, custom])
def test_n_choices_are_n_calls_each_with_a_slot(build):
    with House(FakeReply(200, chat("x"))) as house:
        result = house.call(call(build(), ask(n=3)))
        assert [choice["index"] for choice in json.loads(result.body)["choices"]] == [0, 1, 2]
        assert house.counted == len(house.egress.requests) == 3
        assert b'"n"' not in house.egress.requests[0].body


def test_n_streams_are_one():
    parts = [[event("a"), event(None, "stop"), DONE], [event("b"), event(None, "stop"), DONE]]
    with House(*[sse(*each) for each in parts]) as house:
        result = house.call(call(compiled(), ask(stream=True, n=2)))
        assert {each["choices"][0]["index"] for each in lines(result.body)} == {0, 1}
        assert result.body.count(DONE) == 1
        assert not any(reply.open for reply in house.egress.replies)


def test_completions_have_choices_too():
    body = b'{"choices": [{"index": 0, "text": "x", "finish_reason": "stop"}]}'
    with House(FakeReply(200, body)) as house:
        result = house.call(call(compiled(), ask(COMPLETIONS, prompt="p", n=2)))
        assert len(json.loads(result.body)["choices"]) == 2


def test_n_refusals_are_one_refusal():
    for stream in (False, True):
        with House(FakeReply(400, b'{"error": {}}')) as house:
            result = house.call(call(compiled(), ask(n=3, stream=stream)))
            assert (result.status, result.body) == (400, b'{"error": {}}')


def test_when_one_of_n_fails_no_connection_stays_open():
    with House(sse(event("a"), DONE), sse(event("a"), DONE), FakeReply(404)) as house:
        with pytest.raises(TargetError):
            house.call(call(compiled(), ask(n=3, stream=True)))
        assert len(house.egress.replies) == 3
        assert not any(reply.open for reply in house.egress.replies)


def test_waits_of_n_calls_pass_side_by_side():
    with House(FakeReply(200, chat())) as house:
        made = call(compiled(rate_per_min=1), ask(n=3), wait_s=130.0)
        house.call(made)
        assert made.waited_s == pytest.approx(121.0, abs=0.1)


def test_n_calls_that_do_not_fit_into_the_patience_are_refused():
    with House(FakeReply(200, chat())) as house, pytest.raises(RateLimited):
        house.call(call(compiled(rate_per_min=1), ask(n=3), wait_s=70.0))


# --- leaving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2])
def test_a_result_that_is_closed_unread_leaves_no_connection_open(n):
    with House(sse(event("a"), DONE)) as house:
        house.egress.script = [sse(event("a"), DONE) for _ in range(n + 1)]

        async def leave():
            result = await house.gateway.call(call(compiled(), ask(stream=True, n=n)))
            await result.close()

        house.run(leave())
        assert len(house.egress.replies) == n
        assert not any(reply.open for reply in house.egress.replies)


class Endless(FakeReply):
    begun = False

    async def chunk(self):
        if self.begun:
            await asyncio.Event().wait()
        self.begun = True
        return event("a")


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("build", [compiled, lambda: custom(custom_response_content_type="sse")])
def test_a_caller_that_leaves_in_the_middle_ends_the_targets_work(n, build):
    with House(FakeReply()) as house:
        house.egress.script = [Endless(200, Content_Type="text/event-stream") for _ in range(n + 1)]

        async def read():
            result = await house.gateway.call(call(build(), ask(stream=True, n=n)))
            try:
                async for _ in result.stream:
                    pass
            finally:
                await result.close()

        task = house.loop.create_task(read())
        house.loop.settle()
        assert all(reply.open for reply in house.egress.replies)
        task.cancel()
        house.loop.settle()
        assert task.cancelled()
        assert len(house.egress.replies) == n
        assert not any(reply.open for reply in house.egress.replies)


def test_a_body_that_no_target_takes_costs_no_slot():
    with House(FakeReply(200, chat())) as house:
        for asked in (ask(messages="abc"), ask(n=0), ask("images", prompt="x")):
            with pytest.raises(BadRequest):
                house.call(call(compiled(), asked))
        assert (house.counted, house.egress.requests) == (0, [])
