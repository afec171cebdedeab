"""Several API keys of one model: used in turn, and rested when the target refuses one."""

from collections import Counter

import openai
import pytest
from aiohttp import web

from tests.served.target import answers, completion

HI = [{"role": "user", "content": "Hi"}]
KEYS = [f"sk-key-number-{n}-of-this-model" for n in range(3)]


def judging(verdicts, retry_after=None):
    """A target that answers each key as told, and all others with a completion."""

    async def behaviour(request: web.Request) -> web.StreamResponse:
        number = KEYS.index(request.headers["Authorization"].removeprefix("Bearer "))
        status = verdicts.get(number, 200)
        headers = {} if retry_after is None or status != 429 else {"Retry-After": retry_after}
        body = completion() if status == 200 else {"error": {"message": f"no {KEYS[number]}"}}
        return await answers(body, status, headers)(request)

    return behaviour


def used(target):
    """The keys' numbers, as they came."""
    given = (each.headers["Authorization"].removeprefix("Bearer ") for each in target.arrivals)
    return [KEYS.index(key) for key in given]


def call(client, model, times=1):
    for _ in range(times):
        client.chat.completions.create(model=model, messages=HI)


def test_keys_are_used_in_turn(stock, register, target):
    call(stock, register(apikeys=KEYS), times=7)
    assert used(target) == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_refused_key_makes_way_for_the_next_and_rests(stock, register, target, status):
    target.does(judging({0: status}))
    call(stock, register(apikeys=KEYS), times=5)
    assert used(target)[:2] == [0, 1]
    assert Counter(used(target))[0] == 1
    assert len(target.arrivals) == 6


def test_a_limited_key_comes_back_after_the_pause_that_the_target_named(stock, register, target):
    target.does(judging({0: 429}, retry_after="0"))
    model = register(apikeys=KEYS[:2])
    call(stock, model)
    target.does(answers())
    call(stock, model, times=4)
    assert set(used(target)[2:]) == {0, 1}


def test_when_every_key_is_refused_it_is_told_once_without_any_key(stock, register, target):
    target.does(judging({0: 401, 1: 403, 2: 401}))
    with pytest.raises(openai.APIStatusError) as failed:
        call(stock, register(apikeys=KEYS))
    assert (failed.value.status_code, failed.value.code) == (424, "target_refused_key")
    assert used(target) == [0, 1, 2]
    assert not any(key in failed.value.response.text for key in KEYS)


def test_a_limited_key_among_refused_ones_is_worth_another_try(stock, register, target):
    target.does(judging({0: 429, 1: 401, 2: 401}, retry_after="0"))
    with pytest.raises(openai.RateLimitError):
        call(stock, register(apikeys=KEYS))
    assert Counter(used(target))[0] >= 2


def test_keys_that_all_rest_are_still_used_rather_than_none(stock, register, target):
    model = register(apikeys=KEYS[:2])
    target.does(judging({0: 401, 1: 401}))
    with pytest.raises(openai.APIStatusError):
        call(stock, model)
    target.does(answers())
    call(stock, model)


def test_a_key_replaced_by_modify_is_used_at_once_without_the_old_one_s_rest(
    quintain, stock, register, target
):
    model = register(apikeys=KEYS[:1])
    target.does(judging({0: 401}))
    with pytest.raises(openai.APIStatusError):
        call(stock, model)
    changed = quintain.call(
        "PATCH",
        "/models/modify-model",
        {"model_config": {"apikeys": KEYS[1:2]}},
        headers={"X-Enkrypt-Model": model},
    )
    assert changed.status_code == 200, changed.text
    call(stock, model)
    assert used(target) == [0, 1]


def test_each_key_tried_takes_a_place_of_the_rate_limit(stock, register, target):
    target.does(judging({0: 401, 1: 401}))
    model = register(apikeys=KEYS, rate_per_min=3)
    call(stock, model)
    with pytest.raises(openai.RateLimitError):
        stock.with_options(default_headers={"X-Quintain-Max-Wait": "0"}).chat.completions.create(
            model=model, messages=HI
        )
    assert len(target.arrivals) == 3


def test_a_prompt_that_the_target_blocks_rests_no_key(stock, register, target):
    blocked = {"blocked": {"statuses": [403]}}
    target.does(answers({"error": "blocked"}, status=403))
    call(stock, register(apikeys=KEYS, metadata=blocked), times=4)
    assert used(target) == [0, 1, 2, 0]
