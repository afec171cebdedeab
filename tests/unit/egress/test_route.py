"""What of a URL goes where."""

import pytest
from yarl import URL

from quintain.egress.failures import OutboundError
from quintain.egress.route import route_of


def test_a_url_is_taken_apart():
    route = route_of(URL("https://api.example.com:8443/v1/chat?api-version=1"))
    assert (route.host, route.port, route.tls) == ("api.example.com", 8443, True)
    assert route.target == "/v1/chat?api-version=1"
    assert route.authority == "api.example.com:8443"
    assert route.where == "api.example.com:8443"


@pytest.mark.parametrize(
    ("url", "port", "authority"),
    [("http://a.example", 80, "a.example"), ("https://a.example/", 443, "a.example")],
)
def test_the_port_of_the_scheme_is_left_out_of_the_host_header(url, port, authority):
    route = route_of(URL(url))
    assert (route.port, route.authority, route.target) == (port, authority, "/")


def test_an_ipv6_address_loses_its_brackets_where_it_is_looked_up_only():
    route = route_of(URL("http://[::1]:8000/v1"))
    assert (route.host, route.authority, route.where) == ("::1", "[::1]:8000", "[::1]:8000")


def test_a_name_in_another_script_is_sent_in_its_ascii_form():
    assert route_of(URL("http://bücher.example/ü")).authority == "xn--bcher-kva.example"


def test_a_fragment_is_not_sent():
    assert route_of(URL("http://a.example/x?y#z")).target == "/x?y"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/", "file:///etc/passwd", "/only/a/path", "gopher://a.example:70/",
        "http://user@a.example/", "http://user:s3cr3t@a.example/", "http://:s3cr3t@a.example/",
    ],
)  # fmt: skip
def test_a_url_that_is_not_plain_http_or_holds_credentials_is_refused(url):
    with pytest.raises(OutboundError) as caught:
        route_of(URL(url))
    assert (caught.value.code, caught.value.sent) == ("url_refused", False)
    assert "s3cr3t" not in caught.value.message


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: y", "/a\nb", "/é", "/\x00"])
def test_a_path_that_would_break_the_request_line_is_refused(path):
    with pytest.raises(OutboundError, match="percent-encoded"):
        route_of(URL.build(scheme="http", host="a.example", path=path, encoded=True))


def test_a_url_that_holds_a_prompt_comes_once_and_is_not_kept():
    short, long = "https://h.example/ask?q=a", f"https://h.example/ask?q={'a' * 2000}"
    assert route_of(URL(short)) is route_of(URL(short))
    assert route_of(URL(long)) is not route_of(URL(long))
