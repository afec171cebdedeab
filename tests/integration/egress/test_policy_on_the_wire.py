"""The egress policy against real connections: nothing but what it allows is ever connected to."""

import pytest
from yarl import URL

from quintain.egress.failures import OutboundError


async def refused(egress, request):
    """The refusal, after making sure that the request is said not to have gone out."""
    marks = []
    with pytest.raises(OutboundError) as caught:
        await egress.send(request, lambda: marks.append("sent"))
    assert not marks
    assert not caught.value.sent
    return caught.value


async def test_a_redirect_to_a_metadata_address_is_returned_not_followed(
    listen, outbound, ask, names
):
    async def redirect(target, connection):
        await connection.request()
        location = b"Location: http://169.254.169.254/latest/meta-data/"
        await connection.answer(b"", b"302 Found", location)

    target = await listen(redirect)
    getaddrinfo = names({"bot.lan": ["127.0.0.1"]})
    egress = await outbound(getaddrinfo=getaddrinfo)
    reply = await egress.send(ask(target.url(host="bot.lan")))
    assert reply.status == 302
    assert reply.headers["location"].startswith("http://169.254.169.254/")
    assert await reply.read(100) == b""
    assert getaddrinfo.asked == ["bot.lan"]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "0.0.0.0"])
async def test_an_outside_name_that_resolves_inside_is_refused(
    listen, outbound, ask, names, address
):
    target = await listen()
    egress = await outbound(allow=[], getaddrinfo=names({"evil.example": [address]}))
    error = await refused(egress, ask(target.url(host="evil.example"), internal=False))
    assert (error.stage, error.code, error.status) == ("egress", "egress_refused", 424)
    assert address in error.message
    assert not target.connections


async def test_a_metadata_address_is_refused_whatever_the_operator_lists(outbound, ask, names):
    egress = await outbound(
        allow=["0.0.0.0/0", "evil.example"],
        getaddrinfo=names({"evil.example": ["169.254.169.254"]}),
    )
    error = await refused(egress, ask(URL("http://evil.example/")))
    assert error.code == "egress_refused"


async def test_an_external_name_with_one_forbidden_address_is_refused_whole(outbound, ask, names):
    egress = await outbound(getaddrinfo=names({"mixed.example": ["93.184.216.34", "127.0.0.1"]}))
    error = await refused(egress, ask(URL("http://mixed.example/"), internal=False))
    assert error.code == "egress_refused"


async def test_of_an_internal_name_only_the_listed_addresses_are_used(listen, outbound, ask, names):
    target = await listen()
    egress = await outbound(
        allow=["127.0.0.1"], getaddrinfo=names({"localhost": ["::1", "10.0.0.1", "127.0.0.1"]})
    )
    reply = await egress.send(ask(target.url(host="localhost")))
    assert await reply.read(100) == b"{}"


async def test_a_name_that_resolves_elsewhere_the_second_time_is_refused_then(
    listen, outbound, ask, names
):
    async def once(target, connection):
        await connection.request()
        await connection.answer(b"first", b"200 OK", b"Connection: close")

    target = await listen(once)
    getaddrinfo = names({"rebind.lan": [["127.0.0.1"], ["169.254.169.254"]]})
    egress = await outbound(getaddrinfo=getaddrinfo)
    reply = await egress.send(ask(target.url(host="rebind.lan")))
    assert await reply.read(100) == b"first"
    error = await refused(egress, ask(target.url(host="rebind.lan")))
    assert error.code == "egress_refused"
    assert getaddrinfo.asked == ["rebind.lan", "rebind.lan"]


async def test_the_judged_address_is_the_one_connected_to(listen, outbound, ask, names):
    """A second look-up within one connection would find the address that must not be reached."""
    target, trap = await listen(), await listen(host="127.0.0.2")
    getaddrinfo = names({"rebind.lan": [["127.0.0.1"], ["127.0.0.2"]]})
    egress = await outbound(allow=["127.0.0.1"], getaddrinfo=getaddrinfo)
    reply = await egress.send(ask(target.url(host="rebind.lan")))
    await reply.read(100)
    assert getaddrinfo.asked == ["rebind.lan"]
    assert not trap.connections


SPELLINGS_OF_LOOPBACK = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost", "LOCALHOST",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS_OF_LOOPBACK)
async def test_every_spelling_of_loopback_is_refused_to_an_external_model(
    listen, outbound, ask, host
):
    target = await listen()
    egress = await outbound()
    error = await refused(egress, ask(target.url(host=host), internal=False))
    assert (error.stage, error.code) == ("egress", "egress_refused")
    assert not target.connections


SPELLINGS_OF_METADATA = [
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
    "0xa9.0xfe.0xa9.0xfe", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fd00:ec2::254]", "[fe80::1]",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS_OF_METADATA)
async def test_every_spelling_of_a_metadata_address_is_refused_to_all(outbound, ask, host):
    egress = await outbound(allow=["0.0.0.0/0", "::/0"])
    error = await refused(egress, ask(URL(f"http://{host}/latest/meta-data/")))
    assert (error.stage, error.code) == ("egress", "egress_refused")


async def test_an_internal_model_may_spell_a_listed_address_as_it_likes(listen, outbound, ask):
    target = await listen()
    egress = await outbound()
    reply = await egress.send(ask(target.url(host="0x7f.1")))
    assert await reply.read(100) == b"{}"


async def test_internal_without_allowance_names_the_operators_list(listen, outbound, ask):
    target = await listen()
    error = await refused(await outbound(allow=[]), ask(target.url()))
    assert "QUINTAIN_EGRESS_ALLOW" in error.message
    assert "hosting_type" not in error.message


async def test_allowance_without_internal_names_the_hosting_type(listen, outbound, ask):
    target = await listen()
    error = await refused(await outbound(), ask(target.url(), internal=False))
    assert "set hosting_type to Internal" in error.message
    assert "QUINTAIN_EGRESS_ALLOW" not in error.message
    assert not target.connections


async def test_the_kept_connection_of_an_internal_model_never_serves_an_external_one(
    listen, outbound, ask
):
    target = await listen()
    egress = await outbound()
    await (await egress.send(ask(target.url()))).read(100)
    await refused(egress, ask(target.url(), internal=False))
    await (await egress.send(ask(target.url()))).read(100)
    assert len(target.connections) == 1
    assert len(target.requests) == 2


async def test_proxies_of_the_environment_are_not_used(listen, outbound, ask, monkeypatch):
    target, proxy = await listen(), await listen()
    for name in (
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, str(proxy.url("")))
    egress = await outbound()
    await (await egress.send(ask(target.url()))).read(100)
    assert len(target.requests) == 1
    assert not proxy.connections


async def test_credentials_in_a_url_are_never_sent(listen, outbound, ask):
    target = await listen()
    error = await refused(await outbound(), ask(target.url(host="user:s3cr3t@127.0.0.1")))
    assert error.code == "url_refused"
    assert not target.connections


async def test_a_line_break_in_a_header_is_refused_before_anything_is_connected(
    listen, outbound, ask
):
    target = await listen()
    request = ask(target.url(), headers={"authorization": "Bearer k\r\nX-Evil: 1"})
    error = await refused(await outbound(), request)
    assert error.code == "header_refused"
    assert not target.connections


async def test_cookies_are_not_kept(listen, outbound, ask):
    async def with_cookie(target, connection):
        while True:
            target.requests.append(await connection.request())
            await connection.answer(b"", b"200 OK", b"Set-Cookie: session=1; Path=/")

    target = await listen(with_cookie)
    egress = await outbound()
    for _ in range(2):
        await (await egress.send(ask(target.url()))).read(100)
    assert not any(b"cookie" in head.lower() for head, _ in target.requests)
