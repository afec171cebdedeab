"""What a registration's login must be."""

import pytest

from quintain.registry.logins import check_login, login_of
from quintain.registry.schema import ModelConfig
from quintain.secret import Secret

URL = "https://login.example.com/token"
GRANT = {"jwt_url": URL, "grant_type": "client_credentials", "client_id": "c", "client_secret": "s"}


def config(login=None, **given):
    document = {"model_provider": "openai", "model_auth_type": "jwt"}
    return ModelConfig.model_validate(document | {"model_jwt_config": login} | given)


def problems(login=None, **given):
    found = check_login(config(login, **given))
    return {each.field.removeprefix("model_config."): each.message for each in found}


@pytest.mark.parametrize(
    "login",
    [
        {"jwt_url": URL},
        {"jwt_url": "http://10.0.0.1:8080/t?tenant=a@b", "jwt_method": "GET"},
        {"jwt_url": "http://[fd00::1]/t", "jwt_body": "{}", "grant_type": "", "client_auth": ""},
        GRANT,
        GRANT | {"client_auth": "body", "scope": "a b", "audience": "x", "jwt_body": "resource=r"},
        GRANT | {"jwt_body": "", "client_secret": Secret.unreadable()},
        GRANT | {"jwt_body": Secret.unreadable()},
        GRANT | {"client_auth": "body", "jwt_headers": [{"key": "Authorization", "value": "x"}]},
    ],
)
def test_a_login_that_can_be_made_is_accepted(login):
    assert problems(login) == {}


@pytest.mark.parametrize(
    ("login", "field"),
    [
        (None, "jwt_url"),
        ({}, "jwt_url"),
        ({"jwt_url": "login.example.com/token"}, "jwt_url"),
        ({"jwt_url": "ftp://login.example.com"}, "jwt_url"),
        ({"jwt_url": "https:///token"}, "jwt_url"),
        ({"jwt_url": "https://h:99999/"}, "jwt_url"),
        ({"jwt_url": "https://h:0/"}, "jwt_url"),
        ({"jwt_url": "https://user:word@h.example/"}, "jwt_url"),
        ({"jwt_url": "https://@h.example/"}, "jwt_url"),
        ({"jwt_url": "https://h.example/\r\nX: y"}, "jwt_url"),
        ({"jwt_url": "https://h.example/a b"}, "jwt_url"),
        ({"jwt_url": "https://h.example\\@other.example/"}, "jwt_url"),
        (GRANT | {"client_id": None}, "client_id"),
        (GRANT | {"client_secret": None}, "client_secret"),
        (GRANT | {"client_secret": ""}, "client_secret"),
        (GRANT | {"jwt_method": "GET"}, "jwt_method"),
        (GRANT | {"jwt_body": '{"a": 1}'}, "jwt_body"),
        (GRANT | {"jwt_body": "scope=a&x=1"}, "jwt_body"),
        (
            GRANT | {"jwt_headers": [{"key": "X", "value": "1"}, {"key": "authorization", "value": "x"}]},
            "jwt_headers.1.key",
        ),
        ({"jwt_url": URL, "client_id": "c"}, "client_id"),
        ({"jwt_url": URL, "client_secret": "c"}, "client_secret"),
        ({"jwt_url": URL, "client_auth": "body"}, "client_auth"),
        ({"jwt_url": URL, "scope": "c"}, "scope"),
        ({"jwt_url": URL, "audience": "c"}, "audience"),
    ],
)  # fmt: skip
def test_a_login_that_cannot_be_made_is_told_by_its_field(login, field):
    assert list(problems(login)) == [f"model_jwt_config.{field}"]


def test_everything_that_is_wrong_is_told_at_once():
    wrong = {"jwt_url": "nowhere", "grant_type": "client_credentials", "jwt_body": "{}"}
    assert list(problems(wrong, auth_data={"header_name": ""})) == [
        "model_jwt_config.jwt_url",
        "model_jwt_config.client_id",
        "model_jwt_config.client_secret",
        "model_jwt_config.jwt_body",
        "auth_data.header_name",
    ]


def test_no_word_of_a_secret_comes_into_a_refusal():
    body = "client_secret=hidden-word&hidden-name=1"
    assert "hidden" not in str(problems(GRANT | {"jwt_body": body}))


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ({"model_auth_type": "jwt", "model_jwt_config": {"jwt_url": URL}}, True),
        ({"model_auth_type": None, "model_jwt_config": {"jwt_url": URL}}, True),
        ({"model_auth_type": "", "model_jwt_config": {"jwt_url": URL}}, True),
        ({"model_auth_type": "apikey", "model_jwt_config": {"jwt_url": URL}}, False),
        ({"model_auth_type": None, "model_jwt_config": {"jwt_url": ""}}, False),
        ({"model_auth_type": None, "model_jwt_config": None}, False),
    ],
)
def test_the_auth_type_decides_and_a_login_url_where_it_is_left_out(given, used):
    assert (login_of(config(**{"login": None} | given)) is not None) is used


def test_a_login_that_is_switched_off_needs_only_a_url_that_is_none_of_a_trap():
    assert problems({"jwt_url": URL, "scope": "x"}, model_auth_type="apikey") == {}
    assert list(problems({"jwt_url": "file:///x"}, model_auth_type="apikey")) == [
        "model_jwt_config.jwt_url"
    ]
