"""TLS targets: whom to believe, and what to say otherwise."""

import asyncio
import datetime as dt
import ssl

import pytest
import trustme

from quintain.egress.failures import OutboundError

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def server_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def failure(egress, request):
    marks = []
    with pytest.raises(OutboundError) as caught:
        await egress.send(request, lambda: marks.append("sent"))
    assert not marks
    assert not caught.value.sent
    return caught.value


async def test_a_target_of_a_known_authority_is_spoken_to(
    listen, outbound, ask, names, authority, ca_file
):
    target = await listen(tls=server_context(authority.issue_cert("bot.lan")))
    egress = await outbound(ca_file=ca_file, getaddrinfo=names({"bot.lan": ["127.0.0.1"]}))
    for body in (b"one", b"x" * 3_000_000):
        reply = await egress.send(ask(target.url(host="bot.lan"), body))
        assert await reply.read(len(body)) == body
    assert len(target.connections) == 1


async def test_an_address_may_be_certified_too(listen, outbound, ask, authority, ca_file):
    target = await listen(tls=server_context(authority.issue_cert("127.0.0.1")))
    egress = await outbound(ca_file=ca_file)
    assert await (await egress.send(ask(target.url()))).read(10) == b"{}"


async def test_a_name_with_a_final_dot_is_checked_without_it(
    listen, outbound, ask, names, authority, ca_file
):
    target = await listen(tls=server_context(authority.issue_cert("bot.lan")))
    egress = await outbound(ca_file=ca_file, getaddrinfo=names({"bot.lan.": ["127.0.0.1"]}))
    assert await (await egress.send(ask(target.url(host="bot.lan.")))).read(10) == b"{}"


async def test_an_unknown_authority_is_refused_with_the_way_to_make_it_known(
    listen, outbound, ask, authority
):
    target = await listen(tls=server_context(authority.issue_cert("127.0.0.1")))
    error = await failure(await outbound(), ask(target.url()))
    assert (error.stage, error.code, error.passing) == ("tls", "target_certificate", False)
    assert "QUINTAIN_CA_FILE" in error.message
    assert not target.requests


async def test_a_self_signed_certificate_is_named_as_such(listen, outbound, ask, tmp_path):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bot.lan")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "both.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    target = await listen(tls=context)
    error = await failure(await outbound(), ask(target.url()))
    assert (error.stage, error.code) == ("tls", "target_certificate")
    assert "self-signed" in error.message


async def test_a_certificate_for_another_name_is_refused(
    listen, outbound, ask, names, authority, ca_file
):
    target = await listen(tls=server_context(authority.issue_cert("other.lan")))
    loopback = ["127.0.0.1"]
    getaddrinfo = names({"bot.lan": loopback, "127.0.0.1": loopback})
    egress = await outbound(ca_file=ca_file, getaddrinfo=getaddrinfo)
    for host in ("bot.lan", "127.0.0.1"):
        error = await failure(egress, ask(target.url(host=host)))
        assert (error.stage, error.passing) == ("tls", False)
        assert "another name" in error.message


async def test_an_expired_certificate_is_refused(listen, outbound, ask, authority, ca_file):
    certificate = authority.issue_cert("127.0.0.1", not_after=LONG_AGO)
    target = await listen(tls=server_context(certificate))
    error = await failure(await outbound(ca_file=ca_file), ask(target.url()))
    assert (error.stage, error.passing) == ("tls", False)
    assert "expired" in error.message


async def test_tls_with_a_target_that_speaks_plain_http_is_stage_tls(listen, outbound, ask):
    async def plain(target, connection):
        await connection.reader.read(100)
        await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    target = await listen(plain)
    error = await failure(await outbound(), ask(target.url().with_scheme("https")))
    assert (error.stage, error.passing) == ("tls", False)
    assert "endpoint.scheme" in error.message


async def test_plain_http_with_a_target_that_speaks_tls_is_no_success(
    listen, outbound, ask, authority
):
    target = await listen(tls=server_context(authority.issue_cert("127.0.0.1")))
    with pytest.raises(OutboundError) as caught:
        await (await outbound()).send(ask(target.url().with_scheme("http")))
    assert caught.value.stage == "http"


@pytest.mark.parametrize("kind", ["end", "reset"])
async def test_a_target_that_leaves_during_the_handshake_is_stage_tls(listen, outbound, ask, kind):
    async def leave(target, connection):
        await connection.reader.read(1)
        if kind == "reset":
            connection.reset()

    target = await listen(leave)
    error = await failure(await outbound(), ask(target.url().with_scheme("https")))
    assert (error.stage, error.status) in [("tls", 502), ("tls", 424)]
    assert "TLS" in error.message


async def test_a_handshake_that_does_not_end_is_a_timeout_of_stage_tls(listen, outbound, ask):
    async def silent(target, connection):
        await connection.gone()

    target = await listen(silent)
    request = ask(target.url().with_scheme("https"), connect_s=0.3)
    error = await failure(await outbound(), request)
    assert (error.stage, error.code, error.status) == ("tls", "target_tls_timeout", 504)
    assert error.passing


async def test_closing_a_reply_over_tls_closes_the_connection_at_once(
    listen, outbound, ask, authority, ca_file
):
    gone = asyncio.Event()

    async def stream(target, connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        await connection.gone()
        gone.set()

    target = await listen(stream, tls=server_context(authority.issue_cert("127.0.0.1")))
    reply = await (await outbound(ca_file=ca_file)).send(ask(target.url()))
    assert await reply.chunk() == b"a"
    reply.close()
    await asyncio.wait_for(gone.wait(), 5)


async def test_a_ca_file_that_cannot_be_read_stops_the_start(outbound, tmp_path):
    with pytest.raises(OSError):
        await outbound(ca_file=tmp_path / "missing.pem")
    (tmp_path / "empty.pem").write_text("not a certificate")
    with pytest.raises(ssl.SSLError):
        await outbound(ca_file=tmp_path / "empty.pem")


async def test_further_authorities_come_beside_those_of_the_system(ca_file):
    from quintain.egress.trust import tls_context

    context = tls_context(ca_file)
    assert len(context.get_ca_certs()) >= 1
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_another_authority_does_not_help(listen, outbound, ask, ca_file):
    stranger = trustme.CA()
    target = await listen(tls=server_context(stranger.issue_cert("127.0.0.1")))
    error = await failure(await outbound(ca_file=ca_file), ask(target.url()))
    assert error.code == "target_certificate"
