"""Which failures are tried again, and how the waiting is counted."""

import pytest

from quintain.runners import asking
from quintain.runners.asking import Failed, Gateway, Reply


@pytest.fixture
def naps(monkeypatch):
    taken = []
    monkeypatch.setattr(asking.time, "sleep", taken.append)
    return taken


def failed(status, pause=1.0):
    failure = Failed("code", "It failed.", status)
    failure.pause = pause
    return failure


def gateway(monkeypatch, *results):
    left = list(results)

    def once(self, body, more):
        result = left.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(Gateway, "_once", once)
    return Gateway("http://127.0.0.1:1/v1", "k")


def test_waiting_for_the_rate_limit_uses_up_no_retry(monkeypatch, naps):
    way = gateway(monkeypatch, *[failed(429, 20.0)] * 5, failed(503), failed(502), Reply("a", {}))
    assert way.ask("m", []).retries == 7
    assert naps == [20.0] * 5 + [1.0] * 2


def test_a_third_failure_is_the_last(monkeypatch, naps):
    way = gateway(monkeypatch, *[failed(503)] * 3)
    with pytest.raises(Failed) as caught:
        way.ask("m", [])
    assert caught.value.retries == 2


def test_what_no_retry_mends_is_told_at_once(monkeypatch, naps):
    with pytest.raises(Failed):
        gateway(monkeypatch, failed(400, None)).ask("m", [])
    assert naps == []


def test_the_limit_is_waited_for_no_longer_than_an_hour(monkeypatch, naps):
    way = gateway(monkeypatch, *[failed(429, 60.0)] * 63)
    with pytest.raises(Failed):
        way.ask("m", [])
    assert sum(naps) == 3600.0
