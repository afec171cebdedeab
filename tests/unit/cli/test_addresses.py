"""From one address to the fields that say where a target is."""

import pytest

from quintain.cli.addresses import where_of
from quintain.cli.drafts import Flags
from quintain.cli.exits import Failure


@pytest.mark.parametrize(
    ("provider", "url", "endpoint"),
    [
        ("", "http://127.0.0.1:8000/v1", ("http", "127.0.0.1", 8000, "/v1")),
        ("", "https://api.example", ("https", "api.example", 443, "")),
        ("", "http://[::1]:1/", ("http", "::1", 1, "")),
        ("", "https://h/a%20b/c/", ("https", "h", 443, "/a%20b/c")),
        ("", "http://h:1/v1/chat/completions", ("http", "h", 1, "/v1")),
        ("anthropic", "http://h:1/v1/messages", ("http", "h", 1, "")),
        ("anthropic_compatible", "http://h:1/proxy/v1/messages/", ("http", "h", 1, "/proxy")),
        ("cohere", "http://h:1/v2/chat", ("http", "h", 1, "")),
    ],
)
def test_an_address_becomes_an_endpoint(provider, url, endpoint):
    assert tuple(where_of(url, provider)["endpoint"].values()) == endpoint


@pytest.mark.parametrize(
    "url",
    ["h:1", "ftp://h", "http://", "http://u:p@h", "http://h?key=x", "http://h#x", "http://h:x"],
)
def test_an_address_with_more_than_an_endpoint_holds_is_refused(url):
    with pytest.raises(Failure, match="--url"):
        where_of(url, "openai")


def test_a_page_keeps_all_of_its_address():
    found = where_of("https://shop.example/chat/?bot=1&x=%20#/help", "url")
    assert found == {
        "endpoint": {"scheme": "https", "host": "shop.example", "port": 443},
        "paths": {"chat": "/chat/?bot=1&x=%20"},
        "metadata": {"page": {"fragment": "/help"}},
    }


def test_a_page_is_tested_for_what_it_is():
    assert Flags(provider="url").body()["testing_for"] == "URL"
    assert Flags(provider="url", testing_for="agents").body()["testing_for"] == "agents"


def test_the_stored_provider_says_what_an_address_is():
    body = Flags(url="http://h:1/v1/messages").body("anthropic")
    assert body["model_config"]["endpoint"]["base_path"] == ""
    assert "model_provider" not in body["model_config"]
