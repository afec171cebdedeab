"""The examples of docs/custom.md do what stands below them."""

import json
import re
from pathlib import Path

import pytest
import yaml
from msgspec import Raw

from quintain.dialects.base import CHAT, Ask
from quintain.dialects.custom.dialect import Custom, CustomSpeaker
from quintain.dialects.jq import Jq
from quintain.gateway.credentials import keys_of
from quintain.registry.parse import parse_add
from quintain.registry.providers import effective

PAGE = Path(__file__).parents[4] / "docs" / "custom.md"
PAIRS = re.findall(
    r"```(json|yaml)\n(.*?)```\n+```(http|text)\n(.*?)```", PAGE.read_text(), re.DOTALL
)


class Unused:
    async def check(self, program):
        assert program


def registered(kind, text):
    body = parse_add(json.loads(text) if kind == "json" else yaml.safe_load(text))
    return body, effective(body.config)


def case(pair):
    return registered(*pair[:2])[0].model_saved_name


def sent(config):
    """Method, path, headers and body as the page writes them."""
    messages = json.dumps([{"role": "user", "content": "Hi & bye"}]).encode()
    ask = Ask(CHAT, {"messages": Raw(messages)}, session="SESSION")
    outgoing = CustomSpeaker("bot", config, Unused()).outgoing(ask)
    headers = keys_of(config, signs=False).take(0.0).headers.copy()
    headers.update(outgoing.headers)
    body = outgoing.body.decode().replace("\r\n", "\n")
    kind = headers["Content-Type"]
    if "boundary=" in kind:
        boundary = kind.partition("boundary=")[2]
        body, headers["Content-Type"] = (t.replace(boundary, "BOUNDARY") for t in (body, kind))
    return f"{outgoing.method} {outgoing.url.raw_path_qs}", headers, body


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair[2] == "http"], ids=case)
async def test_what_a_target_gets_is_what_the_page_says(pair):
    body, config = registered(*pair[:2])
    assert await Custom().check(body, Unused()) == []
    head, _, text = pair[3].partition("\n\n")
    first, *lines = head.strip().split("\n")
    line, headers, found = sent(config)
    assert (line, found.strip()) == (first, text.strip())
    for name, value in (each.split(": ", 1) for each in lines):
        assert headers[name] == value


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair[2] == "text"], ids=case)
async def test_what_a_caller_gets_is_what_the_page_says(pair):
    _, config = registered(*pair[:2])
    jq = Jq(workers=1, timeout_s=10)
    await jq.start()
    try:
        answer = await CustomSpeaker("bot", config, jq).answer(pair[3].encode())
    finally:
        await jq.close()
    assert f"The caller gets `{answer.text}`" in PAGE.read_text()


def test_every_way_has_an_example():
    assert [case(pair) for pair in PAIRS] == [
        "form-bot", "history-bot", "multipart-bot", "get-bot", "nested-bot", "event-bot", "copied-bot",
    ]  # fmt: skip
