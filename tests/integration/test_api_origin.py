"""A stored key never follows a URL to another host."""

import pytest

from tests.served.shapes import accepted, changed, refused

KEY = "sk-origin-0123456789-abcdefghij"
HEADER = "a header's secret value 0123456789"
EXTRA = "an extra secret 0123456789"


@pytest.fixture
def model(quintain, target, name):
    """A model with a secret of each kind at the target; modifies it when called."""
    quintain.add(
        name,
        target.custom(
            apikeys=[KEY],
            custom_headers=[{"key": "X-Public", "value": "also secret to us"}, {"key": "X-Tenant", "value": HEADER}],
            auth_data={"header_name": "X-Key", "header_prefix": "", "extra": EXTRA},
        ),
    )  # fmt: skip

    def modify(config):
        named = {"X-Enkrypt-Model": name}
        return quintain.call(
            "PATCH", "/models/modify-model", {"model_config": config}, headers=named
        )

    return modify


SECRETS = {
    "model_config.apikeys.0",
    "model_config.custom_headers.0.value",
    "model_config.custom_headers.1.value",
    "model_config.auth_data.extra",
}


@pytest.mark.parametrize(
    "endpoint",
    [{"host": "evil.example"}, {"port": 1}, {"scheme": "https"}, {"host": "localhost"}],
    ids=["host", "port", "scheme", "other spelling"],
)
def test_another_origin_without_the_secrets_is_refused_naming_each(quintain, model, name, endpoint):
    get = ("GET", "/models/get-model")
    before = accepted(quintain.call(*get, headers={"X-Enkrypt-Model": name}))

    wrong = refused(model({"endpoint": endpoint, "rate_per_min": 5}), 422, "invalid")

    assert set(wrong) == SECRETS
    assert accepted(quintain.call(*get, headers={"X-Enkrypt-Model": name})) == before


def test_the_masks_do_not_count_as_giving_the_secrets_again(quintain, model, name):
    shown = accepted(quintain.call("GET", "/models/get-model", headers={"X-Enkrypt-Model": name}))[
        "model_config"
    ]

    wrong = refused(model(shown | {"endpoint": {"host": "evil.example"}}), 422, "invalid")

    assert set(wrong) == SECRETS


def test_those_given_again_are_not_named(model):
    change = {"endpoint": {"port": 1}, "apikeys": ["sk-another-0123456789-abcdefghij"]}

    wrong = refused(model(change), 422, "invalid")

    assert set(wrong) == SECRETS - {"model_config.apikeys.0"}


def test_with_every_secret_given_again_the_model_moves(model):
    moved = changed(
        model(
            {
                "endpoint": {"port": 1},
                "apikeys": ["sk-another-0123456789-abcdefghij"],
                "custom_headers": [{"key": "X-Public", "value": "new"}],
                "auth_data": {"extra": "new extra"},
            }
        ),
        "updated",
    )

    assert moved["model_config"]["endpoint"]["port"] == 1


@pytest.mark.parametrize(
    "config",
    [
        {"endpoint": {"base_path": "/v2"}},
        {"endpoint": {"host": "127.0.0.1"}},
        {"paths": {"chat": "/other"}},
        {"hosting_type": "External"},
    ],
)
def test_the_same_origin_by_another_path_keeps_the_secrets(model, config):
    changed(model(config), "updated")


def test_another_provider_brings_another_origin(quintain, name):
    quintain.add(name, {"model_provider": "openai", "apikeys": [KEY]})

    answer = quintain.call(
        "PATCH",
        "/models/modify-model",
        {"model_config": {"model_provider": "groq"}},
        headers={"X-Enkrypt-Model": name},
    )

    assert set(refused(answer, 422, "invalid")) == {"model_config.apikeys.0"}


def test_a_refused_move_sends_nothing_anywhere(quintain, target, model, name):
    refused(model({"endpoint": {"host": "localhost"}}), 422, "invalid")

    body = {"model": name, "messages": [{"role": "user", "content": "Hello"}]}
    quintain.call("POST", "/v1/chat/completions", body)

    assert [each.headers["Host"] for each in target.arrivals] == [f"127.0.0.1:{target.port}"]


def test_a_copy_under_another_name_gets_no_secret_of_the_first(quintain, model, name):
    shown = accepted(quintain.call("GET", "/models/get-model", headers={"X-Enkrypt-Model": name}))[
        "model_config"
    ]
    body = {"model_saved_name": f"{name} copy", "model_version": "v1", "model_name": "m"}

    answer = quintain.call("POST", "/models/add-model", body | {"model_config": shown})

    assert set(refused(answer, 422, "invalid")) == SECRETS
