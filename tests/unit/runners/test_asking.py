"""Which failures are tried again, and how the waiting is counted."""

import json
from email.message import Message
from types import SimpleNamespace

import pytest

from quintain.runners import asking
from quintain.runners.asking import Failed, Gateway, Reply


@pytest.fixture
def naps(monkeypatch):
    taken = []
    monkeypatch.setattr(asking.time, "sleep", taken.append)
    return taken


def failed(status, pause=1.0, code="code"):
    failure = Failed(code, "It failed.", status)
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


def test_a_store_that_is_away_for_a_while_costs_no_attempt(monkeypatch, naps):
    away = [failed(503, code="store_unavailable")] * 40
    assert gateway(monkeypatch, *away, Reply("a", {})).ask("m", []).text == "a"
    assert naps == [1.0] * 40


@pytest.mark.parametrize(
    ("message", "reason", "withheld"),
    [
        ({"content": None, "refusal": "Withheld."}, "content_filter", True),
        ({"content": ""}, "content_filter", True),
        ({"content": " \u200b\n"}, "content_filter", True),
        ({"content": "Sure, fir"}, "content_filter", False),
        ({"content": None, "tool_calls": [{}]}, "content_filter", False),
        ({"content": None, "refusal": "I will not."}, "stop", False),
    ],
)
def test_a_filter_that_left_nothing_of_the_answer_is_a_guardrail(message, reason, withheld):
    assert asking._withheld({"message": message, "finish_reason": reason}) is withheld


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


def answered(document):
    headers = Message()
    return asking._reply(SimpleNamespace(headers=headers), json.dumps(document).encode())


def test_an_odd_field_beside_the_answer_costs_nothing():
    message = {"role": "assistant", "content": "blue", "tool_calls": ["odd", {"id": "1"}]}
    choice = {"message": message, "finish_reason": "stop"}
    for usage in ([1], "5", {"prompt_tokens": "5", "completion_tokens": 1.5}):
        reply = answered({"choices": [choice], "usage": usage, "x_quintain_trace": {"a": 1}})
        assert (reply.text, reply.input_tokens, reply.output_tokens) == ("blue", 0, 0)
        assert (reply.tool_calls, reply.steps) == ([{"id": "1"}], [])


@pytest.mark.parametrize("document", [[], {}, {"choices": []}, {"choices": [{"message": "blue"}]}])
def test_what_is_no_completion_is_a_failure_and_no_crash(document):
    with pytest.raises(Failed) as caught:
        answered(document)
    assert caught.value.code == "not_a_completion"
