"""Models that log in: a token server and a target, both real, and crowds of calls between them."""

import asyncio
import base64
import json
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import openai
import pytest

from tests.served.login import Tokens
from tests.served.processes import free_port
from tests.served.target import Hosted, answers, chunk, completion, streams

HI = [{"role": "user", "content": "Hi"}]
BODY = '{"user": "quintain", "password": "word-of-the-login-0123456789"}'
CLIENT_SECRET = "secret of/the client:0123456789"
PAGE = Path(__file__).parents[2] / "docs" / "logins.md"


@pytest.fixture(scope="module")
def _login():
    hosted = Hosted()
    yield hosted
    hosted.close()


@pytest.fixture
def tokens():
    return Tokens()


@pytest.fixture
def login(_login, tokens):
    """A login that gives a JWT of ten minutes unless told otherwise."""
    _login.target.does(tokens.gives())
    _login.target.arrivals.clear()
    return _login.target


@pytest.fixture
def model(register, login, target, tokens):
    """Registers a model that logs in, with these fields of model_jwt_config; gives its name."""
    target.does(tokens.needed())

    def register_with(config=None, **fields):
        given = {"jwt_url": f"http://127.0.0.1:{login.port}/token", "jwt_body": BODY} | fields
        return register(model_auth_type="jwt", model_jwt_config=given, **(config or {}))

    return register_with


def say(client, name, **more):
    return client.chat.completions.create(model=name, messages=HI, **more)


async def crowd(client, name, size=50):
    return await asyncio.gather(*(say(client, name) for _ in range(size)))


def refused(client, name):
    with pytest.raises(openai.APIStatusError) as failed:
        say(client, name)
    return failed.value


def bearers(target):
    return [each.headers.get("Authorization") for each in target.arrivals]


def check(server, name):
    answer = server.call("POST", "/redteam/model/model-health", headers={"X-Enkrypt-Model": name})
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- one login for a crowd


async def test_fifty_calls_at_once_make_one_login(stock_async, model, login, target, tokens):
    login.does(tokens.gives(delay=0.3))
    await crowd(stock_async, model())
    assert len(login.arrivals) == 1
    assert bearers(target) == [f"Bearer {tokens.given[0]}"] * 50
    assert (login.arrivals[0].method, login.arrivals[0].body) == ("POST", BODY.encode())
    assert login.arrivals[0].headers["Content-Type"] == "application/json"


async def test_a_token_that_is_revoked_under_a_crowd_is_renewed_once(
    stock_async, model, login, target, tokens
):
    name = model()
    await crowd(stock_async, name)
    tokens.revoke_all()
    await crowd(stock_async, name)
    assert len(login.arrivals) == 2
    assert {bearers(target)[-1]} == {f"Bearer {tokens.given[1]}"}


async def test_who_leaves_during_the_login_spoils_it_for_nobody(stock_async, model, login, tokens):
    login.does(tokens.gives(delay=0.5))
    name = model()
    first = asyncio.create_task(say(stock_async.with_options(timeout=0.2), name))
    others = asyncio.create_task(crowd(stock_async, name, 5))
    with pytest.raises(openai.APITimeoutError):
        await first
    assert len(await others) == 5
    assert len(login.arrivals) == 1


async def test_a_dead_login_is_not_hammered_by_a_crowd(stock_async, model, login):
    login.does(answers({"error": "invalid_client"}, 401))
    results = await asyncio.gather(
        *(say(stock_async, name) for name in [model()] * 50), return_exceptions=True
    )
    assert {(each.status_code, each.code) for each in results} == {(424, "login_failed")}
    assert len(login.arrivals) == 1


# --- how long a token lasts


def test_a_token_is_used_again_until_it_ends(stock, model, login):
    name = model()
    for _ in range(5):
        say(stock, name)
    assert len(login.arrivals) == 1


@pytest.mark.parametrize(
    "lasts", [{"lasts_s": 1}, {"expires_in": 1}, {"wrap": "data", "expires_in": "1"}]
)
async def test_a_token_is_renewed_when_it_ends(stock_async, model, login, tokens, lasts):
    login.does(tokens.gives(**lasts))
    name = model(jwt_response_key="data.access_token" if "wrap" in lasts else "")
    await say(stock_async, name)
    await asyncio.sleep(1.1)  # the time itself is what is looked at
    await crowd(stock_async, name, 10)
    assert len(login.arrivals) == 2


# --- what is sent


def test_client_credentials_are_taken_by_a_login_as_the_rfc_has_it(stock, model, login, target):
    grant = {"grant_type": "client_credentials", "client_id": "quintain", "jwt_body": None}
    say(stock, model(**grant, client_secret=CLIENT_SECRET, scope="chat/.default", audience="bot"))
    (arrival,) = login.arrivals
    pair = base64.b64decode(arrival.headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == "quintain:secret%20of%2Fthe%20client%3A0123456789"
    assert dict(parse_qsl(arrival.body.decode(), strict_parsing=True)) == {
        "grant_type": "client_credentials", "scope": "chat/.default", "audience": "bot",
    }  # fmt: skip
    assert target.arrivals[0].headers["Authorization"].startswith("Bearer eyJ")


def test_a_login_by_get_with_headers_of_its_own(stock, model, login):
    headers = [{"key": "X-Login", "value": "word-of-the-login-0123456789"}]
    say(stock, model(jwt_method="GET", jwt_body="", jwt_headers=headers))
    (arrival,) = login.arrivals
    assert (arrival.method, arrival.body) == ("GET", b"")
    assert arrival.headers["X-Login"] == "word-of-the-login-0123456789"


def test_a_custom_target_gets_the_token_in_the_header_that_it_wants(stock, model, target, tokens):
    target.does(tokens.needed(answers({"answer": {"text": "hello"}}), "X-Session"))
    custom = target.custom(auth_data={"header_name": "X-Session", "header_prefix": ""}, apikeys=[])
    assert say(stock, model(custom)).choices[0].message.content == "hello"


# --- which of the two failed


@pytest.mark.parametrize(
    ("login_does", "code", "said"),
    [
        (answers({"error": "invalid_client", "error_description": "No."}, 401), "login_failed", "invalid_client: No."),
        (answers({"jeton": "hidden-0123456789-hidden"}), "login_without_token", "it has the fields jeton"),
        (answers({}, 302, {"Location": "http://169.254.169.254/"}), "login_failed", "redirects elsewhere"),
        (answers(b"x" * 300_000), "login_unreachable", "larger than"),
        (answers(b"<html>hidden-0123456789-hidden</html>"), "login_without_token", "neither JSON"),
    ],
)  # fmt: skip
def test_a_login_that_fails_is_stage_auth_and_says_that_it_was_the_login(
    quintain, stock, model, login, target, login_does, code, said
):
    login.does(login_does)
    name = model()
    error = refused(stock, name)
    assert (error.status_code, error.code) == (424, code)
    health = check(quintain, name)
    assert health["message"].startswith("auth: ")
    for told in (error.message, health["message"]):
        assert f"login at 127.0.0.1:{login.port}" in told
        assert said in told
        assert "hidden-0123456789" not in told
    assert target.arrivals == []


def test_a_login_that_is_away_is_told_as_such(quintain, stock, model):
    name = model(jwt_url=f"http://127.0.0.1:{free_port()}/token")
    assert (refused(stock, name).status_code, refused(stock, name).code) == (
        502,
        "login_unreachable",
    )
    health = check(quintain, name)
    assert health["message"].startswith("auth: The login at 127.0.0.1:")
    assert "jwt_url" in health["message"]


def test_a_login_inside_is_out_of_reach_for_an_external_model(quintain, login):
    body = {
        "model_name": "m",
        "model_config": {
            "model_provider": "openai_compatible",
            "endpoint": {"host": "127.0.0.1", "scheme": "http", "port": login.port},
            "model_jwt_config": {"jwt_url": "http://127.0.0.1/token"},
        },
    }
    answer = quintain.call("POST", "/redteam/v3/model-health", {"endpoint_configuration": body})
    assert "hosting_type" in answer.json()["message"]
    assert login.arrivals == []


def test_a_target_that_refuses_the_token_is_told_apart_from_the_login(
    quintain, stock, model, login, target
):
    target.does(answers({"error": {"message": "wrong audience"}}, 401))
    name = model()
    error = refused(stock, name)
    assert (error.status_code, error.code) == (424, "target_refused_token")
    assert "The target refused the token that the login gave" in error.message
    health = check(quintain, name)
    rungs = {rung["stage"]: rung["result"] for rung in health["data"]["diagnosis"]}
    assert (rungs["connect"], rungs["auth"], rungs["http"]) == ("ok", "failed", "skipped")
    assert len(login.arrivals) <= 3
    assert len(target.arrivals) <= 4


def test_a_model_that_logs_in_is_healthy(quintain, model):
    assert check(quintain, model())["status"] == "healthy"


# --- nothing leaks


def test_a_target_that_repeats_the_token_or_the_login_shows_neither(
    quintain, stock, model, target, tokens
):
    async def parrot(request):
        token = tokens.given[-1]
        return await answers(completion(f"{token} {BODY} word-of-the-login-0123456789"))(request)

    async def slow_parrot(request):
        token = tokens.given[-1]
        torn = chunk(f"it is {token}!", "stop")
        return await streams(torn[:90], torn[90:])(request)

    name = model()
    target.does(parrot)
    text = say(stock, name).choices[0].message.content
    target.does(slow_parrot)
    for piece in say(stock, name, stream=True):
        text += piece.choices[0].delta.content or ""
    tokens.revoke_all()
    target.does(tokens.needed(), answers({"error": {"message": tokens.given[-1]}}, 400))
    text += str(refused(stock, name).message) + quintain.logs()
    assert "it is" in text
    for secret in (*tokens.given, "word-of-the-login-0123456789"):
        assert secret not in text


def test_the_secrets_of_a_login_are_masked_in_every_answer_and_moved_nowhere(
    quintain, model, target
):
    grant = {
        "grant_type": "client_credentials",
        "client_id": "c",
        "jwt_body": "resource=r-0123456789",
    }
    name = model(**grant, client_secret=CLIENT_SECRET)
    headers = {"X-Enkrypt-Model": name, "X-Enkrypt-Model-Version": "v1"}
    shown = quintain.call("GET", "/models/get-model", headers=headers).text
    assert CLIENT_SECRET not in shown
    assert json.loads(shown)["model_config"]["model_jwt_config"]["client_secret"] == "sec...6789"
    change = {"model_config": {"model_jwt_config": {"jwt_url": "https://elsewhere.example/token"}}}
    moved = quintain.call("PATCH", "/models/modify-model", change, headers=headers)
    assert moved.status_code == 422, moved.text
    assert {each["field"].rpartition(".")[2] for each in moved.json()["details"]} == {
        "client_secret", "jwt_body",
    }  # fmt: skip


def test_wrong_logins_are_refused_with_every_field(quintain, name, target):
    wrong = {"jwt_url": "nowhere", "grant_type": "client_credentials", "jwt_method": "GET"}
    body = {
        "model_saved_name": name,
        "model_version": "v1",
        "model_name": "m",
        "model_config": target.config(model_auth_type="jwt", model_jwt_config=wrong),
    }
    answer = quintain.call("POST", "/models/add-model", body)
    assert answer.status_code == 422
    assert [each["field"].rpartition(".")[2] for each in answer.json()["details"]] == [
        "jwt_url", "client_id", "client_secret", "jwt_method",
    ]  # fmt: skip


# --- the examples of the page


EXAMPLES = re.findall(r"```json\n(\{\n  \"model_saved_name\".*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: json.loads(text)["model_saved_name"])
def test_the_examples_of_the_page_work_as_they_stand(
    quintain, stock, login, target, tokens, name, text
):
    """But for their addresses, which are those of the tests' own servers here."""
    body = json.loads(text)
    config = body["model_config"]
    key = config["model_jwt_config"].get("jwt_response_key", "")
    login.does(tokens.gives(wrap=key.split(".")[0] if "." in key else ""))
    custom = config["model_provider"] == "custom"
    header = config.get("auth_data", {}).get("header_name", "Authorization")
    target.does(tokens.needed(answers({"reply": "hello"}) if custom else answers(), header))
    config["model_jwt_config"]["jwt_url"] = f"http://127.0.0.1:{login.port}/token"
    config["endpoint"] = target.config()["endpoint"]
    quintain.add(name, config | {"hosting_type": "Internal"})
    assert say(stock, name).choices[0].message.content
    assert len(login.arrivals) == 1


# --- a token server that we did not write


@pytest.fixture
def authlib(tool):
    """Authlib's server in a process of its own, which takes its tokens back at /v1; its port."""
    here = tool("authlib")
    script = Path(__file__).parents[1] / "served" / "authlib_login.py"
    command = [str(here.bin / "python"), str(script), "quintain", CLIENT_SECRET]
    env = here.environment(AUTHLIB_INSECURE_TRANSPORT="1")
    with subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        yield int(process.stdout.readline())
        process.kill()


@pytest.mark.tools
@pytest.mark.parametrize("client_auth", ["basic", "body"])
def test_a_token_server_of_others_gives_tokens_that_it_takes_back(
    stock, model, target, authlib, client_auth
):
    endpoint = target.config()["endpoint"] | {"port": authlib}
    grant = {"grant_type": "client_credentials", "client_id": "quintain", "jwt_body": ""}
    login = {"jwt_url": f"http://127.0.0.1:{authlib}/token", "client_auth": client_auth} | grant
    name = model({"endpoint": endpoint}, **login, client_secret=CLIENT_SECRET, scope="chat more")
    assert [say(stock, name).choices[0].message.content for _ in range(2)] == ["scope chat"] * 2
    assert httpx.get(f"http://127.0.0.1:{authlib}/given", trust_env=False).json() == 1
    wrong = model({"endpoint": endpoint}, **login, client_secret="another one")
    error = refused(stock, wrong)
    assert (error.code, "invalid_client" in error.message) == ("login_failed", True)
    narrow = model({"endpoint": endpoint}, **login, client_secret=CLIENT_SECRET, scope="more")
    assert refused(stock, narrow).code == "target_refused_token"
