"""rate_per_min, counted where it matters: at the target."""

import asyncio
import json
import threading
import time
from collections import Counter

import httpx
import openai
import pytest

from tests.served.quintain import ADMIN_KEY, until
from tests.served.target import answers, chunk, completion, streams

HI = [{"role": "user", "content": "Hi"}]
NO_WAIT = {"X-Quintain-Max-Wait": "0"}


def modify(server, model, **fields):
    body = {"model_config": fields}
    headers = {"X-Enkrypt-Model": model}
    answer = server.call("PATCH", "/models/modify-model", body, headers=headers)
    assert answer.status_code == 200, answer.text


def waiting(server) -> int:
    page = server.call("GET", "/metrics").text
    line = next(line for line in page.splitlines() if line.startswith("quintain_waiting "))
    return int(float(line.split()[1]))


async def burst(server, bodies, *, keys=(ADMIN_KEY,), **headers):
    """All at once, over as many connections."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(trust_env=False, timeout=100, limits=limits) as client:
        calls = [
            client.post(
                f"{server.url}/v1/chat/completions",
                json=body,
                headers={"apikey": keys[number % len(keys)], **headers},
            )
            for number, body in enumerate(bodies)
        ]
        return await asyncio.gather(*calls)


@pytest.mark.parametrize("max_wait", ["0", "1"])
async def test_of_a_burst_exactly_the_rate_reaches_the_target(quintain, register, target, max_wait):
    bodies = [{"model": register(rate_per_min=5), "messages": HI}] * 30
    got = await burst(quintain, bodies, **{"X-Quintain-Max-Wait": max_wait})
    assert Counter(answer.status_code for answer in got) == {200: 5, 429: 25}
    assert len(target.arrivals) == 5
    for answer in got:
        if answer.status_code == 429:
            assert 55 <= int(answer.headers["retry-after"]) <= 60
            assert answer.json()["error"]["code"] == "rate_limit_exceeded"


async def test_streams_choices_keys_and_spellings_share_one_count(quintain, register, target):
    model = register(rate_per_min=6)
    asked = {"messages": HI}
    bodies = [
        asked | {"model": model},
        asked | {"model": f"{model}:v1", "stream": True},
        asked | {"model": model, "n": 2},
    ] * 5
    keys = (ADMIN_KEY, quintain.new_key("caller"), quintain.new_key("editor"))
    await burst(quintain, bodies, keys=keys, **NO_WAIT)
    assert len(target.arrivals) == 6


async def test_a_rate_that_was_never_given_is_20(quintain, target):
    config = target.config()
    del config["rate_per_min"]
    quintain.add("default-rate", config)
    await burst(quintain, [{"model": "default-rate", "messages": HI}] * 25, **NO_WAIT)
    assert len(target.arrivals) == 20


async def test_models_do_not_share_a_count(quintain, register, target):
    bodies = [{"model": register(rate_per_min=2), "messages": HI} for _ in range(3)] * 4
    await burst(quintain, bodies, **NO_WAIT)
    assert len(target.arrivals) == 6


async def test_refused_calls_cost_nothing(quintain, register, target):
    model = register(rate_per_min=2)
    image = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]
    await burst(quintain, [{"model": model, "messages": image}] * 5)
    good = {"model": model, "messages": HI}
    await burst(quintain, [good] * 12, **NO_WAIT)
    modify(quintain, model, rate_per_min=3)
    await burst(quintain, [good] * 12, **NO_WAIT)
    assert len(target.arrivals) == 3


async def test_a_lowered_rate_holds_at_once(quintain, register, target):
    model = register(rate_per_min=10)
    body = {"model": model, "messages": HI}
    await burst(quintain, [body] * 3, **NO_WAIT)
    modify(quintain, model, rate_per_min=4)
    await burst(quintain, [body] * 9, **NO_WAIT)
    assert len(target.arrivals) == 4


def test_a_renamed_model_keeps_its_count(quintain, stock, register, target):
    model = register(rate_per_min=1)
    stock.chat.completions.create(model=model, messages=HI)
    renamed = quintain.call(
        "PATCH",
        "/models/modify-model",
        {"model_saved_name": f"{model}-b"},
        headers={"X-Enkrypt-Model": model},
    )
    assert renamed.status_code == 200
    with pytest.raises(openai.RateLimitError):
        stock.chat.completions.create(model=f"{model}-b", messages=HI, extra_headers=NO_WAIT)
    assert len(target.arrivals) == 1


def test_callers_are_served_in_order_of_arrival(own_quintain, target):
    server = own_quintain()
    server.add("line", target.config(rate_per_min=1))
    server.call("POST", "/v1/chat/completions", {"model": "line", "messages": HI})
    threads = []
    for number in range(8):
        body = {"model": "line", "messages": [{"role": "user", "content": str(number)}]}
        body |= {"stream": number % 2 == 0}
        threads.append(
            threading.Thread(target=server.call, args=("POST", "/v1/chat/completions", body))
        )
        threads[-1].start()
        until(lambda number=number: waiting(server) == number + 1)
    for rate in range(2, 10):  # one place more each time
        modify(server, "line", rate_per_min=rate)
        until(lambda rate=rate: len(target.arrivals) == rate)
    for thread in threads:
        thread.join(10)
    prompts = [each.json["messages"][0]["content"] for each in target.arrivals]
    assert prompts == ["Hi", *map(str, range(8))]


def test_the_wait_is_told_in_a_header(own_quintain, target):
    server = own_quintain()
    server.add("line", target.config(rate_per_min=1))
    body = {"model": "line", "messages": HI}
    server.call("POST", "/v1/chat/completions", body)
    got = []
    thread = threading.Thread(
        target=lambda: got.append(server.call("POST", "/v1/chat/completions", body))
    )
    thread.start()
    until(lambda: waiting(server) == 1)
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 0.3)
    modify(server, "line", rate_per_min=2)
    thread.join(10)
    assert float(got[0].headers["x-quintain-wait-ms"]) >= 300
    assert float(got[0].headers["x-quintain-overhead-ms"]) < 200


def test_the_wait_ends_before_the_client_s_own_deadline(quintain, register, target):
    """A client with a time-out of 3 s hears a 429 and no silence."""
    model = register(rate_per_min=1)
    with quintain.openai(timeout=3) as client:
        client.chat.completions.create(model=model, messages=HI)
        began = time.monotonic()
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model=model, messages=HI)
    assert 1.5 < time.monotonic() - began < 3


def test_a_client_without_a_deadline_waits_as_configured(own_quintain, target):
    server = own_quintain(QUINTAIN_MAX_WAIT_S="0.4")
    server.add("line", target.config(rate_per_min=1))
    body = {"model": "line", "messages": HI}
    server.call("POST", "/v1/chat/completions", body)
    for header in ("None", "NOT_GIVEN", "inf", "nan", ""):
        began = time.monotonic()
        headers = {"x-stainless-read-timeout": header}
        answer = server.call("POST", "/v1/chat/completions", body, headers=headers)
        assert answer.status_code == 429, header
        assert 0.4 <= time.monotonic() - began < 5, header


@pytest.mark.parametrize("value", ["-1", "soon", "nan", "inf"])
def test_a_wait_that_is_no_number_is_refused(quintain, register, target, value):
    headers = {"X-Quintain-Max-Wait": value}
    body = {"model": register(), "messages": HI}
    answer = quintain.call("POST", "/v1/chat/completions", body, headers=headers)
    assert answer.status_code == 400
    assert "X-Quintain-Max-Wait" in answer.json()["error"]["message"]
    assert not target.arrivals


async def test_a_line_that_is_full_refuses_at_once(own_quintain, target):
    server = own_quintain(QUINTAIN_MAX_WAITING="2", QUINTAIN_MAX_WAIT_S="2")
    server.add("line", target.config(rate_per_min=1))
    body = {"model": "line", "messages": HI}
    server.call("POST", "/v1/chat/completions", body)
    began = time.monotonic()
    took = []

    async def timed(client):
        answer = await client.post(
            f"{server.url}/v1/chat/completions", json=body, headers={"apikey": ADMIN_KEY}
        )
        took.append(time.monotonic() - began)
        return answer.status_code

    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        statuses = await asyncio.gather(*(timed(client) for _ in range(10)))
    assert statuses == [429] * 10
    assert sum(seconds < 1.5 for seconds in took) == 8


def test_health_checks_count_as_well(quintain, stock, register, target):
    model = register(rate_per_min=1)
    headers = {"X-Enkrypt-Model": model}
    checked = quintain.call("POST", "/redteam/v3/model/model-health", headers=headers)
    assert checked.json()["status"] == "healthy"
    with pytest.raises(openai.RateLimitError):
        stock.chat.completions.create(model=model, messages=HI, extra_headers=NO_WAIT)
    assert len(target.arrivals) == 1


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_opens_no_new_window(own_quintain, target, end):
    server = own_quintain()
    server.add("limited", target.config(rate_per_min=2))
    body = {"model": "limited", "messages": HI}
    for _ in range(2):
        assert server.call("POST", "/v1/chat/completions", body).status_code == 200
    getattr(server, end)()
    server.start()
    answer = server.call("POST", "/v1/chat/completions", body, headers=NO_WAIT)
    assert answer.status_code == 429
    assert len(target.arrivals) == 2


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_no_minute_at_the_target_holds_more_than_the_rate(own_quintain, target):
    """Over a real minute: many clients, streams, retries; and the places come back in time."""
    rate, calls = 20, 30
    server = own_quintain()
    server.add("limited", target.config(rate_per_min=rate))
    came = Counter()

    async def often_failing(request):
        body = json.loads(await request.read())
        prompt = body["messages"][0]["content"]
        came[prompt] += 1
        if int(prompt) % 5 == 0 and came[prompt] == 1:
            failed = answers({"error": "later"}, status=503, headers={"Retry-After": "0"})
            return await failed(request)
        if body.get("stream"):
            return await streams(chunk("a"), chunk(None, "stop"))(request)
        return await answers(completion("a"))(request)

    target.does(often_failing)
    bodies = [
        {
            "model": "limited",
            "messages": [{"role": "user", "content": str(n)}],
            "stream": n % 3 == 0,
        }
        for n in range(calls)
    ]
    got = await burst(server, bodies, **{"X-Quintain-Max-Wait": "80"})
    assert [answer.status_code for answer in got] == [200] * calls
    at = sorted(each.at for each in target.arrivals)
    assert len(at) == calls + calls // 5
    assert all(late - early > 60 for early, late in zip(at, at[rate:], strict=False))
    assert at[rate] - at[0] < 63, "places came back late"
