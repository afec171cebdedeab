"""Health by stage: how far a call comes at targets that are ill, each in its own way."""

import socket
import ssl

import pytest
import trustme

from tests.served.processes import free_port
from tests.served.target import KEY, Hosted, answers, chunk, completion, streams

STAGES = ["config", "dns", "egress", "connect", "tls", "auth", "rate", "http", "mapping", "answer"]
NEVER_THERE = "no-such-host.invalid"  # RFC 6761, 6.4


def check(server, config, **more):
    body = {"endpoint_configuration": {"model_name": "target-model", "model_config": config} | more}
    answer = server.call("POST", "/redteam/v3/model-health", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def judged(health):
    """The stage that failed, after checking all that every answer must have."""
    assert set(health) == {"status", "message", "data", "error"}
    assert health["error"] == ""
    assert health["message"]
    assert health["data"]["query"]
    rungs = health["data"]["diagnosis"]
    assert [rung["stage"] for rung in rungs] == STAGES
    failed = [rung for rung in rungs if rung["result"] == "failed"]
    assert (health["status"] == "healthy") == (not failed)
    if not failed:
        return None
    assert len(failed) == 1
    place = STAGES.index(failed[0]["stage"])
    assert all(rung["result"] in {"ok", "skipped"} for rung in rungs[:place])
    assert all(rung["result"] == "skipped" for rung in rungs[place + 1 :])
    assert failed[0]["message"] in health["message"]
    return failed[0]["stage"]


def at(target, port, **endpoint):
    return target.config(endpoint=target.config()["endpoint"] | {"port": port} | endpoint)


# --- all four calls


def saved(path):
    def call(server, config, name):
        server.add(name, config)
        return server.call("POST", path, headers={"X-Enkrypt-Model": name})

    return call


def nested(server, config, _):
    body = {"endpoint_configuration": {"model_name": "target-model", "model_config": config}}
    return server.call("POST", "/redteam/v3/model-health", body)


def flat(server, config, _):
    point = config["endpoint"]
    inner = {
        "testing_for": "foundationModels",
        "model_name": "target-model",
        "model_provider": "openai_compatible",
        "hosting_type": "Internal",
        "model_endpoint_url": f"{point['scheme']}://{point['host']}:{point['port']}/v1",
        "model_api_key": config["apikeys"][0],
        "rate_per_min": 100_000,
        "_extra_fields": {},
    }
    return server.call("POST", "/redteam/model-health", {"target_model_configuration": inner})


@pytest.mark.parametrize(
    "call",
    [
        nested,
        flat,
        saved("/redteam/v3/model/model-health"),
        saved("/redteam/model/model-health"),
    ],
    ids=["unsaved", "unsaved and flat", "saved", "saved, older path"],
)
def test_every_health_call_tells_the_same(quintain, target, name, call):
    well = call(quintain, target.config(), f"{name} well").json()
    assert judged(well) is None
    assert well["data"]["response"] == "Hello there."
    assert target.arrivals[0].headers["Authorization"] == f"Bearer {KEY}"
    assert target.arrivals[0].path == "/v1/chat/completions"
    target.does(answers({"error": "bad key"}, status=401))
    ill = call(quintain, target.config(), f"{name} ill").json()
    assert judged(ill) == "auth"
    ok = [rung["stage"] for rung in ill["data"]["diagnosis"] if rung["result"] == "ok"]
    assert ok == ["config", "dns", "egress", "connect"]
    assert KEY not in str(ill)


def test_an_unsaved_check_stores_nothing(quintain, target):
    before = quintain.call("GET", "/models/list-models").json()
    check(quintain, target.config())
    assert quintain.call("GET", "/models/list-models").json() == before


def test_a_model_that_is_not_there_is_404(quintain):
    headers = {"X-Enkrypt-Model": "nobody"}
    answer = quintain.call("POST", "/redteam/v3/model/model-health", headers=headers)
    assert answer.status_code == 404


def test_a_configuration_that_is_wrong_is_told_field_by_field(quintain):
    body = {"endpoint_configuration": {"model_config": {"model_provider": "nobody"}}}
    answer = quintain.call("POST", "/redteam/v3/model-health", body)
    assert answer.status_code == 422
    fields = {each["field"] for each in answer.json()["details"]}
    assert "endpoint_configuration.model_config.model_provider" in fields


def test_a_healthy_model_shows_how_long_each_stage_took(quintain, target):
    rungs = {each["stage"]: each for each in check(quintain, target.config())["data"]["diagnosis"]}
    for stage in ("dns", "egress", "connect", "rate", "http"):
        assert rungs[stage]["result"] == "ok"
        assert rungs[stage]["ms"] >= 0
    assert rungs["tls"]["result"] == "skipped"


# --- the way there


def test_a_name_that_does_not_resolve(quintain, target):
    config = at(target, 443, scheme="https", host=NEVER_THERE) | {"hosting_type": "External"}
    health = check(quintain, config)
    assert judged(health) == "dns"
    assert NEVER_THERE in health["message"]
    assert "check" in health["message"]


def test_a_connection_that_is_refused(quintain, target):
    port = free_port()
    health = check(quintain, at(target, port))
    assert judged(health) == "connect"
    assert f"127.0.0.1:{port}" in health["message"]
    assert "check that the target is running" in health["message"]


def test_an_address_inside_that_an_external_model_may_not_reach(quintain, target):
    health = check(quintain, target.config(hosting_type="External"))
    assert judged(health) == "egress"
    assert "hosting_type to Internal" in health["message"]
    assert not target.arrivals


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def secure(authority):
    """Targets behind TLS by the name in their certificate."""
    hosts = {}
    for name in ("127.0.0.1", "elsewhere.example"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(context)
        hosts[name] = Hosted(context)
    yield {name: hosted.target for name, hosted in hosts.items()}
    for hosted in hosts.values():
        hosted.close()


@pytest.fixture(scope="module")
def trusting(authority, tmp_path_factory):
    """A server that knows the authority."""
    from tests.served.quintain import Quintain

    directory = tmp_path_factory.mktemp("trusting")
    authority.cert_pem.write_to_path(directory / "ca.pem")
    server = Quintain(directory / "data", QUINTAIN_CA_FILE=str(directory / "ca.pem")).start()
    yield server
    server.stop()


def test_a_certificate_of_an_unknown_authority(quintain, secure):
    target = secure["127.0.0.1"]
    health = check(quintain, at(target, target.port, scheme="https"))
    assert judged(health) == "tls"
    assert "QUINTAIN_CA_FILE" in health["message"]


def test_a_certificate_of_an_authority_that_the_operator_added(trusting, secure):
    target = secure["127.0.0.1"]
    health = check(trusting, at(target, target.port, scheme="https"))
    assert judged(health) is None
    assert health["data"]["diagnosis"][STAGES.index("tls")]["result"] == "ok"


def test_a_certificate_for_another_name(trusting, secure):
    target = secure["elsewhere.example"]
    health = check(trusting, at(target, target.port, scheme="https"))
    assert judged(health) == "tls"
    assert "another name" in health["message"]


def test_tls_where_the_target_speaks_none(quintain, target):
    health = check(quintain, at(target, target.port, scheme="https"))
    assert judged(health) == "tls"
    assert "scheme" in health["message"]


def test_no_tls_where_the_target_wants_it(quintain, secure):
    target = secure["127.0.0.1"]
    assert judged(check(quintain, at(target, target.port))) == "http"


def test_a_port_that_takes_connections_and_says_nothing(quintain, target):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = at(target, silent.getsockname()[1], scheme="https")
        config["metadata"] = {"timeouts": {"connect_s": 0.5}}
        health = check(quintain, config)
    assert judged(health) == "tls"
    assert "0.5 s" in health["message"]


# --- what the target says

REFUSALS = [
    (401, "auth", "apikeys"),
    (403, "auth", "apikeys"),
    (404, "http", "paths"),
    (405, "http", "paths"),
    (302, "http", "redirects are not followed"),
    (400, "http", "400"),
    (422, "http", "422"),
    (429, "rate", "rate_per_min"),
    (500, "http", "500"),
    (501, "http", "501"),
]


@pytest.mark.parametrize(("status", "stage", "hint"), REFUSALS)
def test_a_refusal_of_the_target(quintain, target, status, stage, hint):
    target.does(answers({"error": {"message": "own words"}}, status, {"Retry-After": "0"}))
    health = check(quintain, target.config())
    assert judged(health) == stage
    assert hint in health["message"]
    assert "own words" in health["message"]


def test_a_quota_that_is_used_up(quintain, target):
    target.does(answers({"error": {"code": "insufficient_quota"}}, status=429))
    health = check(quintain, target.config())
    assert judged(health) == "rate"
    assert "quota" in health["message"]


@pytest.mark.parametrize(
    "body", [b"<html>", {"output": "Hello"}, {"choices": []}, b"", [1]], ids=str
)
def test_an_answer_of_another_shape(quintain, target, body):
    target.does(answers(body))
    health = check(quintain, target.config())
    assert judged(health) == "mapping"
    assert "shape" in health["message"]


def test_jq_that_does_not_fit_the_answer(quintain, target):
    target.does(answers({"answer": ["text"]}))
    health = check(quintain, target.custom())
    assert judged(health) == "mapping"
    assert "jq" in health["message"]


@pytest.mark.parametrize("text", ["", None], ids=str)
def test_an_empty_answer(quintain, target, text):
    target.does(answers(completion(text)))
    health = check(quintain, target.config())
    assert judged(health) == "answer"
    assert health["data"]["response"] == ""
    target.does(answers({"answer": {"text": text}}))
    assert judged(check(quintain, target.custom())) == "answer"


def test_a_target_that_hangs(quintain, target, hold):
    target.does(hold.then(answers()))
    health = check(quintain, target.config(metadata={"timeouts": {"read_s": 0.5}}))
    assert judged(health) == "http"
    assert "metadata.timeouts.read_s" in health["message"]


def test_a_rate_of_ours_that_is_used_up(own_quintain, target):
    server = own_quintain(QUINTAIN_MAX_WAIT_S="0.2")
    server.add("busy", target.config(rate_per_min=1))
    for expected in (None, "rate"):
        headers = {"X-Enkrypt-Model": "busy"}
        answer = server.call("POST", "/redteam/v3/model/model-health", headers=headers)
        assert judged(answer.json()) == expected
    assert len(target.arrivals) == 1


@pytest.mark.parametrize(
    "body",
    [completion(None, "length"), completion("", "length", reasoning_content="Let me think about")],
    ids=["null", "with reasoning"],
)
def test_a_reasoning_model_that_ran_out_of_tokens_is_not_sick(quintain, target, body):
    target.does(answers(body))
    assert judged(check(quintain, target.config())) is None
    assert "max_tokens" not in target.arrivals[0].json
    assert "max_completion_tokens" not in target.arrivals[0].json


def test_a_key_that_the_target_repeats_in_its_refusal_is_masked(quintain, target):
    target.does(answers({"error": f"Incorrect API key: {KEY}"}, status=401))
    health = check(quintain, target.config())
    assert KEY not in str(health)
    assert "sk-...ghij" in health["message"]


def test_a_call_that_no_path_is_registered_for(quintain, target):
    config = target.config(model_provider="custom", custom_payload={"q": "{prompt}"})
    assert judged(check(quintain, config)) is None or target.arrivals
    target.does(streams(chunk("a"), chunk(None, "stop")))
    assert judged(check(quintain, target.config())) == "mapping"
