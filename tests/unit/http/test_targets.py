"""The bodies of health checks for models that are not saved."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.errors import Invalid
from quintain.http.targets import flat, nested, without_extra
from quintain.registry.providers import effective

CONFIG = {"model_provider": "openai", "apikeys": ["sk-0123456789abcdefghij"]}
INNER = {"testing_for": "foundationModels", "model_name": "gpt-x", "model_config": CONFIG}


def fields(read, body):
    with pytest.raises(Invalid) as caught:
        read(body)
    return {detail.field for detail in caught.value.details}


def test_the_nested_form_is_a_registration_without_name_and_version():
    target = nested({"endpoint_configuration": INNER, "_extra_fields": {}})
    assert (target.model_name, target.config.model_provider) == ("gpt-x", "openai")
    assert (
        nested({"endpoint_configuration": INNER | {"model_saved_name": "a", "model_version": "v1"}})
        == target
    )


@pytest.mark.parametrize(
    "body", [{}, {"endpoint_configuration": []}, {"endpoint_configuration": None}]
)
def test_the_nested_form_needs_its_object(body):
    assert fields(nested, body) == {"endpoint_configuration"}


def test_errors_of_the_nested_form_have_the_path_from_the_top():
    wrong = INNER | {"model_config": CONFIG | {"rate_per_min": 0, "endpoint": {"port": 0}}}
    assert fields(nested, {"endpoint_configuration": wrong}) == {
        "endpoint_configuration.model_config.rate_per_min",
        "endpoint_configuration.model_config.endpoint.port",
    }


def test_unknown_fields_beside_the_object_are_refused_but_for_null_ones():
    assert fields(nested, {"endpoint_configuration": INNER, "more": 1, "other": None}) == {"more"}


def test_the_empty_marks_of_older_clients_are_taken_off_everywhere():
    marked = {"a": {"_extra_fields": {}, "b": {"_extra_fields": {}}}, "_extra_fields": {"x": 1}}
    assert without_extra(marked) == {"a": {"b": {}}, "_extra_fields": {"x": 1}}


def flatly(**given):
    return {"target_model_configuration": {"model_name": "m", "model_provider": "openai"} | given}


def test_the_flat_form_has_one_url_and_one_key():
    target = flat(
        flatly(
            model_endpoint_url="https://proxy.example:8443/v1/chat/completions",
            model_api_key="sk-1",
            _extra_fields={},
        )
    )
    assert [key.reveal() for key in target.config.apikeys] == ["sk-1"]
    endpoint = target.config.endpoint
    assert (endpoint.scheme, endpoint.host, endpoint.port, endpoint.base_path) == (
        "https",
        "proxy.example",
        8443,
        "/v1",
    )
    assert effective(target.config).paths["chat"] == "/chat/completions"


@pytest.mark.parametrize(
    ("url", "provider", "base", "chat"),
    [
        ("https://h.example/v1", "openai", "/v1", "/chat/completions"),
        ("https://h.example", "openai", "/", "/chat/completions"),
        (
            "https://h.example/v1/chat/completions?version=1",
            "openai",
            "",
            "/v1/chat/completions?version=1",
        ),
        ("https://h.example/say", "custom", "", "/say"),
        ("https://h.example/say?a=b", "custom", "", "/say?a=b"),
        ("https://h.example/old/completions", "openai", "", "/old/completions"),
    ],
)
def test_the_url_is_taken_apart_as_the_provider_puts_it_together(url, provider, base, chat):
    config = flat(flatly(model_endpoint_url=url, model_provider=provider)).config
    assert config.endpoint.base_path == base
    assert effective(config).paths["chat"] == chat


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h",
        "h.example/v1",
        "https://",
        "https://me:pw@h.example",
        "http://h:99999/",
        "http://h:x/",
        "http://[::1",
        5,
        {"a": 1},
        "https://h example/",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_quoting_it(url):
    with pytest.raises(Invalid) as caught:
        flat(flatly(model_endpoint_url=url))
    assert "pw" not in caught.value.message


def test_empty_values_of_the_flat_form_count_as_absent():
    target = flat(
        flatly(
            model_endpoint_url="",
            model_api_key="",
            custom_headers=[],
            metadata={},
            system_prompt=None,
        )
    )
    assert target.config.endpoint is None
    assert target.config.apikeys is None


def test_unknown_fields_of_the_flat_form_are_all_named():
    assert fields(flat, flatly(nope=1, never=2)) == {
        "target_model_configuration.nope",
        "target_model_configuration.never",
    }


JSON = (
    st.none()
    | st.integers()
    | st.text(max_size=8)
    | st.lists(st.text(max_size=3), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)
NAMES = st.sampled_from(
    [
        "model_name",
        "model_provider",
        "model_endpoint_url",
        "model_api_key",
        "testing_for",
        "metadata",
        "custom_headers",
        "_extra_fields",
    ]
)


@given(st.dictionaries(NAMES, JSON))
def test_whatever_the_flat_form_holds_is_read_or_refused(inner):
    with contextlib.suppress(Invalid):
        flat({"target_model_configuration": inner})
