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


WITHOUT_PATHS = {"custom", "url"}


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_every_row_is_a_usable_address_with_a_source(provider):
    row = defaults(provider)
    assert row.source
    if row.base_url:
        url = URL(row.base_url)
        assert (url.scheme, bool(url.host), url.query_string) == ("https", True, "")
        assert row.auth.header_name
    assert all(path.startswith("/") for path in row.paths.values())
    assert "chat" in row.paths or provider in WITHOUT_PATHS


def test_a_key_is_all_that_a_known_provider_needs():
    full = effective(config(apikeys=[KEY]))
    assert endpoint() == ("https", "api.openai.com", 443, "/v1")
    assert (full.hosting_type, full.rate_per_min) == ("External", 20)
    assert full.auth_data.header_prefix == "Bearer"
    assert full.paths["embeddings"] == "/embeddings"


def test_a_page_brings_nothing():
    assert origin(config("url")) == ""
    assert effective(config("url")).paths == {}


@pytest.mark.parametrize("base_path", ["/openai/v1", "/openai/v1/", "openai/v1"])
def test_azure_has_other_paths_below_its_newer_surface(base_path):
    given = {"host": "r.openai.azure.com", "base_path": base_path}
    assert effective(config("azure_openai", endpoint=given)).paths == {
        "chat": "/chat/completions",
        "completions": "/completions",
        "embeddings": "/embeddings",
        "responses": "/responses",
    }


def test_azure_names_the_deployment_in_its_older_paths():
    full = effective(config("azure_openai", endpoint={"host": "r.openai.azure.com"}))
    assert full.paths["chat"] == (
        "/openai/deployments/{model_name}/chat/completions?api-version={api_version}"
    )
    assert full.paths["responses"] == "/openai/v1/responses"
    assert (full.auth_data.header_name, full.auth_data.header_prefix) == ("api-key", "")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"host": ""}, ("https", "api.openai.com", 443, "/v1")),
        ({"host": "API.OpenAI.com"}, ("https", "API.OpenAI.com", 443, "/v1")),
        ({"base_path": "/v2"}, ("https", "api.openai.com", 443, "/v2")),
        ({"port": 8443}, ("https", "api.openai.com", 8443, "/v1")),
        ({"scheme": "http"}, ("http", "api.openai.com", 80, "/v1")),
        ({"host": "proxy.example"}, ("https", "proxy.example", 443, "/v1")),
        ({"host": "proxy.example", "base_path": ""}, ("https", "proxy.example", 443, "")),
        ({"host": "proxy.example", "scheme": "http"}, ("http", "proxy.example", 80, "/v1")),
        ({"host": "proxy.example", "base_path": "/v1"}, ("https", "proxy.example", 443, "/v1")),
    ],
)
def test_what_is_given_of_an_endpoint_goes_before_the_default(given, found):
    assert endpoint(**given) == found


def test_another_host_with_paths_of_its_own_has_no_base_path_of_the_providers():
    given = {"endpoint": {"host": "proxy.example"}, "paths": {"chat": "/llm/chat"}}
    assert effective(config("openai", **given)).endpoint.base_path == ""


@pytest.mark.parametrize(
    ("provider", "base_path", "path"),
    [
        ("anthropic", None, "/v1/messages"),
        ("anthropic", "/v1", "/messages"),
        ("anthropic", "/proxy/v1/", "/messages"),
        ("anthropic", "/proxy", "/v1/messages"),
        ("cohere", "/v2", "/chat"),
        ("cohere", "/v1", "/v2/chat"),
        ("gemini", "/v1beta", "/models/{model_name}:generateContent"),
    ],
)
def test_a_version_that_the_base_path_has_is_not_said_twice(provider, base_path, path):
    endpoint = {"host": "mock.example", "base_path": base_path}
    assert effective(config(provider, endpoint=endpoint)).paths["chat"] == path


@pytest.mark.parametrize(
    ("provider", "host", "responds"),
    [
        ("openai", None, True),
        ("openai", "API.openai.com", True),
        ("openai", "mock.example", False),
        ("groq", "mock.example", False),
        ("azure_openai", "r.openai.azure.com", True),
        ("azure_openai", "mock.example", False),
    ],
)
def test_another_host_is_not_taken_to_speak_the_responses_api(provider, host, responds):
    full = effective(config(provider, endpoint={"host": host} if host else {}))
    assert ("responses" in full.paths) == responds
    assert "chat" in full.paths


def test_paths_are_added_to_the_defaults_and_null_keeps_one():
    given = {"chat": None, "vision": "/see", "embeddings": "/e"}
    paths = effective(config("alibaba", paths=given)).paths
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


# --- a curl command ------------------------------------------------------------------------------

CURL = (
    "curl 'http://Bot.example:8080/a/b?key=k-0123456789' -u me:a-password -H 'X-A: one'"
    " -d 'q={prompt}'"
)


def curled(**given):
    return config("custom", custom_curl_command=CURL, **given)


def revealed(full):
    return [(header.key, header.value.reveal()) for header in full.custom_headers or []]


def test_a_curl_command_brings_endpoint_path_and_headers():
    full = effective(curled())
    assert origin(curled()) == "http://bot.example:8080"
    assert (full.endpoint.host, full.endpoint.port) == ("bot.example", 8080)
    assert full.paths == {"chat": "/a/b?key=k-0123456789"}
    assert revealed(full) == [
        ("X-A", "one"),
        ("Authorization", "Basic bWU6YS1wYXNzd29yZA=="),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]


def test_what_is_filled_in_stays_when_it_is_filled_in_again():
    assert effective(effective(curled())) == effective(curled())


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"endpoint": {"host": "other.example"}}, "https://other.example:443"),
        ({"endpoint": {"scheme": "https"}}, "https://bot.example:443"),
        ({"endpoint": {"port": 9}}, "http://bot.example:9"),
        ({"endpoint": {"host": ""}}, "http://bot.example:8080"),
    ],
)
def test_an_endpoint_beside_a_curl_command_wins(given, found):
    assert origin(curled(**given)) == found


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ({"chat": "/c"}, {"chat": "/c"}),
        ({"chat": ""}, {"chat": "/a/b?key=k-0123456789"}),
        ({"completions": "/c"}, {"completions": "/c"}),
        ({"vision": "/v"}, {"chat": "/a/b?key=k-0123456789", "vision": "/v"}),
    ],
)
def test_paths_beside_a_curl_command_win(paths, found):
    assert effective(curled(paths=paths)).paths == found


def test_headers_beside_a_curl_command_win_by_name():
    full = effective(curled(custom_headers=[{"key": "x-a", "value": "two"}]))
    assert [pair for pair in revealed(full) if pair[0].lower() == "x-a"] == [("x-a", "two")]


def test_nothing_that_a_curl_command_says_is_shown():
    document = shown(curled(endpoint={}))
    assert (document["endpoint"], document["custom_curl_command"]) == ({}, "cur...pt}'")
    assert not {"paths", "custom_headers"} & document.keys()
    assert not any(word in str(document) for word in ("k-0123", "bot.example", "bWU6", "/a/b"))


@pytest.mark.parametrize(
    "given",
    [
        {"custom_curl_command": "curl {prompt}"},
        {"custom_curl_command": Secret.unreadable()},
        {"custom_curl_command": None},
    ],
)
def test_a_curl_command_that_cannot_be_read_brings_nothing(given):
    assert origin(config("custom", **given)) == ""
    assert origin(config("openai", custom_curl_command=CURL)) == "https://api.openai.com:443"
