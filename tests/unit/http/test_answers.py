"""How errors look on the wire."""

import json

import pytest

from quintain.errors import (
    BadRequest,
    Conflict,
    Detail,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    TargetError,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from quintain.http.answers import Unexpected, control_error, openai_error, retry_headers

INVALID = Invalid((Detail("a.b", "is required"), Detail("c", "is wrong")))


def test_an_error_of_the_control_plane():
    body = json.loads(
        control_error(NotFound("There is no such model.", code="model_not_found"), "req_1")
    )
    assert body == {
        "message": "There is no such model.",
        "error": "model_not_found",
        "request_id": "req_1",
    }


def test_field_errors_are_listed_all_of_them():
    body = json.loads(control_error(INVALID, "req_1"))
    assert body["message"] == "a.b: is required (and 1 more)"
    assert body["details"] == [
        {"field": "a.b", "message": "is required"},
        {"field": "c", "message": "is wrong"},
    ]


@pytest.mark.parametrize(
    ("error", "kind", "code", "param"),
    [
        (BadRequest("x", param="n"), "invalid_request_error", "bad_request", "n"),
        (Unauthorized(), "authentication_error", "invalid_api_key", None),
        (Forbidden("x"), "permission_error", "forbidden", None),
        (NotFound("x"), "invalid_request_error", "not_found", None),
        (TooLarge("x"), "invalid_request_error", "too_large", None),
        (INVALID, "invalid_request_error", "invalid", "a.b"),
        (RateLimited("x", retry_after=3), "rate_limit_error", "rate_limit_exceeded", None),
        (TargetError("auth", "x"), "target_error", "target_auth_failed", None),
        (TargetError("http", "x", passing=True), "server_error", "target_http_failed", None),
        (Unavailable("x"), "server_error", "unavailable", None),
        (Unexpected(), "server_error", "internal_error", None),
    ],
)
def test_errors_below_v1_have_the_shape_of_openai(error, kind, code, param):
    inner = json.loads(openai_error(error))["error"]
    assert inner == {"message": error.message, "type": kind, "param": param, "code": code}
    assert inner["message"]


@pytest.mark.parametrize(
    ("error", "header"),
    [
        (RateLimited("x", retry_after=3), (b"retry-after", b"3")),
        (TargetError("http", "x", passing=True, retry_after=8), (b"retry-after", b"8")),
        (TargetError("rate", "x", passing=True, status=429), (b"retry-after", b"1")),
        (TargetError("auth", "x"), (b"x-should-retry", b"false")),
        (Unavailable("x"), (b"retry-after", b"2")),
    ],
)
def test_clients_are_told_whether_and_when_to_try_again(error, header):
    assert retry_headers(error) == [header]


@pytest.mark.parametrize("error", [BadRequest("x"), Unauthorized(), Conflict("x"), INVALID])
def test_an_error_of_the_callers_own_says_nothing_of_retries(error):
    assert retry_headers(error) == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (0.0, 1),
        (0.2, 1),
        (1.0, 1),
        (1.1, 2),
        (59.2, 60),
        (60.0, 60),
        (3600.0, 60),
        (float("inf"), 60),
    ],
)
def test_a_retry_after_is_1_to_60_whole_seconds(asked, told):
    assert RateLimited("x", retry_after=asked).retry_after == told
    assert TargetError("http", "x", passing=True, retry_after=asked).retry_after == told


def test_a_target_error_that_passes_is_a_5xx_and_another_a_424():
    assert TargetError("http", "x", passing=True).status == 502
    assert TargetError("http", "x").status == 424
