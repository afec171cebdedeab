"""Every wait has an end, every page a place among a bounded number, and what breaks is told."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from quintain.errors import TargetError
from quintain.pages.browser import Browser
from quintain.settings import Settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def failure(browser, target, prompt="Hello", seconds=30, conversation=None) -> TargetError:
    with pytest.raises(TargetError) as caught:
        await browser.ask(target, conversation, prompt, seconds)
    return caught.value


async def test_an_answer_that_never_ends_is_an_error_at_the_deadline(browser, page):
    error = await failure(browser, page("odd.html?does=endless"), seconds=8)
    assert (error.stage, error.code, error.passing) == ("answer", "answer_endless", False)


async def test_a_bot_that_never_answers_is_an_error_at_the_deadline(browser, page):
    error = await failure(browser, page("odd.html?does=nothing"), seconds=8)
    assert (error.stage, error.code, error.status) == ("http", "target_read_timeout", 504)


async def test_a_page_that_hangs_is_an_error_and_hinders_no_other(browser, page, site):
    error = await failure(browser, page("odd.html?does=spin"), seconds=8)
    assert error.status in {504, 424}
    assert (await browser.ask(page("textarea.html"), None, "Hello", 30)).text


async def test_a_page_without_a_message_box_says_what_is_there(browser, page):
    error = await failure(browser, page("odd.html?does=nobox"), seconds=40)
    assert (error.stage, error.code) == ("mapping", "page_part_not_found")
    assert "metadata.page.input" in error.message
    assert "Password" in error.message
    assert "Sign in" in error.message


async def test_a_prompt_that_nothing_sends_says_which_selector_to_give(browser, page):
    error = await failure(browser, page("odd.html?does=stuck"))
    assert (error.stage, error.code) == ("mapping", "page_part_not_found")
    assert "metadata.page.send" in error.message


async def test_a_prompt_that_the_box_cuts_is_an_error_and_not_sent_in_part(browser, page):
    error = await failure(browser, page("odd.html?does=cut"), "x" * 50)
    assert (error.stage, error.code) == ("mapping", "prompt_too_long_for_page")
    assert "20 of the prompt's 50" in error.message


@pytest.mark.parametrize(
    ("hint", "named"),
    [
        ({"input": "#nothing"}, "input"),
        ({"open": ["#nothing"]}, "open"),
        ({"frame": "#nothing"}, "frame"),
    ],
)
async def test_a_selector_that_finds_nothing_is_named(hint, named, browser, page):
    error = await failure(browser, page("odd.html", **hint), seconds=40)
    assert error.code == "page_part_not_found"
    assert f"metadata.page.{named}" in error.message


async def test_a_selector_that_cannot_be_read_is_named(browser, page):
    error = await failure(browser, page("odd.html", input="##("))
    assert (error.stage, error.code) == ("config", "bad_selector")


async def test_a_caller_who_leaves_frees_the_page(browser, page, site):
    site.held.clear()
    site.go.clear()
    call = asyncio.create_task(browser.ask(page("odd.html?does=held"), None, "Hello", 60))
    await asyncio.wait_for(site.held.wait(), 30)
    assert browser._tabs.open
    open_before = browser._tabs.open
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    site.go.set()
    assert browser._tabs.open == open_before - 1


async def test_calls_of_one_conversation_follow_one_another(browser, page, site, conversation):
    prompts = [f"number {number}" for number in range(3)]
    target = page("textarea.html")
    calls = [browser.ask(target, conversation, prompt, 60) for prompt in prompts]
    answers = await asyncio.gather(*calls)
    assert site.prompts[-3:] == prompts
    assert [answer.new for answer in answers] == [True, False, False]
    assert len({answer.text for answer in answers}) == 3


async def test_no_more_pages_are_open_than_the_setting_allows(egress, page, site):
    own = Browser(egress, Settings(browser_tabs=2))
    try:
        calls = [own.ask(page("textarea.html"), None, f"call {n}", 90) for n in range(5)]
        tasks = [asyncio.create_task(call) for call in calls]
        most = 0
        while not all(task.done() for task in tasks):
            most = max(most, own._tabs.open)
            await asyncio.sleep(0.02)
        assert most == 2
        assert all(task.result().text for task in tasks)
    finally:
        await own.close()


async def test_a_browser_that_dies_is_started_again_and_its_conversations_are_told(
    egress, page, conversation
):
    own = Browser(egress, Settings())
    try:
        target = page("textarea.html")
        assert (await own.ask(target, conversation, "Hello", 30)).new
        for pid in _chromiums(own._chromium._home):
            os.kill(pid, signal.SIGKILL)
        while own._chromium.alive:
            await asyncio.sleep(0.02)
        error = await failure(own, target, conversation=conversation)
        assert error.code in {"conversation_lost", "browser_crashed"}
        assert (await own.ask(target, None, "Hello", 30)).text
    finally:
        await own.close()


def _chromiums(home: str) -> list[int]:
    """The processes of one Chromium, by the home that only they have."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ:
                if f"HOME={home}".encode() in environ.read().split(b"\0"):
                    found.append(int(pid))
        except OSError:
            continue
    return found


async def test_closing_ends_chromium_and_leaves_nothing_on_disk(egress, page):
    own = Browser(egress, Settings())
    await own.ask(page("textarea.html"), "kept", "Hello", 30)
    home = own._chromium._home
    assert _chromiums(home)
    await own.close()
    assert not _chromiums(home)
    assert not os.path.exists(home)


async def test_chromium_sees_none_of_our_environment(egress, page, monkeypatch):
    monkeypatch.setenv("QUINTAIN_ADMIN_KEY", "a-secret-of-the-server-0123456789abc")
    own = Browser(egress, Settings())
    try:
        await own.ask(page("textarea.html"), None, "Hello", 30)
        for pid in _chromiums(own._chromium._home):
            with open(f"/proc/{pid}/environ", "rb") as environ:
                assert b"a-secret-of-the-server" not in environ.read()
    finally:
        await own.close()


async def test_a_missing_browser_is_told_with_what_to_install(egress, page, tmp_path):
    own = Browser(egress, Settings(browser=tmp_path / "none"))
    try:
        error = await failure(own, page("textarea.html"))
    finally:
        await own.close()
    assert (error.stage, error.code) == ("config", "browser_missing")
    assert "QUINTAIN_BROWSER" in error.message
