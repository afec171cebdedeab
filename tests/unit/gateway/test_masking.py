"""What of a registration is masked in its target's answers."""

import base64
from urllib.parse import quote, quote_plus

import pytest
from tests.unit.gateway.fakes import compiled

from quintain.errors import TargetError
from quintain.secret import Secret

SECRET = "word with/space & colon:"


def masked(**login):
    given = {"jwt_url": "https://login.example/token"} | login
    model = compiled(model_auth_type="jwt", model_jwt_config=given)
    return {secret.decode() for secret in model.secrets}


@pytest.mark.parametrize(
    "body",
    [
        '{"user": "somebody", "password": "word-of-the-login"}',
        '{"grant": [{"apiKey": ["word-of-the-login"]}]}',
        "user=somebody&password=word-of-the-login",
        "pwd=word-of-the-login",
        '{"x": "word-of-the-login", "y": "0123456789abcdefghij"}',
    ],
)
def test_the_credentials_in_a_logins_body_are_masked_by_name_or_look(body):
    found = masked(jwt_body=body)
    assert "somebody" not in found
    assert {"word-of-the-login", "0123456789abcdefghij"} & found


@pytest.mark.parametrize(
    "body",
    [
        '{"email": "somebody@company.example.com", "grant_type": "password"}',
        "scope=https%3A%2F%2Fgraph.example.com%2F.default&grant_type=client_credentials",
        '{"password": "short"}',
        '{"password": 123456789012}',
        "",
    ],
)
def test_what_may_be_an_ordinary_word_is_not(body):
    assert masked(jwt_body=body) <= {body, body.replace('"', '\\"')}


def test_a_form_is_masked_as_it_travels_and_as_it_is_meant():
    body = f"password={quote_plus(SECRET)}"
    assert {quote_plus(SECRET), SECRET} <= masked(jwt_body=body)


def test_a_client_secret_is_masked_in_every_form_that_it_is_sent_in():
    found = masked(grant_type="client_credentials", client_id="id", client_secret=SECRET)
    basic = base64.b64encode(f"id:{quote(SECRET, safe='')}".encode()).decode()
    assert {SECRET, quote(SECRET, safe=""), quote_plus(SECRET), basic} <= found


def test_headers_of_a_login_are_masked_as_those_of_a_target():
    headers = [
        {"key": "X-Api-Key", "value": "key-of-login"},
        {"key": "X-Env", "value": "production"},
    ]
    assert masked(jwt_headers=headers) == {"key-of-login"}


def test_a_login_that_is_not_used_is_not_masked():
    login = {"jwt_url": "https://login.example/token", "jwt_body": "password=word-of-the-login"}
    model = compiled(model_auth_type="apikey", model_jwt_config=login)
    assert model.secrets == ()


def test_the_credentials_of_a_curl_command_are_masked_by_name():
    command = (
        "curl 'https://bot.example/x?key=word-of-the-query&q={prompt}' -b 'sid=word-of-the-cookie'"
        """ --json '{"token": "word-of-the-body", "session": "{session_id}","""
        """ "model": "claude-opus-4-1-20250805"}'"""
    )
    model = compiled(model_provider="custom", endpoint={}, custom_curl_command=command)
    found = {secret.decode() for secret in model.secrets}
    assert {"word-of-the-query", "word-of-the-body", "sid=word-of-the-cookie"} <= found
    assert not {text for text in found if "{" in text or "claude" in text}


def test_a_lost_curl_command_leaves_no_key_to_call_with():
    model = compiled(
        model_provider="custom",
        custom_curl_command=Secret.unreadable(),
        custom_payload={"q": "{prompt}"},
    )
    with pytest.raises(TargetError, match="entered again"):
        model.keys.take(0.0)


def test_a_further_secret_is_masked_as_it_stands_in_a_url():
    model = compiled(
        model_provider="custom", custom_payload={"q": "{prompt}"}, auth_data={"k": SECRET}
    )
    assert {SECRET, quote(SECRET, safe=""), quote_plus(SECRET)} <= {
        s.decode() for s in model.secrets
    }


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/services/T0000/B0000/a1B2c3D4e5F6g7H8i9", "a1B2c3D4e5F6g7H8i9"),
        ("/webhook/0f8fad5b-d9cb-469f-a165-70867728950e/chat", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/send", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
        ("/v1/models/Llama-3.3-70B-Instruct-Turbo/conversationalassistants/{session_id}", ""),
    ],
)  # fmt: skip
def test_a_part_of_a_commands_path_that_lets_in_is_masked_and_a_name_is_not(path, found):
    given = {"model_provider": "custom", "endpoint": None, "paths": None}
    command = f'curl https://hooks.example{path} -d \'{{"q": "{{prompt}}"}}\''
    model = compiled(**given, custom_curl_command=command)
    assert [s.decode().endswith(found) for s in model.secrets] == [True] * bool(found)
