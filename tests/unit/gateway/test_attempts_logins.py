"""Calls of a model that logs in: two requests, and which of them failed."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs
from tests.unit.gateway import fakes
from tests.unit.gateway.fakes import FakeReply, House, call, chat, event, sse

from quintain.egress import failures
from quintain.errors import RateLimited, TargetError
from quintain.gateway.logins import tokens as tokens_module
from quintain.gateway.logins.asking import LONGEST_S
from quintain.gateway.logins.faults import _JWT
from quintain.secret import Secret

LOGIN = {
    "jwt_url": "https://login.example/token?hidden=1",
    "jwt_body": '{"password": "hidden-word"}',
}
OAUTH = {"jwt_url": "https://login.example/token", "grant_type": "client_credentials",
         "client_id": "id", "client_secret": "hidden-word"}  # fmt: skip
JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"
DOWN = failures.not_connected("login.example:443", ConnectionRefusedError(111, "refused"))


def compiled(login=LOGIN, **given):
    return fakes.compiled(model_auth_type="jwt", model_jwt_config=login, **given)


class Split:
    """Sends what goes to the login to one script, the rest to another."""

    def __init__(self, logins, targets):
        self.logins, self.targets = list(logins), list(targets)
        self.login_requests, self.target_requests = [], []

    async def __call__(self, request):
        at_login = request.url.host == "login.example"
        (self.login_requests if at_login else self.target_requests).append(request)
        script = self.logins if at_login else self.targets
        answer = script.pop(0) if len(script) > 1 else script[0]
        return await answer(request) if callable(answer) else answer

    @property
    def tokens(self):
        return [request.headers.get("Authorization") for request in self.target_requests]


def gives(*tokens, **more):
    return [FakeReply(200, json.dumps({"access_token": t} | more).encode()) for t in tokens]


def statuses(*codes):
    return [FakeReply(code, chat() if code == 200 else b'{"error": "no"}') for code in codes]


def world(logins, targets, **settings):
    split = Split(logins, targets)
    return House(split, **settings), split


def land(house, model, **made):
    made = call(model, **made)
    return house.run(house.attempts.land(made, model.speaker.outgoing(made.ask))), made


def failure(logins, targets=None, model=None, **made):
    house, split = world(logins, targets or statuses(200))
    with house:
        with pytest.raises(TargetError) as caught:
            house.call(call(model or compiled(), **made))
        assert house.counted == len(split.target_requests)
    return caught.value, split


def test_a_call_carries_the_token_that_the_login_gave_and_no_key():
    house, split = world(gives("tok-1"), statuses(200))
    with house:
        model = compiled(
            apikeys=["sk-of-another-time-0123456789"], metadata={"timeouts": {"read_s": 5}}
        )
        for _ in range(3):
            assert land(house, model)[0].status == 200
        assert split.tokens == ["Bearer tok-1"] * 3
        (login,) = split.login_requests
        assert (login.method, login.body) == ("POST", LOGIN["jwt_body"].encode())
        assert (login.internal, login.read_s) == (False, 5)
        assert "Authorization" not in login.headers


def test_a_login_takes_no_slot_of_the_targets_rate():
    house, _ = world(gives("tok-1"), statuses(200))
    with house:
        land(house, compiled(rate_per_min=1))
        assert house.counted == 1
        assert house.metrics.registry.get_sample_value(
            "quintain_logins_total", {"outcome": "answered"}
        ) == 1  # fmt: skip


def test_a_login_may_go_where_its_model_may():
    house, split = world(gives("tok-1"), statuses(200))
    with house:
        land(house, compiled(hosting_type="Internal"))
        assert [request.internal for request in split.login_requests] == [True]


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        (None, "Authorization", "Bearer tok-1"),
        ({"header_prefix": "Token"}, "Authorization", "Token tok-1"),
        ({"header_name": "X-Session", "header_prefix": ""}, "X-Session", "tok-1"),
        (
            {"header_name": "X-S", "header_prefix": "v", "space_after_prefix": False},
            "X-S",
            "vtok-1",
        ),
        ({"tenant": "a-further-secret"}, "Authorization", "Bearer tok-1"),
    ],
)
def test_auth_data_says_how_a_token_travels(auth, name, value):
    house, split = world(gives("tok-1"), statuses(200))
    with house:
        land(house, compiled(auth_data=auth))
        assert split.target_requests[0].headers.getall(name) == [value]


def test_a_provider_with_a_header_of_its_own_for_keys_gets_a_token_as_a_bearer():
    house, split = world(gives("tok-1"), statuses(200))
    with house:
        land(house, compiled(model_provider="portkey", endpoint=None))
        assert split.tokens == ["Bearer tok-1"]
        assert "x-portkey-api-key" not in split.target_requests[0].headers


def test_a_refused_token_is_renewed_once_and_the_call_made_again():
    house, split = world(gives("tok-1", "tok-2"), statuses(401, 200))
    with house:
        landed, made = land(house, compiled())
        assert (landed.status, made.waited_s) == (200, 0.0)
        assert split.tokens == ["Bearer tok-1", "Bearer tok-2"]
        assert house.counted == 2


def test_a_token_that_is_refused_again_is_the_targets_refusal():
    error, split = failure(gives("tok-1", "tok-2", "tok-3"), statuses(401))
    assert (error.stage, error.code, error.status) == ("auth", "target_refused_token", 424)
    assert error.message.startswith("The target refused the token that the login gave")
    assert split.tokens == ["Bearer tok-1", "Bearer tok-2"]


def test_a_call_renews_its_token_once_even_where_others_have_luck_with_theirs(monkeypatch):
    monkeypatch.setattr(tokens_module, "CALM_S", 0)
    _, split = failure(gives("tok-1", "tok-2", "tok-3"), statuses(401))
    assert split.tokens == ["Bearer tok-1", "Bearer tok-2"]


def test_what_is_forbidden_is_not_mended_by_a_new_token():
    error, split = failure(gives("tok-1", "tok-2"), statuses(403))
    assert (error.code, len(split.login_requests)) == ("target_refused_token", 1)


def test_a_block_that_is_declared_as_401_costs_no_token():
    house, split = world(gives("tok-1", "tok-2"), statuses(401))
    with house:
        landed, _ = land(house, compiled(metadata={"blocked": {"statuses": [401]}}))
        assert (landed.blocked, len(split.login_requests)) == (True, 1)


def test_a_token_that_ends_while_a_call_waits_in_line_is_renewed_before_it_goes_out():
    async def slow(request):
        await asyncio.sleep(7)
        return gives("tok-2")[0]

    house, split = world([*gives("tok-1", expires_in=20), slow], statuses(200))
    with house:
        model = compiled(rate_per_min=1)
        land(house, model)
        _, made = land(house, model, wait_s=100.0)
        assert split.tokens == ["Bearer tok-1", "Bearer tok-2"]
        assert made.upstream_s == pytest.approx(7)


def test_a_login_that_dies_while_a_call_waits_in_line_costs_no_slot():
    house, split = world([*gives("tok-1", expires_in=20), DOWN], statuses(200))
    with house:
        model = compiled(rate_per_min=1)
        land(house, model)
        with pytest.raises(TargetError, match="gave no token"):
            land(house, model, wait_s=62.0)
        assert (house.counted, len(split.target_requests)) == (0, 1)


def test_a_dead_login_is_told_without_a_wait_in_line():
    house, _ = world([*gives("tok-1", expires_in=1), DOWN], statuses(200))
    with house:
        model = compiled(rate_per_min=1)
        land(house, model)
        house.loop.advance(2)
        with pytest.raises(TargetError, match="The login at login.example:443"):
            land(house, model, wait_s=3.0)


def test_a_call_whose_patience_ends_in_line_is_limited_though_it_has_a_token():
    house, _ = world(gives("tok-1"), statuses(200))
    with house:
        model = compiled(rate_per_min=1)
        land(house, model)
        with pytest.raises(RateLimited):
            land(house, model, wait_s=3.0)


async def hangs(request):
    await asyncio.Event().wait()


def test_a_login_that_hangs_is_given_up_and_not_tried_again_for_the_call():
    house, split = world([hangs], statuses(200))
    with house:
        before = house.loop.now
        with pytest.raises(TargetError, match="did not answer within 30 s") as caught:
            land(house, compiled())
        assert (caught.value.code, caught.value.status) == ("login_unreachable", 504)
        assert house.loop.now - before == pytest.approx(LONGEST_S)
        assert len(split.login_requests) == 1
        assert house.counted == 0


def test_time_at_the_login_is_no_overhead_of_ours():
    async def slow(request):
        await asyncio.sleep(7)
        return gives("tok-1")[0]

    house, _ = world([slow], statuses(200))
    with house:
        assert land(house, compiled())[1].upstream_s == pytest.approx(7)


@pytest.mark.parametrize(("asked", "waited"), [(None, 1.0), ("9", 9.0)])
def test_a_login_that_fails_for_a_moment_is_tried_again_by_the_same_call(asked, waited):
    first = FakeReply(503, **({"Retry_After": asked} if asked else {}))
    house, split = world([first, *gives("tok-1")], statuses(200))
    with house:
        landed, made = land(house, compiled())
        assert (landed.status, made.waited_s) == (200, pytest.approx(waited))
        assert len(split.login_requests) == 2


# --- what is told ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "code", "status", "said"),
    [
        (FakeReply(401, b"<html>"), "login_failed", 424, "answered 401: it refused our credentials"),
        (FakeReply(302, Location="https://x"), "login_failed", 424, "redirects elsewhere"),
        (FakeReply(404), "login_failed", 424, "mend jwt_url or jwt_method"),
        (FakeReply(429, Retry_After="9"), "login_failed", 502, "limits how often"),
        (FakeReply(500), "login_failed", 502, "it failed"),
        (FakeReply(200, b'{"jeton": "x"}'), "login_without_token", 424, "has none of access_token"),
        (FakeReply(200, b"{}", Content_Encoding="gzip"), "login_without_token", 424, "compressed"),
        (DOWN, "login_unreachable", 502, "check that the login is running"),
        (failures.not_resolved("login.example", OSError()), "login_unreachable", 424, "the host in jwt_url"),
        (failures.too_large("login.example:443", 9), "login_unreachable", 424, "ask the login for less"),
        (failures.bad_header("X-Bad"), "login_unreachable", 424, "X-Bad"),
    ],
)  # fmt: skip
def test_a_failed_login_is_stage_auth_and_names_the_login(reply, code, status, said):
    error, split = failure([reply])
    assert (error.stage, error.code, error.status) == ("auth", code, status)
    assert "login at login.example:443" in error.message
    assert said in error.message
    assert "endpoint." not in error.message
    assert split.target_requests == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "invalid_client", "error_description": "No such client."}, "invalid_client: No such client."),
        ({"message": "Locked."}, "Locked."),
        ({"error": {"code": 1}, "detail": "two\nlines"}, "two lines"),
    ],
)  # fmt: skip
def test_the_words_of_a_login_that_refuses_are_told(body, said):
    error, _ = failure([FakeReply(400, json.dumps(body).encode())])
    assert error.message.endswith(f"It said: {said}")


@pytest.mark.parametrize("login", [LOGIN, OAUTH])
@pytest.mark.parametrize("status", [200, 400])
def test_no_secret_and_no_token_comes_into_an_error_or_the_log(login, status):
    words = f"{JWT} hidden-word {login.get('jwt_body')} Basic aWQ6aGlkZGVuLXdvcmQ="
    answer = {"message": words, "error": words, "jeton": JWT}
    with capture_logs() as logs:
        error, _ = failure([FakeReply(status, json.dumps(answer).encode())], model=compiled(login))
    told = f"{error.message} {logs}"
    assert "hidden" not in told
    assert JWT not in told
    assert login is LOGIN or "aWQ6" not in told
    assert not _JWT.search(told)
    assert [each["event"] for each in logs] == ["login failed"]


def test_a_login_that_works_leaves_no_token_in_the_log():
    house, _ = world(gives("tok-0123456789-hidden"), statuses(200))
    with house, capture_logs() as logs:
        land(house, compiled())
    assert [each["event"] for each in logs] == ["login"]
    assert "hidden" not in str(logs)


TOKEN = "tok-0123456789-abcdefghij"


@pytest.mark.parametrize(
    "reply",
    [
        FakeReply(400, json.dumps({"error": {"message": f"with {TOKEN}"}}).encode()),
        FakeReply(200, chat(f"You sent Bearer {TOKEN}.")),
        FakeReply(200, chat("You sent hidden-word.")),
    ],
)
def test_what_a_target_repeats_of_a_token_or_a_login_is_masked(reply):
    house, _ = world(gives(TOKEN), [reply])
    with house:
        result = house.call(call(compiled()))
        assert TOKEN.encode() not in result.body
        assert b"hidden-word" not in result.body


def test_a_token_is_masked_in_a_stream_wherever_it_is_torn():
    whole = event(f"it is {TOKEN}!", "stop") + b"data: [DONE]\n\n"
    for at in range(len(whole)):
        house, _ = world(gives(TOKEN), [sse(whole[:at], whole[at:])])
        with house:
            made = call(compiled(), fakes.ask(stream=True))
            assert TOKEN.encode() not in house.call(made).body


@pytest.mark.parametrize(
    "lost",
    [
        {"jwt_body": Secret.unreadable()},
        {"jwt_headers": [{"key": "X", "value": Secret.unreadable()}]},
        OAUTH | {"client_secret": Secret.unreadable()},
    ],
)
def test_a_lost_secret_of_the_login_stops_calls_before_it_is_tried(lost):
    error, split = failure(gives("tok-1"), model=compiled(LOGIN | lost))
    assert error.code == "credential_needs_reentry"
    assert split.login_requests == []


def test_a_lost_key_that_is_not_sent_stops_nothing():
    house, split = world(gives("tok-1"), statuses(200))
    with house:
        assert land(house, compiled(apikeys=[Secret.unreadable()]))[0].status == 200
        assert split.tokens == ["Bearer tok-1"]
