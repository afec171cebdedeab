"""The request to a login."""

import base64
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.gateway.logins.request import login_request
from quintain.registry.schema import JwtConfig, Timeouts

URL = "https://login.example.com/token"
FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "word"}


def request(**login):
    given = JwtConfig.model_validate({"jwt_url": URL} | login)
    return login_request(given, internal=False, timeouts=Timeouts())


def form(made):
    return dict(parse_qsl(made.body.decode(), keep_blank_values=True, strict_parsing=True))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"user": "a", "n": 1.10}', "application/json"),
        ("[]", "application/json"),
        ("user=a&password=b", FORM),
        ("{not json", FORM),
    ],
)
def test_a_body_goes_out_as_it_was_typed_and_is_called_what_it_is(body, kind):
    made = request(jwt_body=body)
    assert (made.method, made.body, made.headers["Content-Type"]) == ("POST", body.encode(), kind)


def test_headers_of_the_registration_win_over_ours_and_all_of_them_are_sent():
    headers = [("content-type", "text/x"), ("X-Twice", "1"), ("X-Twice", "2")]
    made = request(
        jwt_body="{}", jwt_headers=[{"key": key, "value": value} for key, value in headers]
    )
    assert made.headers.getall("Content-Type") == ["text/x"]
    assert made.headers.getall("X-Twice") == ["1", "2"]


@pytest.mark.parametrize("empty", [{}, {"jwt_body": ""}])
def test_a_login_without_a_body_sends_none(empty):
    made = request(jwt_method="GET", **empty)
    assert (made.method, made.body, made.headers.get("Content-Type")) == ("GET", None, None)


def test_client_credentials_are_a_form_with_the_client_in_a_header():
    made = request(**GRANT, scope="a b/.default", audience="https://api.example.com")
    assert made.headers.getall("Authorization") == [
        f"Basic {base64.b64encode(b'id:word').decode()}"
    ]
    assert made.headers["Content-Type"] == FORM
    assert form(made) == {
        "grant_type": "client_credentials",
        "scope": "a b/.default",
        "audience": "https://api.example.com",
    }


def test_the_client_goes_into_the_form_where_that_is_asked_for():
    made = request(**GRANT, client_auth="body", jwt_body="resource=https%3A%2F%2Fx")
    assert "Authorization" not in made.headers
    assert form(made) == GRANT | {"resource": "https://x"}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(min_size=1))
def test_no_client_can_add_a_field_or_shift_the_colon(client, secret):
    secret = secret.encode("utf-8", "replace").decode()
    grant = GRANT | {"client_id": client, "client_secret": secret}
    assert form(request(**grant, client_auth="body")) == grant
    pair = base64.b64decode(request(**grant).headers["Authorization"].removeprefix("Basic "))
    assert pair.count(b":") == 1
    assert pair.isascii()


def test_people_are_shown_host_and_port_alone():
    made = request(jwt_url="http://[fd00::1]/t?key=hidden")
    assert made.where == "[fd00::1]:80"
