"""The rules that testing tools impose by how they behave, each tried with the stock client."""

import json

import openai
import pytest

from tests.served.target import answers, chunk, completion, streams

HI = [{"role": "user", "content": "Hi"}]
OWN_ERROR = {"error": {"message": "the target's own words", "type": "x", "code": "own"}}
NEVER = {401, 403, 404, 408, 409, 501}  # these end or repeat whole runs of testing tools

# What the target says -> what the caller gets, and how often the target is asked.
STATUSES = [
    (300, 424, 1),
    (301, 424, 1),
    (302, 424, 1),
    (304, 424, 1),
    (307, 424, 1),
    (308, 424, 1),
    (400, 400, 1),
    (401, 424, 1),
    (402, 424, 1),
    (403, 424, 1),
    (404, 424, 1),
    (405, 424, 1),
    (406, 424, 1),
    (408, 504, 1),
    (409, 424, 1),
    (410, 424, 1),
    (413, 413, 1),
    (415, 424, 1),
    (418, 424, 1),
    (422, 422, 1),
    (429, 429, 3),
    (451, 424, 1),
    (500, 502, 1),
    (501, 424, 1),
    (502, 502, 3),
    (503, 503, 3),
    (504, 504, 3),
    (520, 502, 1),
    (529, 502, 1),
]


def said(client, model, **more):
    return client.chat.completions.create(model=model, messages=HI, **more)


def refusal(client, model, **more) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as failed:
        said(client, model, **more)
    return failed.value


@pytest.fixture
def waits(monkeypatch):
    """What the stock client would wait between its tries, in seconds; it waits none of it."""
    asked: list[float] = []
    monkeypatch.setattr("openai._base_client.time.sleep", asked.append)
    return asked


@pytest.fixture
def default_client(quintain, waits):
    """The stock client as it comes: two retries."""
    with quintain.openai(max_retries=openai.DEFAULT_MAX_RETRIES) as client:
        yield client


# --- what each status of the target becomes


@pytest.mark.parametrize(("theirs", "ours", "asked"), STATUSES)
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_each_status_of_the_target_becomes_one_that_ends_no_run(
    stock, register, target, theirs, ours, asked, stream
):
    target.does(answers(OWN_ERROR, status=theirs, headers={"Retry-After": "0"}))
    failed = refusal(stock, register(), stream=stream)
    assert failed.status_code == ours
    assert failed.status_code not in NEVER
    assert len(target.arrivals) == asked
    headers = failed.response.headers
    if ours == 424:
        assert headers["x-should-retry"] == "false"
        assert "retry-after" not in headers
    elif ours in {429, 502, 503, 504}:
        assert "x-should-retry" not in headers
        assert 1 <= int(headers["retry-after"]) <= 60
    if ours != 424 or theirs != 304:  # 304 has no body
        assert "the target's own words" in failed.response.text


@pytest.mark.parametrize(
    ("theirs", "asked", "pauses"),
    [(401, 1, 0), (404, 1, 0), (409, 1, 0), (422, 1, 0), (501, 1, 0), (500, 3, 2), (503, 9, 2)],
)
def test_how_often_the_target_is_asked_by_the_client_s_own_retries(
    default_client, waits, register, target, theirs, asked, pauses
):
    target.does(answers(OWN_ERROR, status=theirs, headers={"Retry-After": "0"}))
    refusal(default_client, register())
    assert len(target.arrivals) == asked
    assert len(waits) == pauses
    assert all(1 <= pause <= 60 for pause in waits)


def test_a_mapping_that_fails_is_not_tried_again(default_client, waits, register, target):
    target.does(answers(b"<html>not what was agreed</html>"))
    failed = refusal(default_client, register())
    assert (failed.status_code, failed.code, len(target.arrivals)) == (
        424,
        "target_mapping_failed",
        1,
    )


@pytest.mark.parametrize(
    "wish", ["86400", "1e400", "nan", "-3", "soon", "Sun, 06 Nov 9994 08:49:37 GMT"]
)
def test_a_pause_that_the_target_asks_for_comes_out_between_1_and_60(
    quintain, register, target, wish
):
    target.does(answers(OWN_ERROR, status=503, headers={"Retry-After": wish}))
    asked = {"model": register(), "messages": HI}
    no_wait = {"X-Quintain-Max-Wait": "0"}
    answer = quintain.call("POST", "/v1/chat/completions", asked, headers=no_wait)
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_what_a_target_says_of_the_request_itself_is_relayed_as_it_is(stock, register, target):
    own = {"error": {"message": "no", "code": "content_policy_violation", "param": "p"}}
    target.does(answers(own, status=400))
    failed = refusal(stock, register())
    assert (failed.code, failed.param, failed.body) == (
        "content_policy_violation",
        "p",
        own["error"],
    )


def test_a_refusal_without_json_still_has_openai_s_shape(stock, register, target):
    target.does(answers(b"Bad Request", status=400, headers={"Content-Type": "text/plain"}))
    failed = refusal(stock, register())
    assert (failed.status_code, failed.code) == (400, "target_refused_request")


# --- queue first, 429 last


def test_a_429_of_the_queue_has_the_code_and_the_pause_that_clients_know(stock, register):
    model = register(rate_per_min=1)
    said(stock, model)
    failed = refusal(stock, model, extra_headers={"X-Quintain-Max-Wait": "0"})
    assert isinstance(failed, openai.RateLimitError)
    assert (failed.code, failed.type) == ("rate_limit_exceeded", "rate_limit_error")
    assert 1 <= int(failed.response.headers["retry-after"]) <= 60


def test_a_429_of_the_target_has_the_same_code(stock, register, target):
    target.does(answers(OWN_ERROR, status=429, headers={"Retry-After": "0"}))
    assert refusal(stock, register()).code == "rate_limit_exceeded"


def test_a_used_up_quota_is_told_once_and_never_as_a_quota_code(default_client, register, target):
    target.does(answers({"error": {"message": "pay", "code": "insufficient_quota"}}, status=429))
    failed = refusal(default_client, register())
    assert failed.status_code == 424
    assert failed.response.headers["x-should-retry"] == "false"
    assert failed.code not in {"insufficient_quota", "quota_exceeded"}
    assert len(target.arrivals) == 1


# --- the target's rate-limit headers

LIMITS = {
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-remaining-tokens": "0",
    "X-RateLimit-Remaining": "0",
    "RateLimit": '"default";r=0;t=30',
    "x-ratelimit-reset-requests": "30s",
}


@pytest.mark.parametrize("status", [200, 400, 429, 500])
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_the_target_s_rate_limit_headers_are_never_relayed(
    quintain, register, target, status, stream
):
    headers = LIMITS | {"Retry-After": "0", "Set-Cookie": "a=b", "Server": "theirs"}
    target.does(answers(None if status == 200 else OWN_ERROR, status=status, headers=headers))
    asked = {"model": register(), "messages": HI, "stream": stream}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert not [name for name in answer.headers if "ratelimit" in name.lower()]
    assert "set-cookie" not in answer.headers
    assert answer.headers.get("server") != "theirs"


def test_a_model_at_its_limit_says_nothing_of_it_on_a_success(quintain, register):
    asked = {"model": register(rate_per_min=1), "messages": HI}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if "limit" in name.lower()]


# --- the target's own guard

BLOCKED = {"metadata": {"blocked": {"statuses": [403]}}}
MATCHED = {"metadata": {"blocked": {"statuses": [200, 403], "match": '.error.code == "waf"'}}}
WAF = {"error": {"message": "Request blocked by policy 7.", "code": "waf"}}


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize(
    ("fields", "status"), [(BLOCKED, 403), (MATCHED, 403), (MATCHED, 200)], ids=str
)
def test_a_blocked_prompt_is_an_answer_and_no_failure(
    quintain, register, target, fields, status, stream
):
    target.does(answers(WAF, status=status))
    asked = {"model": register(**fields), "messages": HI, "stream": stream}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert answer.status_code == 200
    assert answer.headers["x-quintain-blocked"] == "1"
    assert "Request blocked by policy 7." in answer.text
    assert '"finish_reason":"content_filter"' in answer.text
    assert len(target.arrivals) == 1


def test_a_blocked_prompt_reads_as_one_in_the_stock_client(default_client, register, target):
    target.does(answers(WAF, status=403))
    answer = said(default_client, register(**BLOCKED))
    choice = answer.choices[0]
    assert (choice.finish_reason, choice.message.content) == (
        "content_filter",
        "Request blocked by policy 7.",
    )
    target.does(answers(b"<html>denied</html>", status=403))
    parts = list(said(default_client, register(**BLOCKED), stream=True))
    assert parts[0].choices[0].delta.content == "<html>denied</html>"
    assert parts[-1].choices[0].finish_reason == "content_filter"


def test_a_block_without_words_still_says_something(stock, register, target):
    target.does(answers(b"", status=403))
    assert "403" in said(stock, register(**BLOCKED)).choices[0].message.content


@pytest.mark.parametrize(
    "body", [{"error": {"code": "bad key"}}, {"error": "no"}, b"<html>"], ids=str
)
def test_the_same_status_without_the_declared_mark_is_a_failure(stock, register, target, body):
    target.does(answers(body, status=403))
    failed = refusal(stock, register(**MATCHED))
    assert (failed.status_code, failed.code) == (424, "target_refused_key")


def test_a_good_answer_of_a_judged_status_passes(stock, register, target, hold):
    assert said(stock, register(**MATCHED)).choices[0].message.content == "Hello there."
    target.does(streams(chunk("a"), hold, chunk("b"), chunk(None, "stop")))
    stream = said(stock, register(**MATCHED), stream=True)
    assert next(stream).choices[0].delta.content == "a"
    hold.release()
    assert [part.choices[0].delta.content for part in stream] == ["b", None]


def test_a_blocked_choice_among_several_is_flagged(quintain, register, target):
    target.does(answers(), answers(WAF, status=403))
    asked = {"model": register(**BLOCKED), "messages": HI, "n": 2}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    reasons = {choice["finish_reason"] for choice in answer.json()["choices"]}
    assert reasons == {"stop", "content_filter"}
    assert answer.headers["x-quintain-blocked"] == "1"


# --- never an empty answer that looks like one


@pytest.mark.parametrize(
    "body",
    [
        completion(""),
        completion(None),
        completion([]),
        completion("", reasoning_content="I thought, and said nothing."),
        {"choices": [{"index": 0, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "message": {"content": ""}, "finish_reason": None}]},
        {"choices": []},
        {"id": "x"},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_an_empty_answer_is_a_typed_error(default_client, register, target, body, stream):
    target.does(answers(body))
    failed = refusal(default_client, register(), stream=stream)
    assert failed.status_code == 424
    assert failed.code in {"empty_answer", "target_mapping_failed"}
    assert len(target.arrivals) == 1


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [chunk("")],
        [chunk(""), chunk(None, "stop")],
        [chunk(None, "stop")],
        [b": waiting\n\n"],
        [b'data: {"choices":[],"usage":{}}\n\n'],
        [chunk("") + chunk(None, "stop")],
        [chunk("")[:10], chunk("")[10:] + chunk(None, "stop")[:5], chunk(None, "stop")[5:]],
    ],
)
@pytest.mark.parametrize("done", [False, True])
def test_an_empty_stream_is_a_typed_error_before_its_end(stock, register, target, pieces, done):
    target.does(streams(*pieces, done=done))
    with pytest.raises(openai.APIError) as failed:
        list(said(stock, register(), stream=True))
    assert failed.value.code == "empty_answer"


@pytest.mark.parametrize(
    "body",
    [
        completion(None, "length"),
        completion("", "length", reasoning_content="Still thinking"),
        completion(
            None,
            "tool_calls",
            tool_calls=[
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}
            ],
        ),
        completion(None, "stop", refusal="No."),
        completion(None, "content_filter"),
    ],
    ids=["length", "reasoning", "tools", "refusal", "filter"],
)
def test_an_answer_without_text_but_with_a_reason_passes(stock, register, target, body):
    target.does(answers(body))
    answer = said(stock, register())
    assert answer.choices[0].finish_reason == body["choices"][0]["finish_reason"]


# --- what clients say of themselves


def test_repeats_are_counted_and_logged_with_the_client_s_own_id(quintain, waits, register, target):
    target.does(answers(OWN_ERROR, status=500))
    before = _repeats(quintain)
    with quintain.openai(max_retries=2) as client:
        refusal(client, register(), extra_headers={"x-irid": "inspect-7f"})
    assert _repeats(quintain) == before + 2
    lines = [json.loads(line) for line in quintain.logs().splitlines() if "inspect-7f" in line]
    assert [line["client_retry"] for line in lines] == ["0", "1", "2"]
    assert {line["client_id"] for line in lines} == {"inspect-7f"}


def _repeats(server) -> float:
    page = server.call("GET", "/metrics").text
    lines = [line for line in page.splitlines() if line.startswith("quintain_client_repeats_total")]
    return float(lines[0].split()[-1])
