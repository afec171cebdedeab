"""What the official SDK sends back of what it was shown."""

from datetime import UTC, datetime

import pytest

from quintain.http.sdk import unshortened
from quintain.http.views import model_view, sdk_view
from quintain.registry.model import Model
from quintain.registry.schema import ModelConfig

KEYS = ["sk-0123456789abcdefghij", "sk-9876543210zyxwvutsrq"]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STORED = {
    "model_provider": "openai_compatible",
    "endpoint": {
        "scheme": "https",
        "host": "API.example.com",
        "port": 443,
        "base_path": "/openai/v1",
    },
    "apikeys": KEYS,
    "auth_data": {"header_name": "X-Key", "tenant": "the-tenant-is-secret"},
    "input_modalities": ["text", "video"],
    "output_modalities": ["text", "code"],
}


def model(**given):
    return Model(
        id=7, project_id=1, project="default", saved_name="bot", version="v1", testing_for="agents",
        model_name=None, certifications=("GDPR",), config=ModelConfig.model_validate(STORED | given),
        revision=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def change(**config):
    return unshortened({"model_name": "x", "model_config": config}, model())


def test_what_the_sdk_only_shortened_is_left_out_of_the_change():
    seen = sdk_view(model())["model_config"]
    returned = {
        "apikeys": seen["apikeys"][:1],
        "endpoint": {
            "scheme": "https",
            "host": "api.example.com",
            "port": 443,
            "base_path": "/openai",
        },
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "system_prompt": "new",
    }
    assert change(**returned) == {"model_name": "x", "model_config": {"system_prompt": "new"}}


@pytest.mark.parametrize(
    "config",
    [
        {"apikeys": ["sk-a-new-one-0123456789"]},
        {"apikeys": []},
        {
            "endpoint": {
                "scheme": "https",
                "host": "api.example.com",
                "port": 443,
                "base_path": "/other",
            }
        },
        {
            "endpoint": {
                "scheme": "https",
                "host": "evil.example",
                "port": 443,
                "base_path": "/openai",
            }
        },
        {"input_modalities": ["text", "image"]},
        {"output_modalities": []},
    ],
)
def test_what_was_changed_stays_in_the_change(config):
    assert change(**config)["model_config"] == config


@pytest.mark.parametrize("config", [None, "x", [], 5])
def test_a_change_without_a_config_passes_as_it_is(config):
    assert unshortened({"model_config": config}, model()) == {"model_config": config}
    assert unshortened({}, model()) == {}


def test_the_sdk_sees_no_key_that_it_does_not_know():
    document = sdk_view(model())
    assert not {"model_provider", "hosting_type"} & set(document)
    assert document["model_config"]["auth_data"] == {"header_name": "X-Key"}
    assert document["model_config"]["input_modalities"] == ["text"]
    assert None not in document["model_config"].values()


def test_everyone_else_sees_the_two_hoisted_keys_and_masks():
    document = model_view(model())
    assert (document["model_provider"], document["hosting_type"]) == (
        "openai_compatible",
        "External",
    )
    assert document["model_config"]["auth_data"]["tenant"] == "the...cret"
    assert (document["model_id"], document["created_at"]) == (7, "2026-01-02T03:04:05.000000+00:00")
    assert not any(key in str(document) for key in KEYS)
