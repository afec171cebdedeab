"""Which dialect each provider speaks, and what this version does not serve."""

from typing import get_args

import pytest
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.custom.dialect import CustomSpeaker
from quintain.dialects.openai.dialect import NOT_DEFAULTS, OpenAISpeaker
from quintain.dialects.table import DIALECTS, check, compile_speaker
from quintain.registry.providers import PROVIDERS, effective
from quintain.registry.schema import ModelConfig, Provider, Target

NEED_A_HOST = {
    *("azure_openai", "openai_compatible", "anthropic_compatible", "cohere_compatible"),
    *("custom", "url"),
}


async def problems(testing_for="foundationModels", **given):
    document = {"model_provider": "openai"} | given
    target = Target.model_validate(
        {"testing_for": testing_for, "model_name": "m", "model_config": document}
    )
    return [detail.field.removeprefix("model_config.") for detail in await check(target, FakeJq())]


def test_every_dialect_belongs_to_a_provider_that_brings_its_defaults():
    assert set(DIALECTS) - {"url"} == set(PROVIDERS) - {"url"}
    assert set(DIALECTS) | {"url"} == set(get_args(Provider))


@pytest.mark.parametrize("provider", sorted(set(DIALECTS) - NEED_A_HOST))
async def test_a_known_provider_needs_no_more_than_its_name(provider):
    assert await problems(model_provider=provider) == []


@pytest.mark.parametrize("provider", sorted(NEED_A_HOST - {"custom", "url"}))
async def test_what_only_the_user_can_know_is_asked_for(provider):
    assert await problems(model_provider=provider) == ["endpoint.host"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"model_auth_type": "jwt"}, "model_jwt_config.jwt_url"),
        ({"custom_curl_command": "curl https://h.example"}, "custom_curl_command"),
        ({"metadata": {"blocked": {"statuses": [403], "match": "bad"}}}, "metadata.blocked.match"),
        ({"model_provider": "openai_compatible"}, "endpoint.host"),
        ({"custom_headers": [{"key": "X", "value": "a {auth.b}"}]}, "custom_headers.0.value"),
    ],
)
async def test_what_would_be_stored_without_an_effect_is_refused(given, field):
    assert await problems(**given) == [field]


@pytest.mark.parametrize(
    "given",
    [
        {"model_jwt_config": {}},
        {"model_jwt_config": None, "custom_curl_command": None},
        {"custom_curl_command": "", "model_auth_type": ""},
        {"model_auth_type": "apikey"},
        {"metadata": {"session": {"kind": "none"}, "mine": 1}},
    ],
)
async def test_what_clients_send_as_empty_is_accepted(given):
    assert await problems(**given) == []


@pytest.mark.parametrize("name", NOT_DEFAULTS)
async def test_what_is_the_callers_own_cannot_have_a_default(name):
    assert await problems(default_request_options={name: 1, "seed": 1}) == [
        f"default_request_options.{name}"
    ]


async def test_all_problems_are_told_at_once():
    given = {
        "model_auth_type": "jwt",
        "custom_curl_command": "curl x",
        "default_request_options": {"n": 2},
    }
    assert len(await problems("URL", **given)) == 3


def test_a_speaker_is_compiled_by_provider_and_the_saved_name_stands_in():
    openai = compile_speaker("bot", None, effective(ModelConfig(model_provider="groq")), FakeJq())
    custom = compile_speaker(
        "bot",
        "m",
        effective(
            ModelConfig.model_validate({"model_provider": "custom", "endpoint": {"host": "h"}})
        ),
        FakeJq(),
    )
    assert isinstance(openai, OpenAISpeaker)
    assert isinstance(custom, CustomSpeaker)
    assert bytes(openai._model) == b'"bot"'


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"custom_payload": {"q": ["{prompt} {auth.gone}"]}}, "custom_payload"),
        ({"custom_payload": {"q": '{"p": "{prompt}", "k": "{auth.gone}"}'}}, "custom_payload"),
        ({"paths": {"chat": "/{auth.gone}/{prompt}"}}, "paths.chat"),
        (
            {"custom_curl_command": "curl https://h.example -d 'q={prompt}&k={auth.gone}'"},
            "custom_curl_command",
        ),
        (
            {
                "custom_payload": {"q": "{prompt}"},
                "metadata": {
                    "session": {
                        "kind": "server",
                        "read": ".id",
                        "open": {"path": "/open", "payload": {"k": "{auth.gone}"}},
                    }
                },
            },
            "metadata.session.open.payload",
        ),
    ],
)
async def test_a_secret_that_auth_data_does_not_have_is_asked_for(given, field):
    held = {"endpoint": {"host": "h.example"}, "model_provider": "custom"} | given
    assert await problems(**held, auth_data={"kept": "s"}) == [field]
    assert await problems(**held, auth_data={"gone": "s"}) == []
