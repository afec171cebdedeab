import pytest

from quintain.cli.drafts import Flags, difference, editable, overlay, refuse_masks
from quintain.cli.exits import Failure


def test_flags_become_the_body_of_a_registration():
    flags = Flags(
        name="gpt",
        version="v1",
        provider="openai",
        model="gpt-4o",
        rate=30,
        internal=True,
        keys=["sk-one", "sk-two"],
    )
    assert flags.body() == {
        "model_saved_name": "gpt",
        "model_version": "v1",
        "model_name": "gpt-4o",
        "model_config": {
            "model_provider": "openai",
            "hosting_type": "Internal",
            "rate_per_min": 30,
            "apikeys": ["sk-one", "sk-two"],
        },
    }


def test_what_was_not_typed_is_not_sent():
    assert Flags().body() == {}


def test_flags_win_over_the_file_field_by_field():
    file = {
        "model_config": {"rate_per_min": 5, "endpoint": {"host": "a", "port": 1}, "apikeys": ["x"]}
    }
    flags = {"model_config": {"endpoint": {"host": "b"}, "apikeys": ["y"]}}
    assert overlay(file, flags) == {
        "model_config": {"rate_per_min": 5, "endpoint": {"host": "b", "port": 1}, "apikeys": ["y"]}
    }


def test_only_what_was_edited_is_sent():
    old = {"a": 1, "c": {"x": 1, "y": 2}, "l": [1, 2]}
    assert difference(old, {"a": 1, "c": {"x": 1, "y": 3}, "l": [1, 2]}) == {"c": {"y": 3}}
    assert difference(old, {"a": 1}) == {}
    assert difference(old, {"l": [2], "new": None}) == {"l": [2], "new": None}


def test_a_payload_is_sent_whole():
    old = {"model_config": {"custom_payload": {"a": 1, "b": 2}}}
    new = {"model_config": {"custom_payload": {"a": 1, "b": 3}}}
    assert difference(old, new) == new


def test_what_only_answers_carry_is_not_edited():
    model = {
        "model_saved_name": "gpt",
        "model_id": 1,
        "created_at": "x",
        "model_provider": "openai",
    }
    assert editable(model) == {"model_saved_name": "gpt"}


def test_a_mask_is_not_registered_as_a_secret():
    config = {
        "apikeys": ["sk-a-real-key-of-its-own", "sk-...wxyz"],
        "custom_headers": [{"key": "X-Key", "value": "abc...wxyz"}],
        "custom_payload": {"text": "and...more"},
        "metadata": {"note": "abc...wxyz"},
    }
    with pytest.raises(Failure) as raised:
        refuse_masks({"model_config": config})
    assert [detail.field for detail in raised.value.details] == [
        "model_config.apikeys[1]",
        "model_config.custom_headers[0].value",
    ]


@pytest.mark.parametrize(
    "body", [{}, {"model_config": None}, {"model_config": {"apikeys": ["sk", "xxxxx"]}}]
)
def test_what_is_no_mask_passes(body):
    refuse_masks(body)
