"""The address of a target."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from quintain.dialects.urls import join
from quintain.registry.schema import Endpoint


def joined(base_path, path, host="api.example.com", scheme="https", port=443):
    return str(join(Endpoint(scheme=scheme, host=host, port=port, base_path=base_path), path))


@pytest.mark.parametrize("base", ["/v1", "v1", "/v1/", "v1/"])
@pytest.mark.parametrize("path", ["/chat", "chat"])
def test_there_is_exactly_one_slash_between(base, path):
    assert joined(base, path) == "https://api.example.com/v1/chat"


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("", "", "/"),
        ("/", "/", "/"),
        ("/v1", "", "/v1"),
        ("/v1", "/", "/v1"),
        ("", "/chat", "/chat"),
        ("/a/b", "/c/", "/a/b/c/"),
        ("/v1", "?x=1", "/v1?x=1"),
        ("/v1", "/chat?api-version=2024-02-01&a=b%20c", "/v1/chat?api-version=2024-02-01&a=b%20c"),
        ("/v1", "/chat?redirect=a?b", "/v1/chat?redirect=a?b"),
        ("/v1", "/ü?q=ü", "/v1/%C3%BC?q=%C3%BC"),
        ("/v1", "/a%2Fb:run", "/v1/a%2Fb:run"),
    ],
)
def test_what_is_empty_is_tolerated_and_what_is_spelled_out_is_kept(base, path, url):
    assert joined(base, path) == "https://api.example.com" + url


@pytest.mark.parametrize(
    ("host", "port", "authority"),
    [
        ("bücher.example", 443, "xn--bcher-kva.example"),
        ("API.Example.com", 8443, "api.example.com:8443"),
        ("::1", 8080, "[::1]:8080"),
        ("[2001:db8::1]", 443, "[2001:db8::1]"),
        ("127.0.0.1", 80, "127.0.0.1:80"),
    ],
)
def test_every_kind_of_host_has_its_place(host, port, authority):
    url = joined("", "/x", host=host, port=port)
    assert url == f"https://{authority}/x"
    assert URL(url).host


SEGMENT = st.text("abcXYZ019-._~:@!$&'()*+,;=ü%", min_size=1, max_size=8)
PATHS = st.lists(SEGMENT, max_size=3).map("/".join)


@given(
    PATHS,
    PATHS,
    st.sampled_from(["", "/"]),
    st.sampled_from(["", "/"]),
    st.none() | st.text("ab=&?%+[]ü/", max_size=8),
)
def test_paths_join_with_one_slash_and_the_query_stays(base, path, before, after, query):
    url = join(
        Endpoint(scheme="http", host="h.example", port=8080, base_path=before + base + after),
        before + path + ("" if query is None else "?" + query),
    )
    expected = "/" + "/".join(part for part in (base, path) if part)
    assert (url.scheme, url.raw_host, url.port) == ("http", "h.example", 8080)
    assert url.raw_path.count("/") == expected.count("/")
    assert url.raw_path.replace("%C3%BC", "ü") == expected
    assert url.raw_query_string.replace("%C3%BC", "ü") == (query or "")
    assert str(url).isascii()


@given(st.text("abc.-xüßλ0123456789", min_size=1, max_size=20))
def test_any_host_that_the_schema_takes_can_be_joined(host):
    try:
        endpoint = Endpoint(scheme="https", host=host, port=1, base_path="")
    except ValueError:
        return
    assert join(endpoint, "/x").raw_host.isascii()
