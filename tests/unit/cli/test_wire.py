import pytest

from quintain.cli.exits import Code
from quintain.cli.wire import failure_of, model_headers
from quintain.errors import Detail


def test_a_422_keeps_every_field_with_its_path():
    details = [
        {"field": "model_config.endpoint.port", "message": "must be at most 65535"},
        {"field": "model_saved_name", "message": "must not be empty"},
    ]
    failure = failure_of(422, {"message": "2 fields", "error": "invalid", "details": details}, {})
    assert failure.exit_code is Code.REFUSED
    assert failure.details == (
        Detail("model_config.endpoint.port", "must be at most 65535"),
        Detail("model_saved_name", "must not be empty"),
    )


def test_openais_error_shape_is_read_as_well():
    body = {"error": {"message": "No such model", "type": "x", "param": "model", "code": "y"}}
    failure = failure_of(404, body, {})
    assert failure.message == "No such model"
    assert failure.exit_code is Code.NOT_FOUND


def test_a_429_says_when_to_try_again():
    failure = failure_of(429, {"message": "Too many", "error": "x"}, {"Retry-After": "7"})
    assert failure.exit_code is Code.LATER
    assert "7 s" in failure.hint


def test_a_failing_server_is_asked_for_by_request_id():
    failure = failure_of(500, {"message": "Oh", "error": "x"}, {"X-Request-Id": "r-1"})
    assert "r-1" in failure.hint


@pytest.mark.parametrize("body", [None, [], "no", {}, {"message": ""}, {"detail": "Not Found"}])
def test_another_servers_error_is_not_taken_for_ours(body):
    assert failure_of(404, body, {}) is None


def test_details_of_any_shape_do_no_harm():
    body = {"message": "no", "error": "x", "details": ["odd", {"field": "a"}]}
    assert failure_of(422, body, {}).details == (Detail("a", ""),)


def test_a_model_is_named_by_two_headers():
    assert model_headers("größe", "v1") == {
        "X-Enkrypt-Model": "größe",
        "X-Enkrypt-Model-Version": "v1",
    }
