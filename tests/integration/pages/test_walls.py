"""What a hostile page cannot do: the egress policy holds inside the browser."""

from __future__ import annotations

import asyncio

import pytest

from quintain.errors import TargetError

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def refusal(browser, target, prompt="Hello", seconds=30) -> TargetError:
    with pytest.raises(TargetError) as caught:
        await browser.ask(target, None, prompt, seconds)
    return caught.value


async def test_no_way_out_of_a_page_leads_inside(outer, outside, inner):
    target = outside(f"/site/hostile.html?inner={inner.port}&udp={inner.udp}")
    answer = await outer.ask(target, None, "try", 90)
    assert answer.text.startswith("Done.")
    assert inner.came == []
    for told in ("got:", "=loaded", "=open", "=got", "granted"):
        assert told not in answer.text
    for told in ("fetch=refused", "socket=refused", "worker=refused", "file:///etc/passwd=refused"):
        assert told in answer.text


async def test_the_site_itself_is_reached_by_its_public_name(outer, outside, site):
    answer = await outer.ask(outside("/site/textarea.html"), None, "Hello", 30)
    assert answer.text == f"Answer {len(site.prompts)} to 5 characters."


@pytest.mark.parametrize(
    "place",
    ["http://127.0.0.1:{port}/", "http://169.254.169.254/", "http://inside.example:{port}/"],
)
async def test_a_redirect_inside_is_refused(place, outer, outside, inner):
    error = await refusal(outer, outside("/to?url=" + place.format(port=inner.port)))
    assert (error.stage, error.code) == ("egress", "egress_refused")
    assert inner.came == []


async def test_a_page_that_goes_inside_after_the_prompt_comes_nowhere(outer, outside, inner):
    target = outside(f"/site/odd.html?does=leave&to=http://127.0.0.1:{inner.port}/")
    assert (await refusal(outer, target, seconds=12)).status in {424, 504}
    assert inner.came == []


async def test_an_external_page_inside_is_refused_with_what_to_do(browser, outer, page, site):
    target = page("textarea.html")
    external = type(target)(target.url, target.hints, internal=False)
    error = await refusal(browser, external)
    assert error.code == "egress_refused"
    assert "hosting_type" in error.message


async def test_the_metadata_address_is_refused_to_internal_pages_too(browser, page):
    target = page("textarea.html")
    meta = type(target)(target.url.with_host("169.254.169.254").with_port(80), target.hints, True)
    assert (await refusal(browser, meta)).code == "egress_refused"


async def test_the_proxy_serves_nobody_else(browser, page, site):
    await browser.ask(page("textarea.html"), None, "Hello", 30)
    host, port = browser._proxy.url.removeprefix("http://").split(":")
    for shown in ("", "Proxy-Authorization: Basic eDp5\r\n", "Proxy-Authorization: Basic ?\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        where = site.url.removeprefix("http://")
        writer.write(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{shown}\r\n".encode())
        assert (await reader.readline()).split()[1] == b"407"
        writer.close()


async def test_a_page_that_moves_too_much_is_ended(page, egress):
    from quintain.pages.browser import Browser
    from quintain.settings import Settings

    own = Browser(egress, Settings(max_answer_body=1 << 20))
    try:
        error = await refusal(own, page("odd.html?does=eat"))
    finally:
        await own.close()
    assert (error.stage, error.code) == ("answer", "answer_too_large")


async def test_a_download_is_no_page(browser, page):
    error = await refusal(browser, page("/download"))
    assert error.stage == "http"
    assert "download" in error.message


@pytest.mark.parametrize("status", [403, 404, 500, 503])
async def test_a_page_that_is_refused_says_with_what(status, browser, page):
    error = await refusal(browser, page(f"/status/{status}"))
    assert (error.stage, error.http_status, error.passing) == ("http", status, status == 503)
