"""Pages of different builds, each found, driven and read from its address alone."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

BUILDS = {
    "textarea": "a textarea and a list that grows",
    "editable": "an editable element, an answer that streams behind a cursor, a history beside it",
    "frame": "a chat in a frame, answers in parts with signs of typing between them",
    "bubble": "a closed shadow root in an open one, opened from a bubble, sent by a button alone",
    "rerendered": "every node made anew again and again, the newest message first",
    "banner": "a consent banner over it, no echo, no Enter, one place for the answer",
    "deepchat": "deep-chat from npm, a web component",
    "n8n": "@n8n/chat from npm, which opens from a bubble",
    "corner": "an icon without a name, consent to be ticked, names above bubbles, thoughts, signs that blink",
}
ONE_LINE = {"frame", "rerendered", "banner"}
PARTS = ("One moment please.\n", "\nAnything else?")


def whole(build: str, text: str) -> str:
    return text.join(PARTS) if build == "frame" else text


@pytest.mark.parametrize("build", BUILDS)
async def test_a_conversation_is_held_and_only_the_bots_new_text_is_given(
    build, browser, page, site, conversation
):
    target = page(f"{build}.html")
    visits = site.visits.count(f"{build}.html")
    for number, prompt in enumerate(["Hello there", "Hello there", "And now <b>this</b> & that"]):
        answer = await browser.ask(target, conversation, prompt, 60)
        assert site.prompts[-1] == prompt
        said = f"Answer {len(site.prompts)} to {len(prompt)} characters."
        assert answer.text == whole(build, said)
        assert answer.new is (number == 0)
    assert site.visits.count(f"{build}.html") == visits + 1


HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)> &amp; </textarea>",
    "lines": "first line\nsecond line\n\nfourth line",
    "emoji": "👩‍👩‍👧 what is this 🙂",
    "scripts": "مرحبا 你好 שלום नमस्ते",
    "long": "0123456789 " * 909 + "x",
    "quotes": "\"'`${7*7}{{7*7}}\\n\\",
}


@pytest.mark.parametrize("build", ["textarea", "editable", "bubble", "deepchat", "n8n", "frame"])
async def test_a_prompt_arrives_as_it_is_in_one_piece(build, browser, page, site, conversation):
    for prompt in HOSTILE.values():
        answer = await browser.ask(page(f"{build}.html"), conversation, prompt, 60)
        sent = " ".join(prompt.split("\n")) if build in ONE_LINE else prompt
        assert site.prompts[-1] == sent
        said = f"Answer {len(site.prompts)} to {len(sent)} characters."
        assert answer.text == whole(build, said)


ANSWERS = {
    "echo": "Give me this back",
    "lines": "One\n\nTwo\n- three\n- four",
    "yes": "Yes",
    "html": "<b>not bold</b>",
}


@pytest.mark.parametrize("build", ["textarea", "editable", "bubble", "rerendered", "deepchat"])
async def test_an_answer_of_any_form_is_read(build, browser, page, site, conversation):
    # Where all is made anew, an old prompt cannot be told from a new answer that repeats it.
    held = None if build == "rerendered" else conversation
    for kind, expected in ANSWERS.items():
        site.answers["Give me this back"] = expected
        answer = await browser.ask(page(f"{build}.html"), held, "Give me this back", 60)
        if build == "deepchat" and kind in {"lines", "html"}:  # it renders Markdown
            assert answer.text.startswith(("One", "not bold", "<b>not"))
        else:
            assert _lines(answer.text) == _lines(expected)


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


async def test_without_a_conversation_each_call_has_a_page_of_its_own(browser, page, site):
    before = site.visits.count("textarea.html")
    for _ in range(2):
        assert (await browser.ask(page("textarea.html"), None, "Hello", 60)).new
    assert site.visits.count("textarea.html") == before + 2


async def test_selectors_of_the_registration_win(browser, page, site):
    target = page(
        "banner.html",
        input="#question",
        send="#ask",
        answer="#out",
        dismiss=["#few"],
        ready="#count",
        settle_ms=300,
    )
    answer = await browser.ask(target, None, "Hello", 60)
    assert answer.text == f"Answer {len(site.prompts)} to 5 characters."


async def test_a_named_frame_and_a_named_opener_are_taken(browser, page, site):
    answer = await browser.ask(page("frame.html", frame="iframe", input="#q"), None, "Hello", 60)
    assert f"Answer {len(site.prompts)} to 5 characters." in answer.text
    answer = await browser.ask(page("bubble.html", open=["button.launcher"]), None, "Hello", 60)
    assert answer.text == f"Answer {len(site.prompts)} to 5 characters."
