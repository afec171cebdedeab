import pytest

from quintain.registry.binding import Bindings
from quintain.registry.providers import origin
from quintain.registry.schema import ModelConfig
from quintain.registry.secrets import CURL
from quintain.secret import Secret

KEY = "model_config.apikeys.0"
JWT_BODY = "model_config.model_jwt_config.jwt_body"


def config(**fields):
    return {"model_provider": "openai", **fields}


@pytest.mark.parametrize(
    "given",
    [
        config(),
        config(endpoint={"host": "Other.example.com", "port": 8443}),
        config(endpoint={"scheme": "http", "host": "127.0.0.1", "port": 80, "base_path": "/v1"}),
        {"model_provider": "custom", "endpoint": {}},
        config(paths={"chat": "/x"}, hosting_type="Internal", custom_payload={"a": 1}),
    ],
)
def test_a_key_is_bound_to_the_origin_of_the_whole_registration(given):
    assert Bindings.of(given).of_secret(KEY) == origin(ModelConfig.model_validate(given))


def test_what_buys_a_token_is_bound_to_both_places_that_it_opens():
    here = Bindings.of(config(model_jwt_config={"jwt_url": "https://login.example.com/token"}))
    assert here.of_secret(JWT_BODY) == "https://login.example.com:443 https://api.openai.com:443"


@pytest.mark.parametrize(
    "url",
    [
        "https://LOGIN.example.com/other?x=1",
        "https://login.example.com:443/token",
        "HTTPS://login.example.com",
    ],
)
def test_only_the_origin_of_the_token_address_counts(url):
    one = Bindings.of(config(model_jwt_config={"jwt_url": "https://login.example.com/token"}))
    assert Bindings.of(config(model_jwt_config={"jwt_url": url})) == one


@pytest.mark.parametrize(
    "url",
    ["http://login.example.com/token", "https://login.example.com:8443/token", "https://[", ""],
)
def test_another_scheme_port_or_host_is_another_origin(url):
    one = Bindings.of(config(model_jwt_config={"jwt_url": "https://login.example.com/token"}))
    assert Bindings.of(config(model_jwt_config={"jwt_url": url})).token != one.token


def test_an_unreadable_curl_command_counts_as_none():
    lost = config(custom_curl_command=Secret.unreadable())
    assert Bindings.of(lost) == Bindings.of(config())


def test_a_curl_command_is_bound_to_what_is_declared_beside_it():
    given = config(custom_curl_command=Secret("curl https://other.example.com"))
    assert Bindings.of(given).of_secret(CURL) == "https://api.openai.com:443"


def test_what_stands_beside_a_curl_command_is_bound_to_where_that_calls():
    command = Secret("curl https://Other.example.com/x?key=1 -d '{prompt}'")
    given = {"model_provider": "custom", "custom_curl_command": command}
    assert Bindings.of(given).of_secret(KEY) == "https://other.example.com:443"
    assert Bindings.of(given).of_secret(CURL) == ""


def test_an_endpoint_beside_a_curl_command_binds_both():
    command = Secret("curl https://other.example.com/x -d '{prompt}'")
    endpoint = {"host": "declared.example.com"}
    given = {"model_provider": "custom", "endpoint": endpoint, "custom_curl_command": command}
    assert {Bindings.of(given).of_secret(path) for path in (KEY, CURL)} == {
        "https://declared.example.com:443"
    }


@pytest.mark.parametrize("endpoint", [{"port": 9999}, {"scheme": "http"}])
def test_a_curl_command_is_bound_to_what_is_declared_of_an_origin_beside_it(endpoint):
    """Where the host is the command's own, a scheme or a port beside it still win over it."""
    said = {
        "model_provider": "custom",
        "custom_curl_command": Secret("curl https://a.example -d x"),
    }
    moved = Bindings.of(said | {"endpoint": endpoint})
    assert moved.of_secret(CURL) != Bindings.of(said).of_secret(CURL)
    assert Bindings.of(said | {"endpoint": {"base_path": "/v1"}}) == Bindings.of(said)


def test_a_region_that_names_the_host_is_part_of_the_origin():
    there = {"model_provider": "bedrock", "metadata": {"aws_region": "eu-west-1", "team": "red"}}
    assert (
        Bindings.of(there).of_secret(KEY) == "https://bedrock-runtime.eu-west-1.amazonaws.com:443"
    )
