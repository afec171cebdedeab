import orjson
from hypothesis import given
from hypothesis import strategies as st

from quintain.registry.parse import parse_add
from quintain.registry.schema import ModelConfig
from quintain.registry.secrets import document, join, places, split
from quintain.secret import Secret

EVERY_SECRET = {
    "model_provider": "custom",
    "endpoint": {"scheme": "https", "host": "api.example.com"},
    "apikeys": ["a first key that is secret", "a second key that is secret"],
    "auth_data": {"header_name": "Authorization", "tenant": "a tenant that is secret"},
    "custom_headers": [{"key": "X-Token", "value": "a header that is secret"}],
    "model_auth_type": "jwt",
    "model_jwt_config": {
        "jwt_url": "https://login.example.com/token",
        "jwt_headers": [{"key": "X-Login", "value": "a login header that is secret"}],
        "jwt_body": '{"password": "a body that is secret"}',
        "client_secret": "a client that is secret",
    },
    "custom_curl_command": "curl https://api.example.com -H 'x: a command that is secret'",
}
PATHS = {
    "model_config.apikeys.0",
    "model_config.apikeys.1",
    "model_config.auth_data.tenant",
    "model_config.custom_headers.0.value",
    "model_config.model_jwt_config.jwt_headers.0.value",
    "model_config.model_jwt_config.jwt_body",
    "model_config.model_jwt_config.client_secret",
    "model_config.custom_curl_command",
}

text = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
headers = st.lists(st.fixed_dictionaries({"key": st.just("X-Any"), "value": text}), max_size=3)
# Names that the schema gives a meaning to are not free.
free = st.dictionaries(
    text.filter(lambda name: name not in {"session", "blocked", "timeouts"}), json, max_size=3
)
extras = st.dictionaries(
    text.filter(lambda name: name not in {"header_name", "header_prefix", "space_after_prefix"}),
    text,
    max_size=3,
)
configs = st.fixed_dictionaries(
    {"model_provider": st.just("custom")},
    optional={
        "apikeys": st.lists(text, max_size=4),
        "custom_headers": headers,
        "auth_data": extras,
        "model_jwt_config": st.fixed_dictionaries(
            {},
            optional={"jwt_headers": headers, "jwt_body": text, "client_secret": text.filter(bool)},
        ),
        "custom_curl_command": text.filter(bool).map(
            "curl https://h.example -H 'x: y' # {}".format
        ),
        "custom_payload": st.dictionaries(text, json, max_size=3),
        "metadata": free,
        "default_request_options": free,
        "rate_per_min": st.integers(1, 100),
        "system_prompt": text,
    },
)


def parsed(config):
    body = {
        "model_saved_name": "m",
        "model_version": "1",
        "model_name": "n",
        "model_config": config,
    }
    return parse_add(body).config


def test_every_kind_of_secret_is_taken_out():
    public, secrets = split(parsed(EVERY_SECRET))
    assert secrets.keys() == PATHS
    assert all(isinstance(secret, Secret) for secret in secrets.values())
    assert b"is secret" not in orjson.dumps(public)


def test_public_json_holds_no_mask_either():
    public, secrets = split(parsed(EVERY_SECRET))
    assert not any(secret.mask().encode() in orjson.dumps(public) for secret in secrets.values())


@given(configs)
def test_split_and_join_give_back_what_was_given(config):
    given_config = parsed(config)
    public, secrets = split(given_config)
    stored = orjson.loads(orjson.dumps(public))
    assert join(stored, secrets) == given_config


@given(configs)
def test_no_secret_is_left_in_the_public_part(config):
    public, secrets = split(parsed(config))
    assert all(holder[key] is None for _, holder, key in places(public))
    assert [path for path, _, _ in places(public)] == list(secrets)


def test_a_secret_that_is_not_in_the_store_is_unreadable_and_hurts_no_other():
    public, secrets = split(parsed(EVERY_SECRET))
    del secrets["model_config.apikeys.0"]
    first, second = join(public, secrets).apikeys
    assert not first.readable
    assert second.reveal() == "a second key that is secret"


def test_a_null_stays_where_the_schema_names_no_fields():
    config = parsed({"model_provider": "custom", "metadata": {"a": None}, "system_prompt": None})
    assert document(config) == {"model_provider": "custom", "metadata": {"a": None}}


def test_the_document_is_what_was_given_and_not_a_default_more():
    config = {"model_provider": "custom", "model_jwt_config": {"jwt_url": "https://x.example/"}}
    assert document(ModelConfig.model_validate(config)) == config


def test_names_of_further_auth_values_are_told_apart_and_hold_no_control_character():
    names = ["a.b", "a", "\0", "\\u0000", 'quo"te', "[0]"]
    _, secrets = split(parsed({"model_provider": "custom", "auth_data": dict.fromkeys(names, "x")}))
    assert len(secrets) == len(names)
    assert all(path.isprintable() for path in secrets)


def test_places_of_a_document_that_is_not_valid_are_looked_for_all_the_same():
    broken = {
        "apikeys": "no list",
        "custom_headers": [None, {"key": "x"}, {"value": "y"}],
        "auth_data": 7,
        "model_jwt_config": [],
    }
    assert [path for path, _, _ in places(broken)] == ["model_config.custom_headers.2.value"]
    assert list(places(None)) == []
