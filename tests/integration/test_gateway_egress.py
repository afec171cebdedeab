"""Where traffic may go, tried through the whole server."""

import pytest

from tests.served.raw import response
from tests.served.target import answers

HI = [{"role": "user", "content": "Hi"}]
LOOPBACK = [
    "127.0.0.1",
    "localhost",
    "LocalHost",
    "2130706433",
    "0177.0.0.1",
    "0x7f000001",
    "127.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
]
METADATA = [
    "169.254.169.254",
    "2852039166",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "100.100.100.200",
    "168.63.129.16",
    "[fd00:ec2::254]",
    "0.0.0.0",
    "[::]",
    "0",
    "224.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
]


def config_for(target, host, hosting="Internal", **more):
    endpoint = target.config()["endpoint"] | {"host": host}
    return target.config(endpoint=endpoint, hosting_type=hosting, **more)


def call(server, model):
    body = {"model": model, "messages": HI}
    return server.call("POST", "/v1/chat/completions", body)


def refusal(server, config, name):
    """What a call hears, and the health check as well. A host refused at registration is as good."""
    body = {
        "model_saved_name": name,
        "model_version": "v1",
        "model_name": "m",
        "model_config": config,
    }
    added = server.call("POST", "/models/add-model", body)
    if added.status_code == 422:
        return added.json()["message"]
    answer = call(server, name)
    assert answer.status_code == 424, answer.text
    assert answer.headers["x-should-retry"] == "false"
    error = answer.json()["error"]
    assert error["code"] == "egress_refused", error
    health = server.call(
        "POST",
        "/redteam/v3/model-health",
        {"endpoint_configuration": {"model_name": "m", "model_config": config}},
    ).json()
    assert health["message"] == f"egress: {error['message']}"
    return error["message"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_an_external_model_never_reaches_loopback(quintain, target, name, host):
    """Though the server listens on loopback and so allows it to internal models."""
    refusal(quintain, config_for(target, host, "External"), name)
    assert not target.arrivals


@pytest.fixture(scope="module")
def generous(tmp_path_factory):
    """A server whose operator allows everything that can be allowed."""
    from tests.served.quintain import Quintain

    directory = tmp_path_factory.mktemp("generous")
    server = Quintain(directory / "data", QUINTAIN_EGRESS_ALLOW="0.0.0.0/0,::/0,*.internal").start()
    yield server
    server.stop()


@pytest.mark.parametrize("host", METADATA)
def test_metadata_and_nobody_s_addresses_are_never_reached(generous, target, name, host):
    message = refusal(generous, config_for(target, host), name)
    assert "never connects to" in message
    assert not target.arrivals


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_an_internal_model_reaches_what_the_operator_allows(generous, target, name, host):
    if "ffff" in host:
        config = config_for(target, host)
        refused_or_answered = generous.add(name, config) and call(generous, name)
        assert refused_or_answered.status_code in {200, 424, 502}
        return
    generous.add(name, config_for(target, host))
    assert call(generous, name).status_code == 200


def test_an_internal_model_without_an_allowance_says_which_of_the_two_is_missing(
    own_quintain, target
):
    server = own_quintain(QUINTAIN_EGRESS_ALLOW="")
    message = refusal(server, config_for(target, "127.0.0.1"), "inside")
    assert "QUINTAIN_EGRESS_ALLOW" in message
    assert "hosting_type" not in message
    message = refusal(server, config_for(target, "127.0.0.1", "External"), "outside")
    assert "QUINTAIN_EGRESS_ALLOW" in message
    assert "hosting_type to Internal" in message
    assert not target.arrivals


def test_an_allowed_target_of_an_external_model_says_so(quintain, target, name):
    message = refusal(quintain, config_for(target, "127.0.0.1", "External"), name)
    assert "set hosting_type to Internal" in message
    assert "QUINTAIN_EGRESS_ALLOW" not in message


def test_a_name_can_be_allowed_alone(own_quintain, target):
    server = own_quintain(QUINTAIN_EGRESS_ALLOW="localhost")
    server.add("by name", config_for(target, "localhost"))
    assert call(server, "by name").status_code == 200
    refusal(server, config_for(target, "127.0.0.1"), "by address")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:{port}/"]
)
def test_a_redirect_is_not_followed(quintain, register, target, raw, status, location):
    other = raw(lambda sock: sock.sendall(response(b"{}")))
    where = location.format(port=other.port)
    target.does(answers({"error": "moved"}, status=status, headers={"Location": where}))
    answer = call(quintain, register())
    assert answer.status_code == 424
    assert "redirects are not followed" in answer.json()["error"]["message"]
    assert "location" not in answer.headers
    assert (other.accepted, len(target.arrivals)) == (0, 1)


def test_proxies_of_the_environment_are_not_used(own_quintain, target, raw):
    proxy = raw(lambda sock: sock.sendall(response(b"{}")))
    address = f"http://127.0.0.1:{proxy.port}"
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    server = own_quintain(**dict.fromkeys(names, address), NO_PROXY="", no_proxy="")
    server.add("direct", config_for(target, "127.0.0.1"))
    assert call(server, "direct").status_code == 200
    assert proxy.accepted == 0


BAD_HOSTS = [
    "user@example.com",
    "user:pass@example.com",
    "example.com\r\nX-Evil: 1",
    "example.com/path",
    "example.com?x",
    "example.com#x",
    "http://example.com",
    "exa mple.com",
    "example.com\\@127.0.0.1",
    "127.0.0.1%00.example.com",
    "example.com:443",
]


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_a_host_that_is_more_than_a_host_is_refused(quintain, target, host):
    assert refused_field(quintain, config_for(target, host)) == "model_config.endpoint.host"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (
            {"custom_headers": [{"key": "X-A", "value": "a\r\nX-Evil: 1"}]},
            "model_config.custom_headers.0.value",
        ),
        (
            {"custom_headers": [{"key": "X-A\r\nX-Evil", "value": "a"}]},
            "model_config.custom_headers.0.key",
        ),
        ({"custom_headers": [{"key": "Host", "value": "a"}]}, "model_config.custom_headers.0.key"),
        (
            {"custom_headers": [{"key": "Transfer-Encoding", "value": "chunked"}]},
            "model_config.custom_headers.0.key",
        ),
        ({"apikeys": ["sk-1234567890123456\r\nX-Evil: 1"]}, "model_config.apikeys.0"),
        ({"auth_data": {"header_name": "X\r\nY"}}, "model_config.auth_data.header_name"),
        (
            {"auth_data": {"header_name": "X", "header_prefix": "B\nY"}},
            "model_config.auth_data.header_prefix",
        ),
        ({"paths": {"chat": "/a\r\nX-Evil: 1"}}, "model_config.paths.chat"),
        ({"paths": {"chat": "/a b"}}, "model_config.paths.chat"),
    ],
)
def test_what_could_break_a_request_is_refused_at_registration(quintain, target, fields, field):
    assert refused_field(quintain, target.config(**fields)) == field


def refused_field(server, config):
    body = {
        "model_saved_name": "never stored",
        "model_version": "v1",
        "model_name": "m",
        "model_config": config,
    }
    answer = server.call("POST", "/models/add-model", body)
    assert answer.status_code == 422, answer.text
    assert len(answer.json()["details"]) == 1
    return answer.json()["details"][0]["field"]


def test_a_path_cannot_leave_the_endpoint(quintain, register, target):
    """A path that looks like an address stays a path."""
    model = register(paths={"chat": "//169.254.169.254/x"})
    call(quintain, model)
    assert [each.path for each in target.arrivals] == ["/v1/169.254.169.254/x"]
    assert target.arrivals[0].headers["Host"] == f"127.0.0.1:{target.port}"
