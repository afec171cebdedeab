"""Targets that speak Anthropic's Messages API: where calls go, what they carry, what is refused."""

import json

import pytest
from tests.unit.dialects.spoken import HI, asking, config_of
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.anthropic.dialect import Anthropic, AnthropicSpeaker
from quintain.dialects.anthropic.models import Thinking, takes
from quintain.dialects.base import Translator
from quintain.registry.schema import ModelConfig, Target

VERSION = "2023-06-01"


def speaker(provider="anthropic", **given):
    return AnthropicSpeaker("claude", config_of(provider, **given))


async def problems(**config):
    target = Target.model_validate(
        {"testing_for": "foundationModels", "model_name": "claude", "model_config": config}
    )
    return [str(detail.field) for detail in await Anthropic().check(target, FakeJq())]


async def test_the_provider_brings_all_but_the_key_and_a_compatible_one_needs_its_host():
    assert await problems(model_provider="anthropic") == []
    assert await problems(model_provider="anthropic_compatible") == ["model_config.endpoint.host"]


def test_what_the_dialect_compiles_translates():
    config = ModelConfig.model_validate({"model_provider": "anthropic"})
    assert isinstance(Anthropic().compile("claude", config, FakeJq()), Translator)


@pytest.mark.parametrize(
    ("provider", "given", "url"),
    [
        ("anthropic", {}, "https://api.anthropic.com/v1/messages"),
        ("anthropic", {"endpoint": {"base_path": "/v1"}}, "https://api.anthropic.com/v1/messages"),
        (
            "anthropic_compatible",
            {"endpoint": {"host": "a.example"}},
            "https://a.example/v1/messages",
        ),
        (
            "anthropic_compatible",
            {"endpoint": {"host": "a.example", "base_path": "/api/anthropic/"}},
            "https://a.example/api/anthropic/v1/messages",
        ),
        (
            "anthropic_compatible",
            {"endpoint": {"host": "a.example", "base_path": "/anthropic/v1"}},
            "https://a.example/anthropic/v1/messages",
        ),
        (
            "anthropic_compatible",
            {"endpoint": {"host": "a.example", "base_path": "/v1/messages"}},
            "https://a.example/v1/messages",
        ),
        (
            "anthropic_compatible",
            {
                "endpoint": {"host": "a.example", "base_path": "/v1"},
                "paths": {"chat": "/messages?beta=true"},
            },
            "https://a.example/v1/messages?beta=true",
        ),
    ],
)
def test_v1_may_stand_in_the_endpoint_or_be_left_to_the_path(provider, given, url):
    assert str(speaker(provider, **given).outgoing(asking(HI)).url) == url


def test_calls_with_images_may_have_a_path_of_their_own():
    one = speaker(paths={"vision": "/v1/seeing"})
    ask = asking(HI)
    assert one.outgoing(ask).url.path == "/v1/messages"
    ask.images = True
    assert one.outgoing(ask).url.path == "/v1/seeing"
    assert speaker().outgoing(ask).url.path == "/v1/messages"


def test_the_version_of_the_api_is_ours_unless_the_registration_names_one():
    assert speaker().outgoing(asking(HI)).headers == {"anthropic-version": VERSION}
    headers = [{"key": "Anthropic-Version", "value": "2026-10-21"}]
    assert speaker(custom_headers=headers).outgoing(asking(HI)).headers == {}


def test_the_key_goes_in_anthropic_s_own_header_unless_auth_data_says_otherwise():
    assert config_of("anthropic").auth_data.header_name == "x-api-key"
    bearer = {"header_name": "Authorization", "header_prefix": "Bearer", "space_after_prefix": True}
    assert config_of("anthropic", auth_data=bearer).auth_data.header_name == "Authorization"


def test_a_stream_is_asked_for_where_the_caller_asks_for_one():
    assert json.loads(speaker().outgoing(asking(HI, stream=True)).body)["stream"] is True


@pytest.mark.parametrize(
    ("status", "kind", "message", "meaning"),
    [
        (400, "invalid_request_error", "messages: bad", 400),
        (400, "invalid_request_error", "Your credit balance is too low to access the API", 402),
        (401, "authentication_error", "invalid x-api-key", 401),
        (403, "permission_error", "no", 403),
        (404, "not_found_error", "model: x", 404),
        (413, "request_too_large", "big", 413),
        (429, "rate_limit_error", "slow", 429),
        (500, "api_error", "oh", 500),
        (504, "timeout_error", "late", 504),
        (529, "overloaded_error", "Overloaded", 503),
        (200, "overloaded_error", "Overloaded", 503),
        (400, "mock_error", "?", 400),
    ],
)
def test_a_refusal_means_what_its_kind_says(status, kind, message, meaning):
    body = json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
    assert speaker().status(status, body) == meaning


@pytest.mark.parametrize("body", [b"", b"Bad gateway", b"[]", b'{"error": "no"}', b"null"])
def test_a_refusal_in_another_shape_keeps_its_status_and_an_overload_is_one(body):
    assert speaker().status(502, body) == 502
    assert speaker().status(529, body) == 503


@pytest.mark.parametrize(
    ("name", "sampling", "thinking"),
    [
        ("claude-instant-1.2", 2, Thinking.NONE),
        ("claude-2.1", 2, Thinking.NONE),
        ("claude-3-opus-20240229", 2, Thinking.NONE),
        ("claude-3-5-sonnet-latest", 2, Thinking.NONE),
        ("claude-3-7-sonnet-20250219", 2, Thinking.BUDGET),
        ("claude-opus-4-20250514", 2, Thinking.BUDGET),
        ("claude-opus-4-1-20250805", 1, Thinking.BUDGET),
        ("claude-haiku-4-5@20251001", 1, Thinking.BUDGET),
        ("us.anthropic.claude-sonnet-4-6-v1:0", 1, Thinking.ADAPTIVE),
        ("Claude-Opus-4-7", 0, Thinking.ADAPTIVE),
        ("claude-sonnet-5", 0, Thinking.ADAPTIVE),
        ("claude-sonnet-5-20260601", 0, Thinking.ADAPTIVE),
        ("claude-fable-5-1", 0, Thinking.ADAPTIVE),
        ("claude-mythos-preview", 0, Thinking.ADAPTIVE),
        ("kimi-k2", 2, Thinking.BUDGET),
        ("my-claude", 2, Thinking.BUDGET),
    ],
)
def test_a_model_s_name_tells_what_it_takes(name, sampling, thinking):
    found = takes(name, VERSION)
    assert (found.sampling, found.thinking) == (sampling, thinking)
