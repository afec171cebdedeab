"""How far a call comes, stage by stage."""

import pytest
from tests.unit.gateway.fakes import FakeReply, House, chat, compiled, event, sse

from quintain.egress import failures
from quintain.egress.probe import Stage
from quintain.gateway import health as health_module
from quintain.gateway.health import STAGES, Checkup, Health
from quintain.secret import Secret

OPEN = [Stage(name, True, 1.0) for name in ("dns", "egress", "connect", "tls")]
LONG = "sk-0123456789abcdefghij"


def examine(house, model, monkeypatch, stages=OPEN):
    async def probe(egress, url, *, internal, connect_s):
        return stages

    monkeypatch.setattr(health_module, "probe", probe)
    checkup = Checkup(house.gateway, house.egress, house.settings)
    return house.run(checkup.examine(model, "req_1")).document()


def ladder(document):
    return {rung["stage"]: rung["result"] for rung in document["data"]["diagnosis"]}


def check(monkeypatch, *script, model=None, **more):
    with House(*script) as house:
        return examine(house, model or compiled(), monkeypatch, **more)


def test_a_model_that_answers_is_healthy_on_every_rung(monkeypatch):
    document = check(monkeypatch, FakeReply(200, chat("I am well.")))
    assert (document["status"], document["error"]) == ("healthy", "")
    assert document["data"]["response"] == "I am well."
    assert set(ladder(document).values()) == {"ok"}
    assert tuple(ladder(document)) == STAGES


@pytest.mark.parametrize(
    ("reply", "stage"),
    [
        (FakeReply(401), "auth"),
        (FakeReply(403), "auth"),
        (FakeReply(429, b"insufficient_quota"), "rate"),
        (FakeReply(429), "rate"),
        (FakeReply(400, b'{"error": 1}'), "http"),
        (FakeReply(400, b"no"), "http"),
        (FakeReply(413), "http"),
        (FakeReply(404), "http"),
        (FakeReply(500), "http"),
        (FakeReply(302), "http"),
        (FakeReply(200, b"<html>"), "mapping"),
        (sse(event("a")), "mapping"),
        (FakeReply(200, chat("")), "answer"),
        (FakeReply(200, chat("", "content_filter")), "answer"),
        (FakeReply(200, chat(" \n")), "answer"),
        (failures.silent("h:1", 1), "http"),
        (failures.not_connected("h:1", OSError(111, "refused")), "connect"),
    ],
)
def test_the_rung_that_broke_says_why_and_nothing_above_it_is_claimed(reply, stage, monkeypatch):
    document = check(monkeypatch, reply)
    at = STAGES.index(stage)
    results = list(ladder(document).values())
    assert document["status"] == "unhealthy"
    assert document["message"].startswith(f"{stage}: ")
    assert document["error"] == ""
    assert results == ["ok"] * at + ["failed"] + ["skipped"] * (len(STAGES) - at - 1)


def test_a_closed_way_is_told_without_a_call(monkeypatch):
    with House(FakeReply(200, chat())) as house:
        stages = [Stage("dns", True, 1.0), Stage("egress", False, 2.0, "not there")]
        document = examine(house, compiled(), monkeypatch, stages)
        assert document["message"] == "egress: not there"
        assert house.egress.requests == []


def test_a_lost_key_breaks_the_first_rung(monkeypatch):
    document = check(monkeypatch, FakeReply(), model=compiled(apikeys=[Secret.unreadable()]))
    assert document["message"].startswith("config: ")
    assert ladder(document)["dns"] == "skipped"


def test_a_model_that_takes_no_text_cannot_be_asked(monkeypatch):
    with House(FakeReply(200, chat())) as house:
        document = examine(house, compiled(input_modalities=["image"]), monkeypatch)
        assert document["message"].startswith("config: ")
        assert house.egress.requests == []


def test_a_check_waits_its_turn_like_every_call(monkeypatch):
    with House(FakeReply(200, chat()), max_wait_s=5) as house:
        model = compiled(rate_per_min=1)
        assert examine(house, model, monkeypatch)["status"] == "healthy"
        document = examine(house, model, monkeypatch)
        assert document["message"].startswith("rate: ")
        assert len(house.egress.requests) == 1


def test_no_secret_comes_into_the_diagnosis(monkeypatch):
    reply = FakeReply(403, f"bad key {LONG}".encode())
    assert LONG not in str(check(monkeypatch, reply, model=compiled(apikeys=[LONG])))


def test_an_answer_of_reasoning_alone_counts_where_it_ran_out_of_tokens(monkeypatch):
    body = b'{"choices": [{"finish_reason": "length", "message": {"content": "", "reasoning_content": "hm"}}]}'
    document = check(monkeypatch, FakeReply(200, body))
    assert (document["status"], document["data"]["response"]) == ("healthy", "hm")


def test_a_model_that_ran_out_of_tokens_before_its_first_word_is_not_sick(monkeypatch):
    document = check(monkeypatch, FakeReply(200, chat("", "length")))
    assert (document["status"], document["data"]["response"]) == ("healthy", "")


def test_the_first_failure_is_the_one_that_is_told():
    health = Health()
    assert health.failed is None
    health.passed("auth", 1.0)
    health.fail("dns", "no such name")
    assert health.failed.stage == "dns"
    assert health.rung("auth").result == "skipped"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (413, b"{}"),
        (400, b'{"message": "prompt is too long"}'),
        (400, b'{"message": "content filter"}'),
    ],
)
def test_a_refusal_in_another_format_is_told_on_its_rung(status, body, monkeypatch):
    model = compiled(model_provider="anthropic_compatible")
    document = check(monkeypatch, FakeReply(status, body), model=model)
    assert document["message"].startswith("http: ")
