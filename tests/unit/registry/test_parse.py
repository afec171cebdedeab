"""From a caller's JSON to the schema, with every error at once."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.errors import Invalid
from quintain.registry.parse import parse_add, parse_target
from quintain.registry.schema import AddModel, ModelConfig

SEED = {
    "model_saved_name": "Test Model", "model_version": "v1", "testing_for": "foundationModels",
    "model_name": "mistralai/Mixtral-8x7B-Instruct-v0.1", "certifications": [],
    "model_config": {
        "model_provider": "together", "hosting_type": "External", "input_modalities": ["text"],
        "output_modalities": ["text"], "model_source": "https://together.ai", "rate_per_min": 20,
        "system_prompt": "",
        "endpoint": {"scheme": "https", "host": "api.together.xyz", "port": 443, "base_path": "/v1"},
        "paths": {"completions": "/completions", "chat": "/chat/completions"},
        "auth_data": {"header_name": "Authorization", "header_prefix": "Bearer", "space_after_prefix": True},
        "apikeys": ["xxxxx"], "metadata": {}, "default_request_options": {},
    },
}  # fmt: skip


def body(top=None, **config):
    document = copy.deepcopy(SEED)
    document["model_config"] |= config
    return document | (top or {})


def problems(document, parse=parse_add):
    with pytest.raises(Invalid) as caught:
        parse(document)
    return {detail.field: detail.message for detail in caught.value.details}


def test_the_documented_example_is_taken_as_it_stands():
    parsed = parse_add(SEED)
    assert (parsed.model_saved_name, parsed.config.rate_per_min) == ("Test Model", 20)
    assert parsed.config.apikeys[0].reveal() == "xxxxx"


@pytest.mark.parametrize("document", [None, [], "x", 1, [SEED]])
def test_a_body_that_is_no_object_is_refused(document):
    assert problems(document) == {"": "the body must be a JSON object"}


def test_every_error_is_told_at_once_by_its_full_path():
    document = body(
        {"model_saved_name": " ", "model_name": None, "nonsense": 1},
        rate_per_min=0,
        endpoint={"port": "443", "scheme": "ftp"},
        apikeys=["ok", 5],
        custom_headers=[{"key": "X"}, {"key": "Host", "value": "v"}],
        metadata={"timeouts": {"read_s": -1}},
    )
    assert set(problems(document)) == {
        "model_saved_name", "model_name", "nonsense", "model_config.rate_per_min", "model_config.endpoint.port",
        "model_config.endpoint.scheme", "model_config.apikeys.1", "model_config.custom_headers.0.value",
        "model_config.custom_headers.1.key", "model_config.metadata.timeouts.read_s",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("document", "field", "message"),
    [
        (body(rate_per_minute=1), "model_config.rate_per_minute", "did you mean rate_per_min?"),
        (body({"saved_name": 1}), "saved_name", "did you mean model_saved_name?"),
        (body({"config": {}}), "config", "did you mean model_config?"),
        (body(endpoint={"hst": 1}), "model_config.endpoint.hst", "did you mean host?"),
        (body(custom_headers=[{"key": "a", "value": "b", "valu": 1}]), "model_config.custom_headers.0.valu", "did you mean value?"),
        (body(model_jwt_config={"jwt_headers": [{"key": "a", "value": "b", "kee": 1}]}), "model_config.model_jwt_config.jwt_headers.0.kee", "did you mean key?"),
        (body(metadata={"session": {"knd": 1}}), "model_config.metadata.session.knd", "did you mean kind?"),
        (body(tools=[{"name": "a", "parametres": {}}]), "model_config.tools.0.parametres", "did you mean parameters?"),
    ],
)  # fmt: skip
def test_an_unknown_field_comes_with_the_nearest_known_name(document, field, message):
    assert problems(document)[field].endswith(message)


def test_a_name_that_is_near_to_none_has_no_hint():
    assert problems(body(zzzzqqqq=1)) == {"model_config.zzzzqqqq": "unknown field zzzzqqqq"}


@given(st.text(max_size=12), st.sampled_from(["", "endpoint", "context", "timeouts"]))
def test_any_unknown_field_is_refused_at_its_place(name, inside):
    if name in ModelConfig.model_fields or name in {
        "model_type",
        "conversation_template",
        "is_compatible_with",
        "model_version",
    }:
        return
    places = {
        "": (body(**{name: 1}), "model_config."),
        "endpoint": (body(endpoint={name: {}}), "model_config.endpoint."),
        "context": (body(context={name: {}}), "model_config.context."),
        "timeouts": (body(metadata={"timeouts": {name: []}}), "model_config.metadata.timeouts."),
    }
    document, prefix = places[inside]
    assert prefix + name in problems(document)


@pytest.mark.parametrize("name", ["model_type", "conversation_template", "is_compatible_with"])
def test_what_older_clients_send_is_taken_and_not_stored(name):
    document = body({name: "x"}, **{name: "x", "model_version": "v9"})
    assert parse_add(document) == parse_add(SEED)
    assert document["model_config"][name] == "x"  # the caller's body is not ours to change


def optional_places():
    for field in ModelConfig.model_fields:
        if field != "model_provider":
            yield body(**{field: None})
    yield body({"testing_for": None, "certifications": None})
    yield body(endpoint={"scheme": None, "host": None, "port": None, "base_path": None})
    yield body(
        model_jwt_config={
            "jwt_method": None,
            "jwt_url": None,
            "jwt_headers": None,
            "jwt_body": None,
        }
    )
    yield body(tools=[{"name": "a", "description": None, "parameters": None}])
    yield body(
        metadata={
            "session": {"kind": None, "read": None},
            "blocked": None,
            "timeouts": {"read_s": None},
        }
    )
    yield body(auth_data={"header_name": None, "header_prefix": None, "space_after_prefix": None})
    yield body(paths={"chat": None})


@pytest.mark.parametrize("document", [*optional_places()])
def test_null_means_absent_wherever_a_field_is_optional(document):
    parse_add(document)


@pytest.mark.parametrize(
    ("document", "field"),
    [(body(model_provider=None), "model_config.model_provider"), (body({"model_config": None}), "model_config"),
     (body({"model_version": None}), "model_version"), (body(custom_headers=[{"key": None, "value": "x"}]), "model_config.custom_headers.0.key")],
)  # fmt: skip
def test_null_is_no_value_of_a_required_field(document, field):
    assert problems(document) == {field: "is required"}


def test_empty_forms_that_clients_send_are_taken():
    parse_add(
        body(
            custom_payload={},
            endpoint={},
            custom_curl_command="",
            model_auth_type="",
            custom_response_content_type="",
            model_jwt_config={},
            context={},
        )
    )


@pytest.mark.parametrize("kind", ["chatbotsAndCopilots", "agents"])
def test_a_model_name_is_required_of_foundation_models_alone(kind):
    assert parse_add(body({"testing_for": kind, "model_name": None})).model_name is None
    assert set(problems(body({"testing_for": None, "model_name": None}))) == {"model_name"}
    assert set(problems(body({"model_name": ""}))) == {"model_name"}


def test_free_form_places_keep_whatever_they_are_given():
    free = {"mine": {"a": [None, 1.5, "x"]}, "session": {"kind": "none"}}
    config = parse_add(
        body(metadata=free, default_request_options={"x": None}, custom_payload=[None, {"a": None}])
    ).config
    assert config.metadata.__pydantic_extra__ == {"mine": {"a": [None, 1.5, "x"]}}
    assert config.default_request_options == {"x": None}
    assert config.custom_payload == [None, {"a": None}]


def test_numbers_and_strings_are_not_turned_into_each_other():
    wrong = body(rate_per_min="20", system_prompt=5, endpoint={"port": 443.5}, apikeys="key")
    assert set(problems(wrong)) == {
        f"model_config.{field}"
        for field in ("rate_per_min", "system_prompt", "endpoint.port", "apikeys")
    }
    assert set(problems(body(rate_per_min=True))) == {"model_config.rate_per_min"}


def test_no_error_quotes_a_secret():
    secret = "sk-secret\n0123456789"
    told = problems(
        body(
            apikeys=[secret],
            custom_headers=[{"key": "X", "value": secret, secret[:9]: 1}],
            auth_data={"t": secret},
        )
    )
    assert secret not in str(told)
    assert "0123456789" not in str(told)


def test_a_health_check_is_a_registration_without_name_and_version():
    target = {
        name: SEED[name] for name in ("testing_for", "model_name", "certifications", "model_config")
    }
    assert parse_target(target).config.model_provider == "together"
    assert set(problems(SEED, parse_target)) == {"model_saved_name", "model_version"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from([*ModelConfig.model_fields, *AddModel.model_fields, "model_config"])


@given(st.dictionaries(FIELDS, JSON, max_size=4), st.dictionaries(FIELDS, JSON, max_size=4))
def test_whatever_json_comes_is_parsed_or_refused_with_details(top, config):
    document = SEED | top
    if isinstance(document.get("model_config"), dict):
        document["model_config"] = {**document["model_config"], **config}
    found = ()
    try:
        parse_add(document)
    except Invalid as error:
        found = error.details
    assert all(detail.message for detail in found)


def test_the_schema_can_be_described():
    assert "model_saved_name" in json.dumps(AddModel.model_json_schema(by_alias=True))
