"""Merging on modify: what is left out stays, masks keep what they mask, origins keep their secrets."""

import pytest

from tests.served.shapes import accepted, changed, refused
from tests.served.target import completion

ONE = "sk-modify-one-0123456789-abcdefgh"
TWO = "sk-modify-two-0123456789-abcdefgh"
SHORT = "short-secret"
HEADER = "a header's secret value 0123456789"


@pytest.fixture
def model(quintain, target, name):
    """A model of the target; call it with changes to modify it."""
    quintain.add(name, target.config(apikeys=[ONE, SHORT]))

    def modify(change, status=200):
        named = {"X-Enkrypt-Model": name}
        answer = quintain.call("PATCH", "/models/modify-model", change, headers=named)
        if status != 200:
            return refused(answer, status, "invalid")
        return changed(answer, "updated")

    return modify


@pytest.fixture
def sent_keys(quintain, target, name):
    """The keys that the target sees, of so many calls."""

    def call(times):
        target.arrivals.clear()
        body = {"model": name, "messages": [{"role": "user", "content": "Hello"}]}
        for _ in range(times):
            assert accepted(quintain.call("POST", "/v1/chat/completions", body)) == completion()
        return {each.headers["Authorization"].removeprefix("Bearer ") for each in target.arrivals}

    return call


def stored(quintain, name):
    return accepted(quintain.call("GET", "/models/get-model", headers={"X-Enkrypt-Model": name}))


def test_a_change_of_nothing_changes_nothing_but_is_taken(quintain, model, name):
    before = stored(quintain, name)

    after = model({})

    assert after["model_config"] == before["model_config"]


def test_null_and_absence_are_the_same(model):
    before = model({"model_config": {"system_prompt": "Be kind.", "model_source": "a link"}})

    after = model({"model_name": None, "model_config": {"system_prompt": None, "endpoint": None}})

    assert after["model_config"] == before["model_config"]
    assert after["model_name"] == "target-model"


def test_objects_are_merged_and_lists_replaced(model):
    model(
        {
            "certifications": ["GDPR", "CCPA"],
            "model_config": {
                "metadata": {"team": "red", "deep": {"a": 1, "b": 2}},
                "tools": [{"name": "one"}, {"name": "two"}],
                "custom_payload": {"a": 1, "b": 2},
            },
        }
    )

    after = model(
        {
            "certifications": ["HIPAA"],
            "model_config": {
                "metadata": {"deep": {"b": 3, "a": None}},
                "tools": [{"name": "three"}],
                "custom_payload": {"c": 3},
                "endpoint": {"base_path": "/v2"},
            },
        }
    )

    config = after["model_config"]
    assert after["certifications"] == ["HIPAA"]
    assert config["metadata"] == {"team": "red", "deep": {"b": 3}}
    assert [tool["name"] for tool in config["tools"]] == ["three"]
    assert config["custom_payload"] == {"c": 3}
    assert config["endpoint"]["host"] == "127.0.0.1"
    assert config["endpoint"]["base_path"] == "/v2"


def test_modify_renames_and_the_old_name_is_free(quintain, model, name):
    renamed = model({"model_saved_name": f"{name} anew", "model_version": "v2"})

    assert (renamed["model_saved_name"], renamed["model_version"]) == (f"{name} anew", "v2")
    refused(
        quintain.call("GET", "/models/get-model", headers={"X-Enkrypt-Model": name}),
        404,
        "model_not_found",
    )


def test_calls_go_by_the_new_name_at_once(quintain, model, name, sent_keys):
    assert sent_keys(1)

    model({"model_saved_name": f"{name} anew"})

    body = {"model": name, "messages": [{"role": "user", "content": "Hello"}]}
    assert quintain.call("POST", "/v1/chat/completions", body).status_code == 404
    accepted(quintain.call("POST", "/v1/chat/completions", body | {"model": f"{name} anew"}))


def test_a_whole_answer_sent_back_keeps_every_secret(quintain, target, model, name, sent_keys):
    model(
        {
            "model_config": {
                "custom_headers": [{"key": "X-Tenant", "value": HEADER}],
                "auth_data": {"extra": "an extra secret 0123456789"},
            }
        }
    )
    shown = stored(quintain, name)

    model({"model_config": shown["model_config"]})

    assert stored(quintain, name)["model_config"] == shown["model_config"]
    assert sent_keys(4) == {ONE, SHORT}
    assert {each.headers["X-Tenant"] for each in target.arrivals} == {HEADER}
    history = quintain.call("GET", "/models/history", headers={"X-Enkrypt-Model": name})
    changes = accepted(history)["revisions"][-1]["changes"]
    assert not [each for each in changes if each.get("change") == "changed"]


def test_masks_in_another_order_keep_their_keys(model, sent_keys):
    after = model({"model_config": {"apikeys": ["xxxxx", "sk-...efgh"]}})

    assert after["model_config"]["apikeys"] == ["xxxxx", "sk-...efgh"]
    assert sent_keys(4) == {ONE, SHORT}


def test_a_mask_beside_a_new_key_keeps_the_one_and_takes_the_other(model, sent_keys):
    model({"model_config": {"apikeys": [TWO, "xxxxx"]}})

    assert sent_keys(4) == {TWO, SHORT}


def test_an_empty_list_of_keys_keeps_them_all(model, sent_keys):
    model({"model_config": {"apikeys": []}})

    assert sent_keys(4) == {ONE, SHORT}


def test_a_header_that_moves_in_the_list_keeps_its_value(target, model, sent_keys):
    model({"model_config": {"custom_headers": [{"key": "X-Tenant", "value": HEADER}]}})

    moved = [{"key": "X-New", "value": "plain"}, {"key": "x-tenant", "value": "a h...6789"}]
    model({"model_config": {"custom_headers": moved}})

    sent_keys(1)
    assert target.arrivals[0].headers["x-tenant"] == HEADER


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"apikeys": ["abc...1234"]}, "model_config.apikeys.0"),
        ({"apikeys": [TWO, "xxxxx", "xxxxx"]}, "model_config.apikeys.2"),
        ({"apikeys": [TWO, TWO, "needs re-entry"]}, "model_config.apikeys.2"),
        ({"custom_headers": [{"key": "X-A", "value": "xxxxx"}]}, "model_config.custom_headers.0.value"),
        ({"auth_data": {"extra": "sec...cret"}}, "model_config.auth_data.extra"),
    ],
)  # fmt: skip
def test_a_mask_of_nothing_stored_is_refused(model, sent_keys, change, field):
    assert set(model({"model_config": change}, status=422)) == {field}
    assert sent_keys(4) == {ONE, SHORT}


def test_a_mask_of_one_header_is_not_taken_for_another_s(model):
    model({"model_config": {"custom_headers": [{"key": "X-Tenant", "value": HEADER}]}})

    other = [{"key": "X-Else", "value": "a h...6789"}]
    wrong = model({"model_config": {"custom_headers": other}}, status=422)

    assert set(wrong) == {"model_config.custom_headers.0.value"}


def test_every_error_of_a_change_is_told_and_nothing_is_changed(quintain, model, name):
    before = stored(quintain, name)

    wrong = model(
        {
            "model_saved_name": "",
            "model_config": {
                "rate_per_min": 0,
                "rate_per_minute": 5,
                "apikeys": ["abc...1234"],
                "system_prompt": "this one alone would be fine",
            },
        },
        status=422,
    )

    assert set(wrong) == {
        "model_saved_name",
        "model_config.rate_per_min",
        "model_config.rate_per_minute",
        "model_config.apikeys.0",
    }
    assert stored(quintain, name) == before


def test_a_change_takes_effect_on_the_very_next_call(target, model, sent_keys):
    assert sent_keys(2) == {ONE, SHORT}

    model({"model_config": {"apikeys": [TWO], "system_prompt": "Be kind."}})

    assert sent_keys(1) == {TWO}
    assert target.arrivals[0].json["messages"][0] == {"role": "system", "content": "Be kind."}
