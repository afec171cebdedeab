"""Several keys of one model, in turn."""

import pytest
from multidict import CIMultiDict

from quintain.errors import TargetError
from quintain.gateway.keyturn import (
    REST_LIMITED_S,
    REST_LONGEST_S,
    REST_REFUSED_S,
    KeyTurn,
    TargetKey,
)


def keys(count):
    return [TargetKey(CIMultiDict({"k": str(number)})) for number in range(count)]


def test_keys_are_used_in_turn():
    a, b, c = three = keys(3)
    turn = KeyTurn(three)
    assert [turn.take(0.0) for _ in range(6)] == [a, b, c, a, b, c]


def test_a_resting_key_is_passed_over_until_it_has_rested():
    a, b = both = keys(2)
    turn = KeyTurn(both)
    a.rest(0.0, 429, 5.0)
    assert [turn.take(4.9) for _ in range(2)] == [b, b]
    assert a in {turn.take(5.0) for _ in range(2)}


def test_a_key_that_was_tried_in_this_call_is_not_tried_again_while_another_is_left():
    a, b = both = keys(2)
    assert KeyTurn(both).take(0.0, {a}) is b
    b.rest(0.0, 401, None)
    assert KeyTurn(both).take(0.0, {a}) is b


def test_when_all_rest_the_one_that_rests_least_is_taken():
    a, b = both = keys(2)
    a.rest(0.0, 401, None)
    b.rest(0.0, 429, 10.0)
    assert [KeyTurn(both).take(1.0, tried) for tried in (None, {a, b})] == [b, b]


def test_the_only_key_is_taken_even_while_it_rests():
    (only,) = one = keys(1)
    only.rest(0.0, 403, None)
    assert KeyTurn(one).take(0.0, {only}) is only


@pytest.mark.parametrize(
    ("status", "asked", "rests"),
    [
        (401, None, REST_REFUSED_S),
        (403, 1.0, REST_REFUSED_S),
        (429, None, REST_LIMITED_S),
        (429, 7.0, 7.0),
        (429, 0.0, 0.0),
        (429, 1e9, REST_LONGEST_S),
    ],
)
def test_how_long_a_key_rests(status, asked, rests):
    (key,) = keys(1)
    key.rest(100.0, status, asked)
    assert key.rests_until == 100.0 + rests


def test_lost_keys_say_so_and_no_more():
    with pytest.raises(TargetError, match="entered again") as caught:
        KeyTurn([], "It needs to be entered again.").take(0.0)
    assert caught.value.stage == "config"
    assert not caught.value.passing
