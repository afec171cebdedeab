"""How far the way to a target is open."""

import asyncio
import socket
import ssl

import pytest
from yarl import URL

from quintain.egress.failures import OutboundError
from quintain.egress.probe import probe


def told(stages):
    return [(stage.name, stage.ok) for stage in stages]


async def test_an_open_way_has_three_stages_and_sends_nothing(listen, outbound):
    received = asyncio.get_running_loop().create_future()

    async def listener(target, connection):
        received.set_result(await connection.reader.read())

    target = await listen(listener)
    stages = await probe(await outbound(), target.url(), True, 5)
    assert told(stages) == [("dns", True), ("egress", True), ("connect", True)]
    assert all(stage.ms >= 0 and stage.sentence is None for stage in stages)
    assert await asyncio.wait_for(received, 5) == b""


async def test_an_open_way_with_tls_has_four(listen, outbound, authority, ca_file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def listener(target, connection):
        await connection.gone()

    target = await listen(listener, tls=context)
    stages = await probe(await outbound(ca_file=ca_file), target.url(), True, 5)
    assert told(stages) == [("dns", True), ("egress", True), ("connect", True), ("tls", True)]
    stages = await probe(await outbound(), target.url(), True, 5)
    assert told(stages)[-1] == ("tls", False)
    assert "QUINTAIN_CA_FILE" in stages[-1].sentence


async def test_the_list_ends_with_the_stage_that_failed(listen, outbound, names):
    unknown = socket.gaierror(socket.EAI_NONAME, "unknown")
    egress = await outbound(getaddrinfo=names({"gone.lan": unknown, "bot.lan": ["127.0.0.1"]}))
    target = await listen()
    await target.stop()

    stages = await probe(egress, target.url(host="gone.lan"), True, 5)
    assert told(stages) == [("dns", False)]
    assert "gone.lan" in stages[0].sentence

    stages = await probe(egress, target.url(host="bot.lan"), False, 5)
    assert told(stages) == [("dns", True), ("egress", False)]
    assert "Internal" in stages[1].sentence

    stages = await probe(egress, target.url(host="bot.lan"), True, 5)
    assert told(stages) == [("dns", True), ("egress", True), ("connect", False)]


async def test_a_step_that_hangs_ends_at_the_deadline(outbound):
    async def never(host, port):
        await asyncio.Event().wait()

    stages = await probe(await outbound(getaddrinfo=never), URL("http://slow.lan/"), True, 0.1)
    assert told(stages) == [("dns", False)]
    assert "0.1 s" in stages[0].sentence


async def test_a_handshake_that_hangs_ends_at_the_deadline(listen, outbound):
    async def silent(target, connection):
        await connection.gone()

    target = await listen(silent)
    stages = await probe(await outbound(), target.url().with_scheme("https"), True, 0.3)
    assert told(stages)[-1] == ("tls", False)
    assert "0.3 s" in stages[-1].sentence


async def test_a_url_that_cannot_be_used_raises(outbound):
    with pytest.raises(OutboundError):
        await probe(await outbound(), URL("ftp://a.example/"), True, 5)
