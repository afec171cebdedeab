import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.errors import Invalid
from quintain.registry.merge import added, merge, modified
from quintain.registry.parse import parse_add
from quintain.registry.secrets import document, places
from quintain.secret import Secret, mask

FIRST, SECOND = "sk-first-key-of-this-model", "sk-second-key-of-this-one2"
HEADER, LOGIN, BODY = (
    "header-value-of-this-model",
    "login-value-of-this-model",
    "body-of-this-model-jwt",
)
CLIENT = "client-secret-of-this-model"
CURL = "curl https://api.example.com -H 'x: y'"


def stored(**config):
    body = parse_add(
        {
            "model_saved_name": "m",
            "model_version": "v1",
            "model_name": "n",
            "certifications": ["GDPR"],
            "model_config": {
                "model_provider": "custom",
                "endpoint": {
                    "scheme": "https",
                    "host": "api.example.com",
                    "port": 443,
                    "base_path": "/v1",
                },
                **config,
            },
        }
    )
    return {**body.model_dump(exclude={"config"}), "model_config": document(body.config)}


def full():
    return stored(
        apikeys=[FIRST, SECOND],
        auth_data={"header_name": "Authorization", "tenant": "tenant-of-this-model"},
        custom_headers=[
            {"key": "X-Token", "value": HEADER},
            {"key": "X-Other", "value": HEADER[::-1]},
        ],
        model_jwt_config={
            "jwt_url": "https://login.example.com/token",
            "jwt_headers": [{"key": "X-Login", "value": LOGIN}],
            "jwt_body": BODY,
            "client_secret": CLIENT,
        },
        custom_curl_command=CURL,
        custom_payload={"a": {"b": 1}},
        metadata={"team": {"name": "red", "room": 7}, "note": "x"},
        default_request_options={"temperature": 0, "stop": ["#"]},
        paths={"chat": "/chat"},
    )


ALL_SECRETS = [path for path, _, _ in places(full()["model_config"])]


def config_after(document, **change):
    return merge(document, {"model_config": change})["model_config"]


def fields(refused):
    return [detail.field for detail in refused.value.details]


def revealed(secrets):
    return [secret.reveal() for secret in secrets]


# What stays and what is replaced


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"model_config": {}},
        {"model_config": None},
        {"model_config": {"metadata": None, "apikeys": None}},
    ],
)
def test_what_is_left_out_or_null_stays(change):
    assert merge(full(), change) == full()


def test_objects_are_merged_deeply():
    after = config_after(full(), endpoint={"base_path": "/v2"}, metadata={"team": {"name": "blue"}})
    assert after["endpoint"] == {
        "scheme": "https",
        "host": "api.example.com",
        "port": 443,
        "base_path": "/v2",
    }
    assert after["metadata"] == {"team": {"name": "blue", "room": 7}, "note": "x"}


def test_lists_and_the_payload_are_replaced_whole():
    after = merge(full(), {"certifications": [], "model_config": {"custom_payload": {"c": 2}}})
    assert after["certifications"] == []
    assert after["model_config"]["custom_payload"] == {"c": 2}


def test_an_empty_payload_replaces_the_former():
    assert config_after(full(), custom_payload={})["custom_payload"] == {}


def test_a_null_takes_a_key_out_of_a_free_object():
    after = config_after(
        full(),
        metadata={"note": None, "team": {"room": None}},
        default_request_options={"stop": None},
    )
    assert after["metadata"] == {"team": {"name": "red"}}
    assert after["default_request_options"] == {"temperature": 0}


def test_a_null_in_any_other_object_stays():
    assert config_after(full(), paths={"chat": None})["paths"] == {"chat": "/chat"}


def test_the_callers_body_is_not_changed():
    change = {"model_config": {"apikeys": [mask(FIRST)], "metadata": {"a": {"b": [1]}}}}
    before = copy.deepcopy(change)
    merge(full(), change)
    assert change == before


@pytest.mark.parametrize("config", ["text", [1], 7])
def test_a_config_that_is_no_object_is_refused_by_its_name(config):
    with pytest.raises(Invalid) as refused:
        modified(full(), {"model_config": config})
    assert fields(refused) == ["model_config"]


# Masks


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([mask(FIRST), mask(SECOND)], [FIRST, SECOND]),
        ([], [FIRST, SECOND]),
        ([mask(SECOND), mask(FIRST)], [SECOND, FIRST]),
        ([mask(SECOND)], [SECOND]),
        (["a new key of this model", mask(FIRST)], ["a new key of this model", FIRST]),
    ],
)
def test_a_key_that_comes_back_as_its_mask_is_the_stored_one(given, expected):
    after = modified(full(), {"model_config": {"apikeys": given}})
    assert revealed(after.config.apikeys) == expected


def test_keys_of_one_mask_are_kept_by_their_place_first():
    document = stored(apikeys=["short 1", "short 2", "short 3"])
    after = modified(document, {"model_config": {"apikeys": ["brand new", "xxxxx", "xxxxx"]}})
    assert revealed(after.config.apikeys) == ["brand new", "short 2", "short 3"]


@pytest.mark.parametrize("before", [[], ["a new key of this model"]])
def test_a_stored_key_is_kept_once_only(before):
    keys = [*before, mask(FIRST), mask(FIRST)]
    with pytest.raises(Invalid) as refused:
        merge(stored(apikeys=[FIRST]), {"model_config": {"apikeys": keys}})
    assert fields(refused) == [f"model_config.apikeys.{len(keys) - 1}"]


@pytest.mark.parametrize("given", ["xxxxx", "abc...defg", "needs re-entry"])
def test_a_mask_of_no_stored_secret_is_refused_with_what_to_do(given):
    with pytest.raises(Invalid, match="give the secret itself") as refused:
        merge(stored(), {"model_config": {"apikeys": [given]}})
    assert fields(refused) == ["model_config.apikeys.0"]


def test_every_mask_and_every_wrong_field_is_named_at_once():
    change = {
        "apikeys": ["xxxxx"],
        "rate_per_min": 0,
        "custom_headers": [{"key": "X-New", "value": "xxxxx"}],
    }
    with pytest.raises(Invalid) as refused:
        modified(stored(), {"model_config": change})
    assert {*fields(refused)} >= {
        "model_config.apikeys.0",
        "model_config.custom_headers.0.value",
        "model_config.rate_per_min",
    }


def test_header_values_are_kept_by_the_name_of_the_header_in_any_case_and_order():
    given = [
        {"key": "x-other", "value": mask(HEADER[::-1])},
        {"key": "X-TOKEN", "value": mask(HEADER)},
    ]
    after = modified(full(), {"model_config": {"custom_headers": given}})
    assert revealed(header.value for header in after.config.custom_headers) == [
        HEADER[::-1],
        HEADER,
    ]


def test_a_mask_does_not_carry_a_value_to_a_header_of_another_name():
    with pytest.raises(Invalid) as refused:
        merge(
            full(), {"model_config": {"custom_headers": [{"key": "X-Else", "value": mask(HEADER)}]}}
        )
    assert fields(refused) == ["model_config.custom_headers.0.value"]


def test_masks_of_tokens_further_auth_values_and_curl_commands_keep_the_stored_ones():
    change = {
        "auth_data": {"tenant": mask("tenant-of-this-model")},
        "model_jwt_config": {
            "jwt_body": mask(BODY),
            "client_secret": mask(CLIENT),
            "jwt_headers": [{"key": "X-Login", "value": mask(LOGIN)}],
        },
        "custom_curl_command": mask(CURL),
    }
    assert merge(full(), {"model_config": change}) == full()


def test_a_whole_answer_sent_back_changes_nothing():
    answer = full()
    for _, holder, key in places(answer["model_config"]):
        holder[key] = holder[key].mask()
    assert modified(full(), answer) == modified(full(), {})


def test_an_unreadable_key_is_kept_by_its_own_mask():
    document = stored(apikeys=[FIRST, SECOND])
    document["model_config"]["apikeys"][0] = Secret.unreadable()
    kept = config_after(document, apikeys=["needs re-entry", mask(SECOND)])["apikeys"]
    assert not kept[0].readable
    assert kept[1].reveal() == SECOND


# Origins


@pytest.mark.parametrize(
    "endpoint",
    [
        {"host": "evil.example.com"},
        {"port": 8443},
        {"scheme": "http"},
        {"scheme": "http", "port": 80},
    ],
)
def test_a_change_of_origin_names_every_secret_to_give_again(endpoint):
    with pytest.raises(Invalid, match="give it again") as refused:
        modified(full(), {"model_config": {"endpoint": endpoint}})
    assert fields(refused) == ALL_SECRETS


@pytest.mark.parametrize(
    "endpoint", [{"port": 8443}, {"scheme": "http"}, {"host": "evil.example.com"}]
)
def test_a_curl_command_is_not_sent_where_its_url_does_not_say(endpoint):
    document = stored(custom_curl_command=CURL)
    del document["model_config"]["endpoint"]
    with pytest.raises(Invalid) as refused:
        modified(document, {"model_config": {"endpoint": endpoint}})
    assert fields(refused) == ["model_config.custom_curl_command"]


def test_a_mask_does_not_carry_a_secret_to_another_origin():
    change = {"endpoint": {"host": "evil.example.com"}, "apikeys": [mask(FIRST), mask(SECOND)]}
    with pytest.raises(Invalid) as refused:
        modified(full(), {"model_config": change})
    assert fields(refused) == ALL_SECRETS


def test_an_empty_list_of_keys_does_not_carry_them_to_another_origin():
    with pytest.raises(Invalid) as refused:
        modified(
            stored(apikeys=[FIRST]),
            {"model_config": {"endpoint": {"host": "evil.example.com"}, "apikeys": []}},
        )
    assert fields(refused) == ["model_config.apikeys.0"]


def test_only_what_is_not_given_again_is_named():
    document = stored(apikeys=[FIRST], custom_headers=[{"key": "X-Token", "value": HEADER}])
    with pytest.raises(Invalid) as refused:
        modified(
            document,
            {"model_config": {"endpoint": {"host": "new.example.com"}, "apikeys": [FIRST]}},
        )
    assert fields(refused) == ["model_config.custom_headers.0.value"]


def test_an_origin_changes_when_all_secrets_are_given_again():
    change = {"endpoint": {"host": "new.example.com"}, "apikeys": ["a new key for the new host"]}
    after = modified(stored(apikeys=[FIRST]), {"model_config": change})
    assert after.config.endpoint.host == "new.example.com"
    assert revealed(after.config.apikeys) == ["a new key for the new host"]


def test_another_provider_is_another_origin_where_it_brings_the_endpoint():
    body = {"model_saved_name": "m", "model_version": "1", "model_name": "n"}
    parsed = parse_add({**body, "model_config": {"model_provider": "openai", "apikeys": [FIRST]}})
    document_of_openai = {**body, "model_config": document(parsed.config)}
    with pytest.raises(Invalid) as refused:
        modified(document_of_openai, {"model_config": {"model_provider": "together"}})
    assert fields(refused) == ["model_config.apikeys.0"]


def test_another_token_address_names_the_secrets_of_the_token():
    with pytest.raises(Invalid) as refused:
        modified(
            full(),
            {"model_config": {"model_jwt_config": {"jwt_url": "https://evil.example.com/token"}}},
        )
    assert fields(refused) == [path for path in ALL_SECRETS if "model_jwt_config" in path]


@pytest.mark.parametrize(
    "endpoint", [{"base_path": "/other"}, {"host": "API.example.com"}, {"port": 443}]
)
def test_the_same_origin_in_another_spelling_moves_nothing(endpoint):
    modified(full(), {"model_config": {"endpoint": endpoint}})


def test_without_secrets_the_origin_is_free():
    modified(stored(), {"model_config": {"endpoint": {"host": "new.example.com"}}})


# Whatever is given

json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.just("xxxxx"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["key", "value", "host", "jwt_body", "jwt_headers", "header_name", "tenant"]
            )
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
changes = st.dictionaries(
    st.sampled_from(["model_version", "model_config", "certifications", "nonsense"]),
    st.dictionaries(st.sampled_from([*full()["model_config"], "nonsense"]), json, max_size=5)
    | json,
    max_size=3,
)


@given(changes)
def test_any_json_is_either_merged_or_refused_by_name(change):
    document = full()
    refused = refusal(document, change)
    assert refused is None or refused.details
    assert document == full()


def refusal(document, change):
    try:
        modified(document, change)
    except Invalid as refused:
        return refused
    return None


@given(changes)
def test_a_second_merge_of_the_same_change_changes_nothing_more(change):
    try:
        once = modified(full(), change)
    except Invalid:
        return
    as_stored = {**once.model_dump(exclude={"config"}), "model_config": document(once.config)}
    assert modified(as_stored, change) == once


@given(st.permutations(range(4)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_masks_find_their_keys_in_any_order(order, fresh):
    texts = [f"{n}{n}{n} a stored key of number {n}{n}{n}{n}" for n in range(4)]
    given_keys = [f"a fresh key for place {n}" if fresh[n] else mask(texts[n]) for n in order]
    after = modified(stored(apikeys=texts), {"model_config": {"apikeys": given_keys}})
    assert revealed(after.config.apikeys) == [
        f"a fresh key for place {n}" if fresh[n] else texts[n] for n in order
    ]


@given(st.sampled_from(["evil.example.com", "10.0.0.1", "[::1]"]), changes)
def test_no_change_carries_a_stored_secret_to_another_host(host, change):
    config = change.get("model_config")
    config = config if isinstance(config, dict) else {}
    try:
        after = modified(full(), {**change, "model_config": {**config, "endpoint": {"host": host}}})
    except Invalid:
        return
    kept = {secret.reveal() for _, secret in _secrets(after)} & {
        FIRST,
        SECOND,
        HEADER,
        LOGIN,
        BODY,
        CURL,
    }
    assert not kept


def _secrets(body):
    return [(path, holder[key]) for path, holder, key in places(document(body.config))]


def test_a_new_registration_does_not_take_a_mask_for_a_key():
    body = {
        "model_saved_name": "a",
        "model_version": "v1",
        "model_name": "m",
        "model_config": {"model_provider": "openai", "apikeys": ["xxxxx", "sk-...wxyz"]},
    }
    with pytest.raises(Invalid) as refused:
        added(body)
    assert [detail.field for detail in refused.value.details] == ["model_config.apikeys.1"]
