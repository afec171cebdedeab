"""What each provider brings with it."""

import pytest
from yarl import URL

from quintain.registry.providers import PROVIDERS, defaults, effective, origin, shown
from quintain.registry.schema import ModelConfig
from quintain.secret import Secret

KEY = "sk-0123456789abcdefghij"


def config(provider="openai", **given):
    return ModelConfig.model_validate({"model_provider": provider} | given)


def endpoint(provider="openai", **given):
    found = effective(config(provider, endpoint=given)).endpoint
    return (found.scheme, found.host, found.port, found.base_path)


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_every_row_is_a_usable_address_with_a_source(provider):
    row = defaults(provider)
    assert row.source
    if row.base_url:
        url = URL(row.base_url)
        assert (url.scheme, bool(url.host), url.query_string) == ("https", True, "")
        assert row.paths["chat"] == "/chat/completions"
        assert row.auth.header_name


def test_a_key_is_all_that_a_known_provider_needs():
    full = effective(config(apikeys=[KEY]))
    assert endpoint() == ("https", "api.openai.com", 443, "/v1")
    assert (full.hosting_type, full.rate_per_min) == ("External", 20)
    assert full.auth_data.header_prefix == "Bearer"
    assert full.paths["embeddings"] == "/embeddings"


def test_an_unknown_provider_brings_nothing():
    assert origin(config("bedrock")) == ""
    assert effective(config("bedrock")).paths == {}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"host": ""}, ("https", "api.openai.com", 443, "/v1")),
        ({"host": "API.OpenAI.com"}, ("https", "API.OpenAI.com", 443, "/v1")),
        ({"base_path": "/v2"}, ("https", "api.openai.com", 443, "/v2")),
        ({"port": 8443}, ("https", "api.openai.com", 8443, "/v1")),
        ({"scheme": "http"}, ("http", "api.openai.com", 80, "/v1")),
        ({"host": "proxy.example"}, ("https", "proxy.example", 443, "")),
        ({"host": "proxy.example", "scheme": "http"}, ("http", "proxy.example", 80, "")),
        ({"host": "proxy.example", "base_path": "/v1"}, ("https", "proxy.example", 443, "/v1")),
    ],
)
def test_what_is_given_of_an_endpoint_goes_before_the_default(given, found):
    assert endpoint(**given) == found


def test_paths_are_added_to_the_defaults_and_null_keeps_one():
    paths = effective(config(paths={"chat": None, "vision": "/see", "embeddings": "/e"})).paths
    assert paths == {
        "chat": "/chat/completions",
        "completions": "/completions",
        "vision": "/see",
        "embeddings": "/e",
    }


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, ("Authorization", "Bearer", True)),
        ({}, ("Authorization", "Bearer", True)),
        ({"header_prefix": "Token"}, ("Authorization", "Token", True)),
        ({"header_name": "X-Key"}, ("X-Key", None, None)),
        ({"space_after_prefix": False}, ("Authorization", "Bearer", False)),
    ],
)
def test_auth_data_fills_up_only_while_no_header_is_named(given, found):
    auth = effective(config(auth_data=given)).auth_data
    assert (auth.header_name, auth.header_prefix, auth.space_after_prefix) == found


def test_further_auth_values_stay_when_the_header_is_filled_in():
    assert effective(config(auth_data={"tenant": "t-1"})).auth_data.__pydantic_extra__ == {
        "tenant": Secret("t-1")
    }


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "https://api.openai.com:443"),
        ({"host": "API.openai.COM"}, "https://api.openai.com:443"),
        ({"scheme": "http"}, "http://api.openai.com:80"),
        ({"port": 444}, "https://api.openai.com:444"),
        ({"base_path": "/other"}, "https://api.openai.com:443"),
    ],
)
def test_the_origin_is_scheme_host_and_port(given, found):
    assert origin(config(endpoint=given)) == found


def test_answers_show_what_was_given_with_the_defaults_for_the_rest_and_masks_for_secrets():
    document = shown(
        config(
            apikeys=[KEY, "short"],
            auth_data={"tenant": "the-tenant-is-secret"},
            endpoint={"host": "proxy.example"},
            custom_headers=[{"key": "X", "value": KEY}],
            model_jwt_config={"jwt_body": KEY, "jwt_url": "https://j.example"},
            context=None,
            metadata={},
        )
    )
    assert document["apikeys"] == ["sk-...ghij", "xxxxx"]
    assert document["auth_data"] == {"tenant": "the...cret"}
    assert document["endpoint"] == {"host": "proxy.example"}
    assert document["custom_headers"] == [{"key": "X", "value": "sk-...ghij"}]
    assert document["model_jwt_config"]["jwt_body"] == "sk-...ghij"
    assert (document["hosting_type"], document["rate_per_min"], document["metadata"]) == (
        "External",
        20,
        {},
    )
    assert "context" not in document
    assert KEY not in str(document)


def test_an_empty_endpoint_is_shown_as_what_it_stands_for():
    assert shown(config(endpoint={}, paths={}))["endpoint"]["host"] == "api.openai.com"
    assert shown(config(paths={}))["paths"]["chat"] == "/chat/completions"
