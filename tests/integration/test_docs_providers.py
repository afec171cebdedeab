"""What docs/providers.md says is true: its registrations are taken, and lead where it says."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from quintain.registry.schema import Provider

PAGE = (Path(__file__).parents[2] / "docs" / "providers.md").read_text()


def example(name):
    found = re.search(rf"<!-- example: {name} -->\n```json\n(.*?)\n```", PAGE, re.DOTALL)
    return json.loads(found[1])


EVERY = {body["model_config"]["model_provider"]: body for body in example("every provider")}


def registered(quintain, name, body):
    body = body | {"model_saved_name": name}
    answer = quintain.call("POST", "/models/add-model", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["model_config"]


def test_there_is_one_for_each_provider():
    assert set(EVERY) == set(get_args(Provider))


@pytest.mark.parametrize("provider", get_args(Provider))
def test_the_shortest_registration_is_taken(quintain, provider):
    config = registered(quintain, f"docs-{provider}", EVERY[provider])
    assert config["endpoint"]["host"]
    assert config["paths"]["chat"] == EVERY[provider]["model_config"].get(
        "paths", config["paths"]
    ).get("chat")


def test_the_shortest_registrations_hold_nothing_that_could_be_left_out(quintain):
    for provider, body in EVERY.items():
        config = body["model_config"]
        for name in set(config) - {"model_provider", "apikeys", "custom_response_format", "paths"}:
            less = body | {"model_config": {key: config[key] for key in config if key != name}}
            less |= {"model_saved_name": f"less-{provider}-{name}"}
            answer = quintain.call("POST", "/models/add-model", less)
            assert answer.status_code == 422, (provider, name)


def here(target, body):
    """The same model at a target of the tests."""
    endpoint = {"scheme": "http", "host": "127.0.0.1", "port": target.port}
    given = body["model_config"]["endpoint"] | endpoint
    config = body["model_config"] | {"endpoint": given, "hosting_type": "Internal"}
    return body | {"model_config": config}


def called(quintain, name, **more):
    messages = [{"role": "user", "content": "hi"}]
    body = {"model": name, "messages": messages} | more
    answer = quintain.call("POST", "/v1/chat/completions", body)
    assert answer.status_code == 200, answer.text
    return answer


def test_azure_with_a_version(quintain, target):
    registered(quintain, "docs-gpt-eu", here(target, example("azure with a version")))
    called(quintain, "docs-gpt-eu")
    (came,) = target.arrivals
    assert came.path == (
        "/openai/deployments/gpt-4o-eu/chat/completions?api-version=2025-04-01-preview"
    )
    assert came.headers["api-key"] == "<the key>"
    assert "api-version" not in came.json


def test_a_tgi_of_ones_own(quintain, target):
    registered(quintain, "docs-tgi", here(target, example("tgi")))
    called(quintain, "docs-tgi", stop="END")
    (came,) = target.arrivals
    assert (came.path, came.json["model"]) == ("/v1/chat/completions", "tgi")
    assert came.json["stop"] == ["END"]


def test_the_table_of_what_is_nearly_openai(quintain, target, register):
    """Each name of the column `without` is dropped for the provider of its row."""
    rows = re.findall(
        r"^\| (`.*?`) \| (.*?) \| (.*?) \|$", PAGE[PAGE.index("| to |") :], re.MULTILINE
    )
    assert len(rows) == 5
    for providers, _, without in rows:
        names = set(re.findall(r"`(\w+)`", without)) & {"logit_bias", "store", "user", "metadata"}
        for provider in re.findall(r"`(\w+)`", providers):
            model = register(target.config(model_provider=provider))
            answer = called(quintain, model, **dict.fromkeys(names, "x"))
            dropped = set(answer.headers.get("x-quintain-dropped", "").split(",")) - {""}
            assert dropped == names, provider
