"""Calls made up from our own OpenAPI: never a 5xx, every answer as it is described."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from quintain.http.run_shapes import FILES
from quintain.http.shapes import ANSWERS
from tests.served.quintain import ADMIN_KEY, Quintain, until
from tests.served.shapes import accepted

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
EXAMPLES = 60
NOBODY_LISTENS = 9  # the port of the discard service
SILENT = {
    "model_provider": "openai_compatible",
    "hosting_type": "Internal",
    "apikeys": ["sk-silent-0123456789"],
    "endpoint": {"scheme": "http", "host": "127.0.0.1", "port": NOBODY_LISTENS},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own, since keys and models of every kind are made and removed."""
    server = Quintain(tmp_path_factory.mktemp("described") / "data").start()
    server.add("seed", {"model_provider": "together", "apikeys": ["sk-described-0123456789"]})
    server.add("silent", SILENT, model_name="m")
    run = {"model": "silent", "suite": "smoke", "max_attempts": 2}
    assert accepted(server.call("POST", "/runs", run))["run"]["run_id"] == 1
    until(lambda: accepted(server.call("GET", "/runs/1"))["ended_at"])
    yield server
    assert server.stop() == 0, server.logs()


@pytest.fixture(scope="module")
def api(server):
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), [*ANSWERS, *FILES, ("GET", "/metrics")])
def test_made_up_calls_are_answered_as_described(api, method, path, mode):
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=api[path][method].as_strategy(generation_mode=mode))
    def call(case):
        _keep_inside(case)
        if mode is GenerationMode.POSITIVE:
            _aim(case)
        case.call_and_validate(headers={"apikey": ADMIN_KEY}, checks=CHECKS, timeout=30)

    try:
        call()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # a call that takes nothing cannot be sent wrongly


def _keep_inside(case):
    """No call leaves this machine, and no call ends the key of the test itself."""
    body = case.body if isinstance(case.body, dict) else {}
    nested = body.get("endpoint_configuration")
    if isinstance(nested, dict) and isinstance(nested.get("model_config"), dict):
        nested["model_config"]["endpoint"] = {"host": "127.0.0.1", "port": NOBODY_LISTENS}
    flat = body.get("target_model_configuration")
    if isinstance(flat, dict):
        flat["model_endpoint_url"] = f"http://127.0.0.1:{NOBODY_LISTENS}/v1/chat/completions"
    if (
        case.path == "/keys/{prefix_or_id}"
        and str(case.path_parameters["prefix_or_id"]).isdecimal()
    ):
        case.path_parameters["prefix_or_id"] = "qt_nobody00"


def _aim(case):
    """Past the first refusal: at the model that is there, and at a provider that is known."""
    if case.path.startswith("/runs/{run_id}") and case.method == "GET":
        case.path_parameters["run_id"] = 1
    if case.method == "PATCH":
        case.headers.update({"X-Enkrypt-Model": "seed", "X-Enkrypt-Model-Version": "v1"})
        for name in ("model_saved_name", "model_version"):
            case.body.pop(name, None)
    if isinstance(case.body, dict) and isinstance(
        case.body.get("target_model_configuration"), dict
    ):
        flat = case.body["target_model_configuration"]
        flat |= {"model_provider": "openai_compatible", "testing_for": "agents", "model_name": "m"}


def test_the_key_of_these_tests_still_works(server):
    accepted(server.call("GET", "/keys"))


def test_every_reference_leads_somewhere(server):
    document = accepted(server.call("GET", "/openapi.json"))

    for reference in _references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in found, reference
            found = found[step]


def _references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


@pytest.fixture
def valid(server, api):
    """Hold a real answer against the schema that its route is described with."""

    def valid(method, path, answer):
        assert answer.status_code == 200, answer.text
        api[path][method].validate_response(answer)

    return valid


def test_real_answers_are_as_described(server, valid):
    named = {"X-Enkrypt-Model": "real"}
    rich = {
        "model_provider": "openai",
        "apikeys": ["sk-real-0123456789-abcdefghij", "short"],
        "custom_headers": [{"key": "X-A", "value": "b"}],
        "auth_data": {"extra": "secret"},
        "context": {"system_description": "a bot"},
        "tools": [{"name": "t", "parameters": {}}],
        "metadata": {"free": 1, "blocked": {"statuses": [403]}},
        "default_request_options": {"temperature": 0},
    }
    body = {
        "model_saved_name": "real",
        "model_version": "v1",
        "model_name": "m",
        "model_config": rich,
    }
    health = {"endpoint_configuration": {"model_name": "m", "model_config": {"model_provider": "openai_compatible", "endpoint": {"host": "127.0.0.1", "port": NOBODY_LISTENS}}}}  # fmt: skip
    valid("POST", "/models/add-model", server.call("POST", "/models/add-model", body))
    valid("GET", "/models/get-model", server.call("GET", "/models/get-model", headers=named))
    for query in ("", "?page=1", "?q=real"):
        valid("GET", "/models/list-models", server.call("GET", f"/models/list-models{query}"))
    change = {"model_config": {"system_prompt": "Be kind."}}
    valid(
        "PATCH",
        "/models/modify-model",
        server.call("PATCH", "/models/modify-model", change, headers=named),
    )
    valid(
        "POST", "/redteam/v3/model-health", server.call("POST", "/redteam/v3/model-health", health)
    )
    valid(
        "DELETE",
        "/models/delete-model",
        server.call("DELETE", "/models/delete-model", headers=named),
    )
    valid("GET", "/models/history", server.call("GET", "/models/history", headers=named))
    made = server.call("POST", "/keys", {"role": "caller", "models": ["real"], "expires_in_s": 60})
    valid("POST", "/keys", made)
    valid("GET", "/keys", server.call("GET", "/keys"))
    revoked = server.call("DELETE", f"/keys/{made.json()['data']['prefix']}")
    valid("DELETE", "/keys/{prefix_or_id}", revoked)
    valid("GET", "/vault", server.call("GET", "/vault"))
    valid("POST", "/vault/rotate", server.call("POST", "/vault/rotate"))
    for path in ("/healthz", "/readyz", "/metrics"):
        valid("GET", path, server.call("GET", path))
