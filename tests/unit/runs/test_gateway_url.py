import pytest

from quintain.runs.gateway_url import gateway_url


class Bound:
    def __init__(self, *name):
        self.name = name

    def getsockname(self):
        return self.name


@pytest.mark.parametrize(
    ("name", "url"),
    [
        (("127.0.0.1", 8321), "http://127.0.0.1:8321/v1"),
        (("0.0.0.0", 80), "http://127.0.0.1:80/v1"),
        (("192.0.2.7", 8321), "http://192.0.2.7:8321/v1"),
        (("::", 8321, 0, 0), "http://[::1]:8321/v1"),
        (("2001:db8::1", 8321, 0, 0), "http://[2001:db8::1]:8321/v1"),
    ],
)
def test_the_gateway_is_reached_where_it_is_bound(name, url):
    assert gateway_url(Bound(*name)) == url
