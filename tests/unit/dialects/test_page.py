"""Pages: what a registration must have, and which text of a call is typed."""

from __future__ import annotations

import msgspec
import orjson
import pytest

from quintain.dialects.base import Ask
from quintain.dialects.page import PageSpeaker, UrlPage
from quintain.errors import BadRequest
from quintain.registry.providers import effective
from quintain.registry.schema import Target


def target(**fields) -> Target:
    config = {"model_provider": "url", "endpoint": {"host": "chat.example"}} | fields
    return Target.model_validate({"testing_for": "URL", "model_config": config})


def speaker(**fields) -> PageSpeaker:
    return PageSpeaker(effective(target(**fields).config))


def chat(*messages, **more) -> Ask:
    fields = {"messages": [{"role": r, "content": c} for r, c in messages], **more}
    return Ask("chat", {name: msgspec.Raw(orjson.dumps(value)) for name, value in fields.items()})


async def test_an_address_is_all_that_a_page_needs() -> None:
    assert await UrlPage().check(target(), None) == []


async def test_a_page_without_a_host_is_refused() -> None:
    found = await UrlPage().check(target(endpoint={"base_path": "/x"}), None)
    assert [each.field for each in found] == ["model_config.endpoint.host"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("apikeys", ["a-key"]),
        ("custom_headers", [{"key": "X-A", "value": "b"}]),
        ("system_prompt", "Be nice."),
        ("custom_payload", {"a": "{prompt}"}),
        ("default_request_options", {"temperature": 1}),
    ],
)
async def test_what_has_no_place_on_a_page_is_refused(field, value) -> None:
    found = await UrlPage().check(target(**{field: value}), None)
    assert [each.field for each in found] == [f"model_config.{field}"]


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({}, "https://chat.example/"),
        (
            {"endpoint": {"host": "chat.example", "base_path": "/help/"}},
            "https://chat.example/help/",
        ),
        ({"paths": {"chat": "/talk?lang=en"}}, "https://chat.example/talk?lang=en"),
        ({"metadata": {"page": {"fragment": "/chat"}}}, "https://chat.example/#/chat"),
    ],
)
def test_the_address_is_put_together(fields, url) -> None:
    assert str(speaker(**fields).target.url) == url


def test_the_users_last_message_is_typed() -> None:
    ask = chat(("user", "one"), ("assistant", "two"), ("user", "three"), temperature=1)
    outgoing = speaker().outgoing(ask)
    assert outgoing.body == b"three"
    assert outgoing.dropped == ("temperature",)


def test_system_messages_are_said_with_the_first_turn_alone() -> None:
    ask = chat(("system", "Be brief."), ("developer", "Be kind."), ("user", "one"))
    assert speaker().outgoing(ask).body == b"Be brief.\n\nBe kind.\n\none"
    ask.continued = True
    assert speaker().outgoing(ask).body == b"one"


@pytest.mark.parametrize(
    "ask",
    [
        chat(("assistant", "no")),
        chat(("user", "  ")),
        chat(("user", [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}])),
        chat(("user", "x"), tools=[{"type": "function"}]),
        Ask("embeddings", {}),
    ],
)
def test_what_a_page_cannot_take_is_refused(ask) -> None:
    with pytest.raises(BadRequest):
        speaker().outgoing(ask)
