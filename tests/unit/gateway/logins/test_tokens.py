"""One token for a crowd: when it is fetched, kept, renewed, and when a login is left in peace."""

import asyncio
import gc

import pytest
from multidict import CIMultiDict
from tests.unit.admission.simloop import SimulatedLoop

from quintain.errors import TargetError
from quintain.gateway.logins.answers import Granted
from quintain.gateway.logins.request import login_request
from quintain.gateway.logins.tokens import CALM_S, LONGEST_PAUSE_S, REMEMBERED, Carrier, Login
from quintain.registry.schema import JwtConfig, Timeouts
from quintain.secret import Secret

DOWN = TargetError("auth", "The login is down.", code="login_unreachable", passing=True)
WRONG = TargetError("auth", "The login refused.", code="login_failed", http_status=401)


class Desk:
    """A login's far side. lasts_s, error: of what it gives next. takes_s: how long it thinks."""

    def __init__(self, lasts_s=300.0, takes_s=1.0):
        self.lasts_s, self.takes_s = lasts_s, takes_s
        self.error = None
        self.asked = 0

    async def __call__(self, login):
        self.asked += 1
        number = self.asked
        await asyncio.sleep(self.takes_s)
        if self.error is not None:
            raise self.error
        return Granted(Secret(f"token-number-{number}"), self.lasts_s)


class World:
    def __init__(self, prefix="Bearer ", known=(), **desk):
        self.loop, self.desk = SimulatedLoop(), Desk(**desk)
        given = JwtConfig(jwt_url="https://login.example.com/token")
        request = login_request(given, internal=False, timeouts=Timeouts())
        carrier = Carrier(CIMultiDict({"X-Own": "1"}), "Authorization", prefix)
        self.login = Login(request, carrier, known, "bot:v1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.finish()

    def token(self):
        return self.loop.run_until_complete(self.login.token(self.desk))

    def start(self, count=1):
        return [self.loop.create_task(self.login.token(self.desk)) for _ in range(count)]

    def refused(self, token):
        async def said():
            return self.login.refused(token)

        return self.loop.run_until_complete(said())


def carried(token):
    return token.headers["Authorization"]


def test_a_crowd_waits_for_one_login():
    with World() as world:
        tasks = world.start(50)
        world.loop.advance(1.0)
        assert {carried(task.result()) for task in tasks} == {"Bearer token-number-1"}
        assert world.desk.asked == 1


def test_a_token_is_kept_until_shortly_before_its_end():
    with World(lasts_s=300.0, takes_s=0) as world:
        first = world.token()
        world.loop.advance(269.9)
        assert world.token() is first
        world.loop.advance(0.2)
        assert carried(world.token()) == "Bearer token-number-2"


@pytest.mark.parametrize(("lasts_s", "kept_s"), [(10.0, 9.0), (1.0, 1.0), (0.01, 1.0)])
def test_a_short_life_is_used_but_for_a_tenth_and_never_less_than_a_second(lasts_s, kept_s):
    with World(lasts_s=lasts_s, takes_s=0) as world:
        first = world.token()
        world.loop.advance(kept_s - 0.01)
        assert world.token() is first
        world.loop.advance(0.02)
        assert world.token() is not first


def test_who_leaves_does_not_end_the_login_of_the_others():
    with World() as world:
        impatient, patient = world.start(2)
        world.loop.advance(0.5)
        impatient.cancel()
        world.loop.advance(0.6)
        assert impatient.cancelled()
        assert carried(patient.result()) == "Bearer token-number-1"


def test_a_login_whose_callers_all_left_serves_the_next():
    with World() as world:
        (only,) = world.start()
        world.loop.settle()
        only.cancel()
        world.loop.advance(1.1)
        assert carried(world.token()) == "Bearer token-number-1"
        assert world.desk.asked == 1


def test_a_failure_is_told_to_all_who_waited_each_with_its_own_error():
    with World() as world:
        world.desk.error = WRONG
        tasks = world.start(10)
        world.loop.advance(1.0)
        errors = [task.exception() for task in tasks]
        assert {error.message for error in errors} == {"The login refused."}
        assert len(set(map(id, errors))) == 10
        assert {(error.code, error.http_status, error.status) for error in errors} == {
            ("login_failed", 401, 424)
        }
        assert world.desk.asked == 1


def test_a_failure_that_nobody_waited_for_is_no_loose_end():
    with World() as world:
        world.desk.error = WRONG
        (only,) = world.start()
        world.loop.settle()
        only.cancel()
        world.loop.advance(1.1)  # a warning is an error here
        assert world.desk.asked == 1


def test_a_dead_login_is_asked_again_only_after_a_pause_that_grows():
    with World(takes_s=0) as world:
        world.desk.error = DOWN
        asked = []
        for _ in range(2000):
            with pytest.raises(TargetError, match="down"):
                world.token()
            asked.append((world.loop.now - 1000, world.desk.asked))
            world.loop.advance(0.1)
        times = [
            when
            for (when, count), (_, before) in zip(asked[1:], asked, strict=False)
            if count > before
        ]
        gaps = [b - a for a, b in zip([0.0, *times], times, strict=False)]
        assert gaps[:5] == pytest.approx([1, 2, 4, 8, 16], abs=0.15)
        assert gaps[5:] == pytest.approx([LONGEST_PAUSE_S] * len(gaps[5:]), abs=0.15)


def test_a_login_that_is_well_again_is_forgiven():
    with World(takes_s=0) as world:
        for _ in range(2):
            world.desk.error = DOWN
            with pytest.raises(TargetError):
                world.token()
            world.desk.error = None
            world.loop.advance(1.01)
            token = world.token()
            world.login.accepted(token)
            world.refused(token)


def test_the_pause_that_a_login_asks_for_is_kept():
    with World(takes_s=0) as world:
        world.desk.error = TargetError("auth", "later", passing=True, retry_after=20)
        for waited in (0, 19):
            world.loop.advance(waited)
            with pytest.raises(TargetError):
                world.token()
        assert world.desk.asked == 1
        world.loop.advance(1.1)
        world.desk.error = None
        world.token()


def test_many_refusals_of_one_token_make_one_login():
    with World() as world:
        old = world.token()
        assert all(world.refused(old) for _ in range(50))
        tasks = world.start(50)
        world.loop.advance(1.0)
        assert {carried(task.result()) for task in tasks} == {"Bearer token-number-2"}
        assert world.refused(old)  # a late one: the newer token is there already
        assert carried(world.token()) == "Bearer token-number-2"


def test_a_target_that_takes_no_token_does_not_make_a_login_for_every_call():
    with World(takes_s=0, lasts_s=10_000) as world:
        for _ in range(100):
            token = world.token()
            if world.refused(token):
                world.refused(world.token())
            world.loop.advance(1.0)
        assert world.desk.asked <= 2 + 100 / CALM_S


def test_a_token_that_worked_is_renewed_at_once_when_it_is_refused():
    with World(takes_s=0) as world:
        for number in range(1, 6):
            token = world.token()
            assert carried(token) == f"Bearer token-number-{number}"
            world.login.accepted(token)
            assert world.refused(token)


def test_a_token_travels_as_it_is_told_to_beside_the_other_headers():
    for prefix, value in [("Bearer ", "Bearer token-number-1"), ("", "token-number-1")]:
        with World(prefix=prefix, takes_s=0) as world:
            assert dict(world.token().headers) == {"X-Own": "1", "Authorization": value}


@pytest.mark.parametrize(
    ("prefix", "text", "value"),
    [
        ("Bearer ", "bearer tok", "Bearer tok"),
        ("Bearer ", "bearertok", "Bearer bearertok"),
        ("Token ", "Bearer tok", "Token Bearer tok"),
        ("", "Bearer tok", "Bearer tok"),
    ],
)
def test_a_scheme_is_not_sent_twice(prefix, text, value):
    carrier = Carrier(CIMultiDict(), "Authorization", prefix)
    assert carrier.loaded(Secret(text))["Authorization"] == value


def test_the_latest_tokens_are_masked_and_no_others():
    with World(takes_s=0, known=(b"own-secret",)) as world:
        assert world.login.secrets == (b"own-secret",)
        for _ in range(REMEMBERED + 2):
            token = world.token()
            world.login.accepted(token)
            world.refused(token)
        masked = {secret.decode() for secret in world.login.secrets}
        assert masked == {"own-secret"} | {f"token-number-{n}" for n in range(3, 3 + REMEMBERED)}
        assert list(world.login.secrets) == sorted(world.login.secrets, key=len, reverse=True)


def test_a_fault_of_ours_that_nobody_waited_for_is_no_loose_end():
    async def broken(login):
        await asyncio.sleep(1)
        raise ZeroDivisionError

    loose = []
    with World() as world:
        world.loop.set_exception_handler(lambda _, context: loose.append(context))
        only = world.loop.create_task(world.login.token(broken))
        world.loop.settle()
        only.cancel()
        world.loop.advance(1.1)
        del only
        gc.collect()
    assert loose == []


def test_a_fault_of_ours_reaches_who_waits_and_blocks_nobody_after():
    async def broken(login):
        raise ZeroDivisionError

    with World(takes_s=0) as world:
        with pytest.raises(ZeroDivisionError):
            world.loop.run_until_complete(world.login.token(broken))
        assert carried(world.token()) == "Bearer token-number-1"
