"""Where the calls of a model go that speaks a provider's own format."""

from hypothesis import given
from hypothesis import strategies as st

from quintain.dialects.places import joined
from quintain.registry.schema import Endpoint

_segments = st.lists(st.sampled_from(["v1", "v2", "chat", "messages"]), max_size=3, unique=True)


def url(base, path):
    endpoint = Endpoint.model_validate(
        {"scheme": "https", "host": "a.example", "port": 443, "base_path": base}
    )
    return str(joined(endpoint, path))


@given(st.lists(st.sampled_from(["api", "proxy"]), max_size=2), _segments, st.data())
def test_it_does_not_matter_how_much_of_the_path_the_base_path_says_already(base, path, data):
    said = data.draw(st.integers(0, len(path)))
    wanted = "/".join(["https://a.example", *base, *path])
    got = url("/" + "/".join([*base, *path[:said]]), "/" + "/".join(path))
    assert got.rstrip("/") == wanted.rstrip("/")


def test_what_only_looks_alike_is_kept_and_so_is_the_query():
    assert url("/v1beta", "/v1/messages") == "https://a.example/v1beta/v1/messages"
    assert url("/chat", "/v2/chat") == "https://a.example/chat/v2/chat"
    assert url("/v1/", "v1/messages?beta=true") == "https://a.example/v1/messages?beta=true"
    assert url("", "") == "https://a.example/"
