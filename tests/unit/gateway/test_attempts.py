"""Getting one request to the target: slots, keys, retries."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateway.fakes import (
    DONE,
    FakeJq,
    FakeReply,
    House,
    ask,
    call,
    chat,
    compiled,
    event,
    sse,
)
from yarl import URL

from quintain.dialects.base import Outgoing
from quintain.dialects.jq import JqBusy
from quintain.egress import failures
from quintain.errors import RateLimited, TargetError
from quintain.gateway import compiled as compiled_module
from quintain.gateway.attempts import MOST_RETRIES

OK = chat()
REFUSED = failures.not_connected("target.example:443", ConnectionRefusedError(111, "refused"))
GONE = failures.disconnected("target.example:443", "before its answer")
SILENT = failures.silent("target.example:443", 300)
KEYS = ["sk-0123456789abcdefghij-A", "sk-0123456789abcdefghij-B", "sk-0123456789abcdefghij-C"]


def land(house, model, **made):
    made = call(model, **made)
    return house.run(house.attempts.land(made, model.speaker.outgoing(made.ask))), made


def answers(*statuses, **headers):
    return [
        FakeReply(status, OK if status == 200 else b'{"e": 1}', **headers) for status in statuses
    ]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_tried_again(status):
    with House(*answers(status, status, 200)) as house:
        landed, _ = land(house, compiled())
        assert landed.status == 200
        assert len(house.egress.requests) == 3


@pytest.mark.parametrize("status", [300, 400, 401, 404, 409, 422, 500, 501, 505])
def test_what_will_not_pass_is_not(status):
    with House(*answers(status, 200)) as house:
        assert land(house, compiled())[0].status == status
        assert len(house.egress.requests) == 1


def test_a_target_that_keeps_failing_is_tried_three_times_in_all():
    with House(*answers(503)) as house:
        assert land(house, compiled())[0].status == 503
        assert len(house.egress.requests) == 1 + MOST_RETRIES


def test_a_used_up_quota_is_not_tried_again():
    with House(FakeReply(429, b'{"error": {"code": "insufficient_quota"}}')) as house:
        land(house, compiled())
        assert len(house.egress.requests) == 1


def test_failures_before_the_first_byte_are_tried_again():
    with House(REFUSED, GONE, FakeReply(200, OK)) as house:
        assert land(house, compiled())[0].status == 200


def test_a_silent_target_is_left_alone_since_it_may_be_at_work():
    with House(SILENT) as house:
        with pytest.raises(TargetError, match="sent nothing"):
            land(house, compiled())
        assert len(house.egress.requests) == 1


def test_a_failure_that_no_retry_can_mend_is_told_at_once():
    with House(failures.bad_header("X")) as house:
        with pytest.raises(TargetError) as caught:
            land(house, compiled())
        assert caught.value.code == "header_refused"
        assert len(house.egress.requests) == 1


def test_what_breaks_after_the_first_byte_is_not_tried_again():
    cut = failures.disconnected("target.example:443", "in the middle of its answer")
    with House(FakeReply(503, b"half", broken=cut), FakeReply(200, OK)) as house:
        with pytest.raises(TargetError, match="in the middle"):
            land(house, compiled())
        assert len(house.egress.requests) == 1


def test_a_target_is_not_asked_again_because_our_own_jq_is_busy():
    busy = FakeJq(JqBusy("busy", code="mapping_busy", passing=True))
    blocked = {"blocked": {"statuses": [403], "match": "."}}
    with House(FakeReply(403, b"{}"), jq=busy) as house:
        with pytest.raises(JqBusy):
            land(house, compiled(metadata=blocked))
        assert len(house.egress.requests) == 1


# --- slots ---------------------------------------------------------------------------------------


def test_each_try_takes_a_slot_of_its_own():
    with House(*answers(503, 503, 200)) as house:
        land(house, compiled())
        assert house.counted == 3


def test_a_request_that_never_went_out_costs_no_slot():
    with House(REFUSED) as house:
        with pytest.raises(TargetError, match="No connection"):
            land(house, compiled())
        assert len(house.egress.requests) == 3
        assert house.counted == 0


def test_a_request_that_went_out_and_failed_has_cost_its_slot():
    with House(GONE) as house:
        with pytest.raises(TargetError):
            land(house, compiled())
        assert house.counted == 3


SCRIPTS = st.lists(
    st.sampled_from([REFUSED, GONE, SILENT, 200, 401, 404, 429, 503]), min_size=1, max_size=6
)


@given(SCRIPTS, st.integers(1, 3))
def test_slots_are_taken_exactly_for_what_was_sent(script, keys):
    with House(
        *[FakeReply(each, OK) if isinstance(each, int) else each for each in script]
    ) as house:
        with contextlib.suppress(TargetError):
            land(house, compiled(apikeys=KEYS[:keys]))
        sent = [script[min(n, len(script) - 1)] for n in range(len(house.egress.requests))]
        assert house.counted == sum(each is not REFUSED for each in sent)
        assert len(sent) <= keys + MOST_RETRIES


async def hangs(request):
    await asyncio.Event().wait()


def test_a_caller_that_leaves_before_the_request_went_out_frees_its_slot():
    with House(hangs) as house:
        made = call(compiled())
        task = house.loop.create_task(
            house.attempts.land(made, made.compiled.speaker.outgoing(made.ask))
        )
        house.loop.settle()
        assert house.counted == 1
        task.cancel()
        house.loop.settle()
        assert task.cancelled()
        assert house.counted == 0


def test_a_call_waits_its_turn_and_counts_the_wait():
    with House(FakeReply(200, OK)) as house:
        model = compiled(rate_per_min=1)
        land(house, model)
        _, second = land(house, model, wait_s=100.0)
        assert second.waited_s == pytest.approx(60.5, abs=0.1)
        assert second.upstream_s == 0


def test_patience_that_ends_in_line_is_a_429_with_a_time_to_come_back():
    with House(FakeReply(200, OK)) as house:
        model = compiled(rate_per_min=1)
        land(house, model)
        with pytest.raises(RateLimited) as caught:
            land(house, model, wait_s=5.0)
        assert 1 <= caught.value.retry_after <= 60
        assert len(house.egress.requests) == 1


def test_patience_is_one_for_all_waits_and_pauses_of_a_call():
    with House(*answers(503, 200, Retry_After="30")) as house:
        made = call(compiled(rate_per_min=1), wait_s=45.0)
        with pytest.raises(RateLimited):
            house.run(house.attempts.land(made, made.compiled.speaker.outgoing(made.ask)))
        assert made.waited_s == pytest.approx(45.0, abs=0.1)


# --- pauses --------------------------------------------------------------------------------------


def test_the_pause_that_a_target_asks_for_is_kept():
    with House(*answers(429, 200, Retry_After="7")) as house:
        _, made = land(house, compiled())
        assert made.waited_s == pytest.approx(7.0)


def test_without_a_word_of_the_target_pauses_grow():
    with House(*answers(503)) as house:
        _, made = land(house, compiled())
        assert 0.75 <= made.waited_s <= 2.25


@pytest.mark.parametrize("asked", ["3600", "inf", "1e999"])
def test_a_pause_longer_than_the_callers_patience_gives_the_targets_answer_at_once(asked):
    with House(*answers(503, 200, Retry_After=asked)) as house:
        landed, made = land(house, compiled(), wait_s=2.0)
        if asked == "3600":
            assert (landed.status, made.waited_s) == (503, 0.0)
        else:  # no time at all, so our own pause holds
            assert landed.status == 200


def test_a_caller_without_patience_hears_what_failed_and_no_talk_of_limits():
    with House(REFUSED) as house:
        with pytest.raises(TargetError, match="No connection"):
            land(house, compiled(), wait_s=0.0)
        assert len(house.egress.requests) == 1


# --- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_refused_key_makes_way_for_the_next_at_once(status):
    with House(*answers(status, 200)) as house:
        landed, made = land(house, compiled(apikeys=KEYS))
        assert (landed.status, made.waited_s) == (200, 0.0)
        assert house.egress.header("Authorization") == [f"Bearer {key}" for key in KEYS[:2]]


def test_a_refused_key_rests_in_later_calls():
    with House(*answers(401, 200)) as house:
        model = compiled(apikeys=KEYS[:2])
        for _ in range(3):
            land(house, model)
        assert house.egress.header("Authorization")[2:] == [f"Bearer {KEYS[1]}"] * 2


def test_when_every_key_is_refused_the_call_ends_after_one_try_of_each():
    with House(*answers(401)) as house:
        assert land(house, compiled(apikeys=KEYS))[0].status == 401
        assert sorted(house.egress.header("Authorization")) == [f"Bearer {key}" for key in KEYS]


def test_a_key_that_is_only_limited_outweighs_one_that_is_wrong():
    with House(*answers(429, 401, 200, Retry_After="1")) as house:
        landed, _ = land(house, compiled(apikeys=KEYS[:2]))
        assert landed.status == 200
        assert house.egress.header("Authorization") == [f"Bearer {KEYS[n]}" for n in (0, 1, 0)]


def test_keys_that_stay_limited_and_wrong_end_as_limited():
    with House(*answers(429, 401, 429)) as house:
        assert land(house, compiled(apikeys=KEYS[:2]))[0].status == 429


# --- what landed ---------------------------------------------------------------------------------


def test_a_success_is_handed_on_unread():
    with House(sse(event("a"), DONE)) as house:
        landed, _ = land(house, compiled())
        assert landed.body is None
        assert landed.reply.open


def test_a_refusal_is_read_and_our_secrets_are_masked_in_it():
    with House(FakeReply(400, f'{{"key": "{KEYS[0]}"}}'.encode())) as house:
        landed, _ = land(house, compiled(apikeys=KEYS[:1]))
        assert KEYS[0].encode() not in landed.body
        assert not landed.reply.open


def test_a_declared_block_is_no_failure_rests_no_key_and_is_not_tried_again():
    blocked = {"blocked": {"statuses": [403, 429]}}
    for status in (403, 429):
        with House(*answers(status, 200)) as house:
            model = compiled(apikeys=KEYS, metadata=blocked)
            landed, _ = land(house, model)
            assert (landed.blocked, landed.status) == (True, status)
            assert len(house.egress.requests) == 1


def test_a_status_that_may_mean_blocked_is_judged_by_the_body_even_of_a_success():
    blocked = {"blocked": {"statuses": [200], "match": ".flagged"}}
    jq = FakeJq(lambda data: [b"flagged" in data])
    with House(FakeReply(200, b'{"flagged": 1}'), FakeReply(200, OK), jq=jq) as house:
        model = compiled(metadata=blocked)
        assert land(house, model)[0].blocked
        landed, _ = land(house, model)
        assert (landed.blocked, landed.body) == (False, OK)


def test_a_request_says_how_long_it_may_take_and_where_it_may_go():
    timeouts = {"timeouts": {"connect_s": 3.0, "read_s": 4.0}}
    with House(FakeReply(200, OK), connect_s=9, read_s=99) as house:
        land(house, compiled(metadata=timeouts, hosting_type="Internal"))
        land(house, compiled())
        first, second = house.egress.requests
        assert (first.connect_s, first.read_s, first.internal) == (3.0, 4.0, True)
        assert (second.connect_s, second.read_s, second.internal) == (9, 99, False)
        assert (first.method, first.body) == ("POST", compiled().speaker.outgoing(ask()).body)


# --- what a call's own translation says of its request -------------------------------------------


class Speaker:
    """Gives what a test wants to send, and reads 400 as a refused key."""

    streams = False

    def __init__(self, outgoing):
        self.sends = outgoing

    def outgoing(self, ask):
        return self.sends

    def status(self, status, body):
        return 401 if body == b"bad key" else status

    async def answer(self, body):
        raise NotImplementedError

    def pieces(self, chunks):
        raise NotImplementedError


class SigningSpeaker(Speaker):
    def signed(self, outgoing, headers, apikey):
        headers["X-Signature"] = f"{outgoing.method} {apikey[-1:]}"
        return headers


def speaks(speaker, **given):
    """A model whose dialect is this speaker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_module, "compile_speaker", lambda *_: speaker)
        return compiled(**given)


def test_a_request_is_what_the_translation_makes_of_it():
    outgoing = Outgoing(URL("https://t.example/x"), b"", method="GET", headers={"accept": "text/x"})
    with House(FakeReply(200, OK)) as house:
        land(house, speaks(Speaker(outgoing), apikeys=KEYS[:1]))
        (request,) = house.egress.requests
        assert (request.method, request.body) == ("GET", None)
        assert request.headers.getall("Accept") == ["text/x"]
        assert request.headers["Authorization"] == f"Bearer {KEYS[0]}"


def test_headers_of_one_call_do_not_stay_for_the_next():
    speaker = Speaker(Outgoing(URL("https://t.example/x"), b"1", headers={"X-Once": "1"}))
    with House(FakeReply(200, OK)) as house:
        model = speaks(speaker)
        land(house, model)
        speaker.sends = Outgoing(URL("https://t.example/x"), b"2")
        land(house, model)
        assert house.egress.header("X-Once") == ["1", None]


def test_without_headers_of_its_own_a_call_copies_none():
    with House(FakeReply(200, OK)) as house:
        model = compiled(apikeys=KEYS[:1])
        land(house, model)
        assert house.egress.requests[0].headers is model.keys.take(0.0).headers


def test_a_refusal_is_read_as_the_dialect_reads_it_before_keys_are_rested():
    outgoing = Outgoing(URL("https://t.example/x"), b"1")
    with House(FakeReply(400, b"bad key"), FakeReply(400, b"other")) as house:
        landed, _ = land(house, speaks(Speaker(outgoing), apikeys=KEYS[:2]))
        assert landed.status == 400
        assert len(house.egress.requests) == 2


def test_a_block_is_declared_by_the_status_that_the_target_sends():
    outgoing = Outgoing(URL("https://t.example/x"), b"1")
    blocked = {"blocked": {"statuses": [400]}}
    with House(FakeReply(400, b"bad key")) as house:
        assert land(house, speaks(Speaker(outgoing), metadata=blocked))[0].blocked


def test_every_try_is_signed_anew_with_the_key_in_turn():
    outgoing = Outgoing(URL("https://t.example/x"), b"1", headers={"X-Call": "1"})
    with House(*answers(403, 503, 200)) as house:
        landed, _ = land(house, speaks(SigningSpeaker(outgoing), apikeys=KEYS[:2]))
        assert landed.status == 200
        assert house.egress.header("X-Signature") == ["POST A", "POST B", "POST B"]
        assert house.egress.header("Authorization") == [None] * 3
        assert house.egress.header("X-Call") == ["1"] * 3


def test_a_signer_without_a_key_is_asked_all_the_same():
    with House(FakeReply(200, OK)) as house:
        land(house, speaks(SigningSpeaker(Outgoing(URL("https://t.example/x"), b"1"))))
        assert house.egress.header("X-Signature") == ["POST "]


def test_the_parts_of_a_signing_key_are_masked_each():
    key = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG:session-part"
    model = speaks(SigningSpeaker(None), apikeys=[key])
    assert {*key.split(":"), key} <= {secret.decode() for secret in model.secrets}
    assert b"session-part" not in compiled(apikeys=[key]).secrets


# --- targets that keep the conversation ----------------------------------------------------------

KEPT = {"metadata": {"session": {"kind": "client"}}}


@pytest.mark.parametrize("first", [*answers(502, 504), GONE])
def test_what_a_conversation_may_have_heard_is_not_said_again(first):
    with House(first, FakeReply(200, OK)) as house:
        with contextlib.suppress(TargetError):
            assert land(house, compiled(**KEPT))[0].status in {502, 504}
        assert len(house.egress.requests) == 1


@pytest.mark.parametrize("first", [*answers(429, 503), REFUSED])
def test_what_a_conversation_surely_did_not_hear_is(first):
    with House(first, FakeReply(200, OK)) as house:
        assert land(house, compiled(**KEPT))[0].status == 200
