from quintain.registry.diff import differences
from quintain.registry.merge import modified
from quintain.registry.parse import parse_add
from quintain.registry.secrets import document


def body(**config):
    return parse_add(
        {
            "model_saved_name": "m",
            "model_version": "v1",
            "model_name": "n",
            "model_config": {"model_provider": "together", "apikeys": ["k" * 20], **config},
        }
    )


def after(old, change):
    stored = {**old.model_dump(exclude={"config"}), "model_config": document(old.config)}
    return differences(old, modified(stored, change))


def test_nothing_changed_is_no_difference():
    assert after(body(), {}) == []


def test_each_changed_field_is_told_with_its_path_and_both_values():
    assert after(
        body(rate_per_min=5),
        {"model_version": "v2", "model_config": {"rate_per_min": 6, "paths": {"chat": "/c"}}},
    ) == [
        {"field": "model_version", "from": "v1", "to": "v2"},
        {"field": "model_config.rate_per_min", "from": 5, "to": 6},
        {"field": "model_config.paths", "from": None, "to": {"chat": "/c"}},
    ]


def test_true_is_not_one():
    old = body(metadata={"a": 1})
    assert after(old, {"model_config": {"metadata": {"a": True}}}) == [
        {"field": "model_config.metadata.a", "from": 1, "to": True}
    ]


def test_a_secret_is_only_said_to_have_changed():
    changed = after(body(), {"model_config": {"apikeys": ["n" * 20, "o" * 20]}})
    assert changed == [
        {"field": "model_config.apikeys.0", "change": "changed"},
        {"field": "model_config.apikeys.1", "change": "changed"},
    ]


def test_a_new_header_tells_its_name_and_not_its_value():
    changed = after(
        body(), {"model_config": {"custom_headers": [{"key": "X-Token", "value": "v" * 20}]}}
    )
    assert changed == [
        {
            "field": "model_config.custom_headers",
            "from": None,
            "to": [{"key": "X-Token", "value": None}],
        },
        {"field": "model_config.custom_headers.0.value", "change": "changed"},
    ]


def test_further_auth_values_tokens_and_curl_commands_are_secrets():
    change = {
        "auth_data": {"tenant": "t" * 20},
        "model_jwt_config": {"jwt_body": "b" * 20},
        "custom_curl_command": "curl https://api.example.com",
    }
    text = str(after(body(), {"model_config": change}))
    assert "ttt" not in text
    assert "bbb" not in text
    assert "curl https" not in text
    assert text.count("'changed'") == 3
