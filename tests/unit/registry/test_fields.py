"""The small types that the schema is made of."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from quintain.registry.fields import (
    HOP_HEADERS,
    MAX_SECRET,
    BasePath,
    HeaderName,
    HeaderSecret,
    HeaderText,
    Host,
    JsonTemplate,
    Name,
    Path,
    SecretText,
    Version,
)
from quintain.registry.schema import ModelConfig
from quintain.secret import Secret

TYPES = [
    BasePath,
    HeaderName,
    HeaderSecret,
    HeaderText,
    Host,
    JsonTemplate,
    Name,
    Path,
    SecretText,
    Version,
]


def read(kind, value):
    return TypeAdapter(kind).validate_python(value, strict=True)


def problem(kind, value):
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    return caught.value.errors()[0]["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize(("kind", "longest"), [(Name, 128), (Version, 64)])
def test_names_are_trimmed_before_their_length_is_counted(kind, longest):
    text = "ü" * longest
    assert read(kind, f" \t{text}\n ") == text
    assert problem(kind, text + "x") == f"String should have at most {longest} characters"


@pytest.mark.parametrize("text", ["", "  ", "\x1f"])
def test_a_name_is_not_empty(text):
    assert (
        "at least 1 character" in problem(Name, text) or problem(Name, text) == "must not be empty"
    )


@pytest.mark.parametrize("char", ["\0", "\n", "\x7f", "\x85"])
def test_a_name_has_no_control_characters(char):
    assert problem(Name, f"a{char}b") == "must not contain control characters"


@pytest.mark.parametrize("name", ["X-Key", "authorization", "x_1!#$%&'*+.^`|~"])
def test_header_names_are_tokens(name):
    assert read(HeaderName, name) == name


@pytest.mark.parametrize("name", ["X Key", "X:Key", "Ü", "X\r\n", "X\0"])
def test_other_header_names_are_refused(name):
    assert problem(HeaderName, name) == "is not a valid HTTP header name"


@pytest.mark.parametrize("name", [*sorted(HOP_HEADERS), "Host", "CONTENT-LENGTH"])
def test_headers_that_frame_the_message_cannot_be_given(name):
    assert "transport" in problem(HeaderName, name)


@given(st.text())
def test_no_header_value_can_end_its_line(text):
    for kind in (HeaderText, HeaderSecret):
        try:
            value = read(kind, text)
        except ValidationError:
            continue
        value = value.reveal() if isinstance(value, Secret) else value
        assert value == text
        assert not any(char in value for char in "\r\n\0")


@pytest.mark.parametrize(
    "host", ["api.example.com", "localhost", "10.0.0.1", "::1", "bücher.example", "a_b", "h."]
)
def test_hosts(host):
    assert read(Host, f" {host} ") == host


def test_an_address_may_stand_in_brackets_and_a_host_may_be_empty():
    assert read(Host, "[::1]") == "::1"
    assert read(Host, "") == ""


@pytest.mark.parametrize(
    "host",
    [
        "http://a.b",
        "a.b/c",
        "a.b?c",
        "a.b#c",
        "me@a.b",
        "a b",
        "a\\b",
        "a.b:80",
        "a%2eb",
        "[a.b",
        "a\nb",
        "{a}",
        "[]x",
    ],
)
def test_anything_but_a_bare_host_is_refused(host):
    problem(Host, host)


@given(st.text(max_size=60))
def test_a_host_that_is_taken_can_be_no_other_part_of_a_url(text):
    try:
        host = read(Host, text)
    except ValidationError:
        return
    if host:
        url = URL.build(scheme="http", host=host, path="/x")
        assert (url.path, url.user, url.query_string, url.fragment) == ("/x", None, "", "")


@pytest.mark.parametrize("path", ["", "/", "/v1", "v1/", "/a%20b", "/ü"])
def test_paths(path):
    assert read(Path, path) == read(BasePath, path) == path


def test_a_query_belongs_to_a_path_and_not_to_the_base():
    assert read(Path, "/chat?version=1") == "/chat?version=1"
    assert "query" in problem(BasePath, "/v1?a=b")


@pytest.mark.parametrize("path", ["/a b", "/a#b", "/a\\b", "/a\r\nX: y", "/a\0"])
def test_what_cannot_stand_in_a_path_is_refused(path):
    assert "must not contain" in problem(Path, path)
    assert "must not contain" in problem(BasePath, path)


@pytest.mark.parametrize(
    ("kind", "longest"), [(HeaderName, 256), (HeaderText, 1024), (Host, 253), (Path, 2048)]
)
def test_texts_are_bounded_and_their_length_is_told_in_characters(kind, longest):
    assert problem(kind, "a" * (longest + 1)) == f"String should have at most {longest} characters"


def test_secrets_are_strings_of_bounded_length_and_stay_secrets():
    assert read(SecretText, "s").reveal() == "s"
    same = Secret("s")
    assert read(SecretText, same) is same
    assert problem(SecretText, 5) == "must be a string"
    assert str(MAX_SECRET) in problem(SecretText, "x" * (MAX_SECRET + 1))


def test_a_lost_secret_passes_where_a_header_value_is_checked():
    assert not read(HeaderSecret, Secret.unreadable()).readable


@pytest.mark.parametrize("value", ["{}", 1, True])
def test_a_payload_is_an_object_or_a_list(value):
    assert problem(JsonTemplate, value) == "must be a JSON object or list"
    assert read(JsonTemplate, {"a": []}) == {"a": []}


def test_no_secret_stands_in_the_text_of_an_error():
    secret = "sk-very\nsecret"
    document = {
        "model_provider": "custom",
        "apikeys": [secret],
        "custom_headers": [{"key": "X", "value": secret, "more": secret}],
        "auth_data": {"tenant": secret},
        "model_jwt_config": {"jwt_body": [secret]},
        "custom_curl_command": {"x": secret},
    }
    with pytest.raises(ValidationError) as caught:
        ModelConfig.model_validate(document)
    assert caught.value.error_count() == 6
    assert "sk-very" not in str(caught.value) + repr(caught.value)


@given(
    st.sampled_from(TYPES), st.text() | st.integers() | st.none() | st.lists(st.text(), max_size=2)
)
def test_whatever_comes_is_read_or_refused(kind, value):
    with contextlib.suppress(ValidationError):
        read(kind, value)
