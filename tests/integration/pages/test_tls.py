"""Certificates are checked in the browser too, with the operator's own authorities."""

from __future__ import annotations

import ssl

import pytest
import pytest_asyncio
import trustme
from aiohttp import web

from quintain.errors import TargetError
from quintain.pages.browser import Browser
from quintain.settings import Settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sealed(site):
    """The site once more behind TLS, and the authority that signed for it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    tcp = web.TCPSite(site._runner, "127.0.0.1", 0, ssl_context=context)
    await tcp.start()
    yield authority, tcp._server.sockets[0].getsockname()[1]
    await tcp.stop()


def behind_tls(target, port):
    url = target.url.with_scheme("https").with_port(port)
    return type(target)(url, target.hints, internal=True)


async def test_an_unknown_authority_is_refused(browser, page, sealed):
    with pytest.raises(TargetError) as caught:
        await browser.ask(behind_tls(page("textarea.html"), sealed[1]), None, "Hello", 30)
    assert (caught.value.stage, caught.value.code) == ("tls", "target_certificate")


async def test_an_authority_of_the_operator_is_believed(egress, page, sealed, site, tmp_path):
    authority, port = sealed
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    own = Browser(egress, Settings(ca_file=path))
    try:
        answer = await own.ask(behind_tls(page("textarea.html"), port), None, "Hello", 30)
    finally:
        await own.close()
    assert answer.text == f"Answer {len(site.prompts)} to 5 characters."
