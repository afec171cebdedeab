"""The target's own guard, as the registration declares it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.jq import JqBusy, JqFailed, JqTimeout
from quintain.gateway.blocked import blocked_text, is_blocked
from quintain.registry.schema import Blocked

DEEP = b"[" * 900 + b"]" * 900


async def test_nothing_is_blocked_where_nothing_is_declared():
    assert not await is_blocked(None, 403, b"no", FakeJq([True]))


async def test_a_declared_status_is_blocked_without_more_ado():
    declared = Blocked(statuses=[403])
    assert await is_blocked(declared, 403, b"no", FakeJq())
    assert not await is_blocked(declared, 400, b"no", FakeJq())


@pytest.mark.parametrize(
    ("yields", "blocked"), [([True], True), ([False], False), ([], False), ([None, 1], True)]
)
async def test_where_a_match_is_given_it_decides(yields, blocked):
    declared = Blocked(statuses=[403], match=".error")
    assert await is_blocked(declared, 403, b"{}", FakeJq(yields)) is blocked


async def test_the_match_reads_json_as_it_is_and_other_bodies_as_a_string():
    jq, declared = FakeJq([True]), Blocked(statuses=[403], match=".")
    for body in (b'{"a": 1}', b"<html>\xff", DEEP):
        await is_blocked(declared, 403, body, jq)
    assert [data for _, data in jq.asked] == [b'{"a": 1}', "<html>�", DEEP]


async def test_a_body_of_another_shape_than_the_match_reads_is_not_blocked():
    assert not await is_blocked(
        Blocked(statuses=[403], match="."), 403, b"{}", FakeJq(JqFailed("no"))
    )


@pytest.mark.parametrize("kind", [JqBusy, JqTimeout])
async def test_a_match_that_could_not_run_is_told(kind):
    with pytest.raises(kind):
        await is_blocked(Blocked(statuses=[403], match="."), 403, b"{}", FakeJq(kind("no")))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "not this"}}, "not this"),
        ({"message": "not that"}, "not that"),
        ({"detail": "no"}, "no"),
        ({"error": "plain"}, "plain"),
        ("a string", "a string"),
    ],
)
def test_the_text_is_the_targets_own_sentence(body, text):
    assert blocked_text(403, json.dumps(body).encode()) == text


def test_without_a_sentence_the_text_is_the_whole_body():
    assert blocked_text(403, b'{"error": {"code": 7}}') == '{"error": {"code": 7}}'
    assert blocked_text(403, b"<h1>Blocked</h1>") == "<h1>Blocked</h1>"
    assert blocked_text(403, DEEP) == DEEP.decode()


@given(
    st.one_of(
        st.binary(),
        st.sampled_from([b"{}", b'""', b"null", b" ", b'{"message": ""}', b'{"error": []}']),
    )
)
def test_the_text_is_never_empty(body):
    assert blocked_text(403, body).strip()
