"""Which failures are tried again, how often, how soon, and at what cost."""

import time

import openai
import pytest

from tests.served.processes import free_port
from tests.served.raw import response
from tests.served.target import answers, chunk, completion, streams

HI = [{"role": "user", "content": "Hi"}]
FAILED = {"error": {"message": "not now"}}
GOOD = response(b'{"choices":[{"message":{"content":"Hello."},"finish_reason":"stop"}]}')
AT_ONCE = {"Retry-After": "0"}


def call(client, model, **more):
    return client.chat.completions.create(model=model, messages=HI, **more)


def failing(status, headers=AT_ONCE):
    return answers(FAILED, status=status, headers=headers)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_a_failure_that_may_pass_is_tried_twice_more(stock, register, target, status, stream):
    good = streams(chunk("a"), chunk(None, "stop")) if stream else answers()
    target.does(failing(status), failing(status), good)
    answer = call(stock, register(), stream=stream)
    assert list(answer)
    assert len(target.arrivals) == 3
    assert len({each.body for each in target.arrivals}) == 1


@pytest.mark.parametrize("status", [500, 501, 400, 408, 409, 530])
def test_any_other_failure_is_tried_once(stock, register, target, status):
    target.does(failing(status), answers())
    with pytest.raises(openai.APIStatusError):
        call(stock, register())
    assert len(target.arrivals) == 1


def test_it_waits_as_long_as_the_target_asks(stock, register, target):
    target.does(failing(503, {"Retry-After": "2"}), answers())
    call(stock, register())
    first, second = target.arrivals
    assert 2 <= second.at - first.at < 10


def test_it_waits_longer_each_time_where_the_target_asks_for_nothing(stock, register, target):
    target.does(failing(503, {}), failing(503, {}), answers())
    call(stock, register())
    first, second, third = (each.at for each in target.arrivals)
    assert second - first >= 0.25
    assert third - second >= 0.5


def test_a_pause_longer_than_the_caller_waits_is_told_instead(stock, register, target):
    target.does(failing(503, {"Retry-After": "30"}), answers())
    began = time.monotonic()
    with pytest.raises(openai.InternalServerError) as failed:
        call(stock, register(), extra_headers={"X-Quintain-Max-Wait": "5"})
    assert time.monotonic() - began < 5
    assert failed.value.status_code == 503
    assert failed.value.response.headers["retry-after"] in {"30", "31"}
    assert len(target.arrivals) == 1


def test_each_retry_takes_a_place_of_its_own(stock, register, target):
    target.does(failing(503), failing(503), answers())
    model = register(rate_per_min=3)
    call(stock, model)
    with pytest.raises(openai.RateLimitError):
        call(stock, model, extra_headers={"X-Quintain-Max-Wait": "0"})
    assert len(target.arrivals) == 3


def test_a_retry_without_a_free_place_waits_in_line_and_then_gives_up(stock, register, target):
    target.does(failing(503))
    model = register(rate_per_min=1)
    with pytest.raises(openai.RateLimitError):
        call(stock, model, extra_headers={"X-Quintain-Max-Wait": "0.3"})
    assert len(target.arrivals) == 1


def test_a_refused_connection_is_tried_again_and_costs_no_place(stock, register, target, raw):
    port = free_port()
    model = register(endpoint=target.config()["endpoint"] | {"port": port}, rate_per_min=1)
    began = time.monotonic()
    with pytest.raises(openai.InternalServerError) as failed:
        call(stock, model)
    assert time.monotonic() - began > 0.25 + 0.5  # the two pauses between three tries
    assert (failed.value.status_code, failed.value.code) == (502, "target_connect_failed")
    assert f"127.0.0.1:{port}" in failed.value.message

    def answering(sock):
        late.read(sock)
        sock.sendall(GOOD)

    late = raw(answering, port=port)
    assert call(stock, model).choices
    assert len(late.requests) == 1


def test_a_connection_that_closes_before_an_answer_is_tried_again(stock, register, target, raw):
    def closes(sock):
        flaky.read(sock)

    def answering(sock):
        flaky.read(sock)
        sock.sendall(GOOD)

    flaky = raw(closes, closes, answering)
    endpoint = target.config()["endpoint"] | {"port": flaky.port}
    answer = call(stock, register(endpoint=endpoint))
    assert answer.choices[0].message.content == "Hello."
    assert len(flaky.requests) == 3


def test_a_kept_connection_that_went_stale_hurts_no_call(stock, register, target, raw):
    """The target ends an idle connection at the very moment at which a call comes along it."""

    def one_and_then_gone(sock):
        stale.read(sock)
        sock.sendall(GOOD)
        stale.read(sock)  # the second call, which is left without an answer

    def answering(sock):
        stale.read(sock)
        sock.sendall(GOOD)

    stale = raw(one_and_then_gone, answering)
    model = register(endpoint=target.config()["endpoint"] | {"port": stale.port})
    for _ in range(2):
        assert call(stock, model).choices[0].message.content == "Hello."
    assert (stale.accepted, len(stale.requests)) == (2, 3)


def test_an_idle_connection_that_the_target_closed_is_not_used_again(stock, register, target, raw):
    def once(sock):
        closing.read(sock)
        sock.sendall(GOOD)

    closing = raw(once)
    model = register(endpoint=target.config()["endpoint"] | {"port": closing.port})
    for _ in range(4):
        call(stock, model)
    assert (closing.accepted, len(closing.requests)) == (4, 4)


def test_a_stream_that_has_begun_is_never_started_again(stock, register, target, raw):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"

    def breaks(sock):
        broken.read(sock)
        sock.sendall(head + chunk("half"))

    broken = raw(breaks)
    model = register(endpoint=target.config()["endpoint"] | {"port": broken.port})
    stream = call(stock, model, stream=True)
    assert next(stream).choices[0].delta.content == "half"
    with pytest.raises(openai.APIError):
        list(stream)
    assert len(broken.requests) == 1


def test_an_answer_that_breaks_off_in_the_middle_is_not_tried_again(stock, register, target, raw):
    def breaks(sock):
        broken.read(sock)
        sock.sendall(GOOD[:-10])

    broken = raw(breaks)
    model = register(endpoint=target.config()["endpoint"] | {"port": broken.port})
    with pytest.raises(openai.InternalServerError) as failed:
        call(stock, model)
    assert failed.value.status_code == 502
    assert "retry-after" in failed.value.response.headers
    assert len(broken.requests) == 1


def test_a_silent_target_is_left_alone_after_its_time(stock, register, target, hold):
    target.does(hold.then(answers()))
    with pytest.raises(openai.InternalServerError) as failed:
        call(stock, register(metadata={"timeouts": {"read_s": 0.5}}))
    assert (failed.value.status_code, failed.value.code) == (504, "target_read_timeout")
    assert len(target.arrivals) == 1


def test_what_is_no_http_is_told_as_such(stock, register, target, raw):
    def speaks_something_else(sock):
        odd.read(sock)
        sock.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

    odd = raw(speaks_something_else)
    with pytest.raises(openai.APIStatusError) as failed:
        call(stock, register(endpoint=target.config()["endpoint"] | {"port": odd.port}))
    assert (failed.value.status_code, failed.value.code) == (424, "target_not_http")


def test_a_header_that_is_no_utf8_passes_as_it_is(quintain, register, target, raw):
    def odd_bytes(sock):
        odd.read(sock)
        body = b'{"choices":[{"message":{"content":"Hello."},"finish_reason":"stop"}]}'
        sock.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json; x=\xff\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )

    odd = raw(odd_bytes)
    asked = {
        "model": register(endpoint=target.config()["endpoint"] | {"port": odd.port}),
        "messages": HI,
    }
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    kinds = [value for name, value in answer.headers.raw if name.lower() == b"content-type"]
    assert (answer.status_code, kinds) == (200, [b"application/json; x=\xff"])


def test_n_choices_are_tried_again_one_by_one(stock, register, target):
    target.does(failing(503), answers(completion("one")), answers(completion("two")))
    answer = call(stock, register(), n=2)
    assert {choice.message.content for choice in answer.choices} == {"one", "two"}
    assert len(target.arrivals) == 3
