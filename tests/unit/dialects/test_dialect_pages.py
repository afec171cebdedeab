"""The examples in the pages of dialects: what is registered, called and sent."""

import json

import pytest
from msgspec import Raw
from tests import docs_examples
from tests.docs_examples import DOCS
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.base import CHAT, Ask
from quintain.dialects.table import compile_speaker
from quintain.registry.parse import parse_add
from quintain.registry.providers import effective


def example(page, name):
    return json.loads(docs_examples.example(page, name))


@pytest.mark.parametrize(
    ("provider", "url", "dropped"),
    [
        ("anthropic", "https://api.anthropic.com/v1/messages", "seed"),
        ("cohere", "https://api.cohere.com/v2/chat", "logit_bias"),
        (
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash-preview:generateContent",
            "logit_bias",
        ),
        (
            "bedrock",
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
            "seed",
        ),
    ],
)
def test_a_call_is_sent_as_its_page_shows(provider, url, dropped):
    page = f"{provider}.md"
    target = parse_add(example(page, f"{provider} registration"))
    asked = example(page, f"{provider} call")
    ask = Ask(CHAT, {name: Raw(json.dumps(value).encode()) for name, value in asked.items()})
    speaker = compile_speaker("saved", target.model_name, effective(target.config), FakeJq())
    sent = speaker.outgoing(ask)
    assert json.loads(sent.body) == example(page, f"{provider} request")
    assert (str(sent.url), sent.dropped) == (url, (dropped,))
    assert url in (DOCS / page).read_text()
    assert f"X-Quintain-Dropped: {dropped}" in (DOCS / page).read_text()


def test_vertex_is_reached_by_its_page():
    target = parse_add(example("gemini.md", "vertex registration"))
    speaker = compile_speaker("saved", target.model_name, effective(target.config), FakeJq())
    asked = {"messages": Raw(b'[{"role": "user", "content": "hi"}]')}
    place = target.config.endpoint
    assert str(speaker.outgoing(Ask(CHAT, asked, stream=True)).url) == (
        f"https://{place.host}{place.base_path}/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    )
