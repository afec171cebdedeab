"""The door: an id, a rule and a plane for every request."""

import json
import logging

import pytest

from quintain.errors import Forbidden, NotFound, RateLimited, TargetError, Unauthorized
from quintain.http.front import Front
from quintain.http.wire import ClientLeft, answer
from quintain.registry.model import Actor
from quintain.settings import Settings
from quintain.telemetry.metrics import Metrics

ROLES = {"admin-key": "admin", "viewer-key": "viewer", "caller-key": "caller"}


class FakeDoorman:
    """Knows `admin-key` by heart and looks the others up."""

    def recognise(self, text):
        return self._actor(text) if text == "admin-key" else None

    async def identify(self, text):
        if text not in ROLES:
            raise Unauthorized
        return self._actor(text)

    def _actor(self, text):
        return Actor(1, "default", "qt_x", ROLES[text], 1)


class FakePlane:
    """Both planes: remembers what came, and does what it was told."""

    def __init__(self):
        self.came = []
        self.does = self.says_ok

    async def says_ok(self, send):
        await answer(send, 200, b'{"ok": 1}', [])

    async def serve(self, scope, receive, send, actor, request_id):
        self.came.append((scope["path"], actor.role, request_id))
        await self.does(send)

    async def __call__(self, scope, receive, send):
        state = scope["state"]
        self.came.append(
            (scope["path"], state["actor"] and state["actor"].role, state["request_id"])
        )
        self.body = await receive()
        await self.does(send)


class Door:
    def __init__(self):
        self.plane = FakePlane()
        self.metrics = Metrics()
        self.front = Front(
            FakeDoorman(), self.plane, self.plane, Settings(max_control_body=1024), self.metrics
        )

    async def ask(self, method, path, body=b"", **headers):
        """(status, headers, JSON) of the answer; status 0 where none came."""
        sent = []
        named = {"content_type": "application/json"} | headers
        scope = {
            "type": "http", "method": method, "path": path,
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in named.items()],
        }  # fmt: skip

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        await self.front(scope, receive, send)
        self.sent = sent
        if not sent:
            return 0, {}, None
        return (
            sent[0]["status"],
            dict(sent[0]["headers"]),
            json.loads(sent[1]["body"] or b"null") if len(sent) > 1 else None,
        )


@pytest.fixture
def door():
    return Door()


ADMIN = {"apikey": "admin-key"}


async def test_a_known_key_passes_to_its_plane(door):
    assert (await door.ask("GET", "/keys", **ADMIN))[0] == 200
    assert (await door.ask("POST", "/v1/chat/completions", apikey="caller-key"))[0] == 200
    assert [(path, role) for path, role, _ in door.plane.came] == [
        ("/keys", "admin"),
        ("/v1/chat/completions", "caller"),
    ]


async def test_every_answer_carries_the_request_id_that_the_plane_was_given(door):
    _, headers, _ = await door.ask("GET", "/keys", **ADMIN)
    assert headers[b"x-request-id"].decode() == door.plane.came[0][2]
    _, headers, body = await door.ask("GET", "/keys")
    assert headers[b"x-request-id"].decode() == body["request_id"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"apikey": ""},
        {"apikey": "wrong"},
        {"authorization": "Bearer admin-key"},
        {"apikey": "\u00fc"},
    ],
)
async def test_without_a_valid_key_every_reason_sounds_the_same(door, headers):
    status, _, body = await door.ask("GET", "/keys", **headers)
    body.pop("request_id")
    assert (status, body) == (
        401,
        {"message": "The API key is missing or not valid.", "error": "unauthorized"},
    )
    assert door.plane.came == []


@pytest.mark.parametrize(
    "authorization", ["Bearer caller-key", "bearer  caller-key ", "BEARER caller-key"]
)
async def test_the_gateway_takes_a_bearer_as_well(door, authorization):
    assert (await door.ask("POST", "/v1/chat/completions", authorization=authorization))[0] == 200


@pytest.mark.parametrize(
    "authorization", ["caller-key", "Basic caller-key", "Bearer", "Bearer ", "Bearerx caller-key"]
)
async def test_but_nothing_else(door, authorization):
    status, _, body = await door.ask("POST", "/v1/chat/completions", authorization=authorization)
    assert (status, body["error"]["code"]) == (401, "invalid_api_key")


async def test_a_role_without_the_right_is_refused_before_anything_is_read(door):
    status, _, body = await door.ask("POST", "/models/add-model", apikey="viewer-key")
    assert (status, body["error"]) == (403, "forbidden")
    assert door.plane.came == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("PUT", "/keys", 405), ("GET", "/v1x", 404)],
)
async def test_what_is_not_in_the_table_is_not_there(door, method, path, status):
    assert (await door.ask(method, path, **ADMIN))[0] == status


async def test_errors_have_the_shape_of_their_plane(door):
    async def fails(send):
        raise NotFound("There is none.")

    door.plane.does = fails
    assert (await door.ask("GET", "/keys", **ADMIN))[2]["message"] == "There is none."
    assert (await door.ask("GET", "/v1/models", **ADMIN))[2]["error"]["message"] == "There is none."


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (RateLimited("x", retry_after=7), 429, (b"retry-after", b"7")),
        (TargetError("auth", "x"), 424, (b"x-should-retry", b"false")),
        (TargetError("http", "x", passing=True), 502, (b"retry-after", b"1")),
    ],
)
async def test_errors_tell_clients_whether_to_come_again(door, error, status, header):
    async def fails(send):
        raise error

    door.plane.does = fails
    found, headers, _ = await door.ask("POST", "/v1/chat/completions", **ADMIN)
    assert (found, headers[header[0]]) == (status, header[1])


async def test_what_nobody_foresaw_is_logged_and_told_without_its_text(door, monkeypatch):
    logged = []
    monkeypatch.setattr("quintain.http.front._log", logging.getLogger("test"))
    monkeypatch.setattr(
        logging.getLogger("test"), "exception", lambda *a, **k: logged.append(k), raising=False
    )

    async def fails(send):
        raise RuntimeError("sk-secret")

    door.plane.does = fails
    for path in ("/keys", "/v1/models"):
        status, headers, body = await door.ask("GET", path, **ADMIN)
        assert status == 500
        assert "sk-secret" not in str(body)
        assert logged[-1]["request_id"] == headers[b"x-request-id"].decode()


async def test_an_error_after_the_answer_began_sends_no_second_one(door):
    async def fails(send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise TargetError("http", "x")

    door.plane.does = fails
    await door.ask("POST", "/v1/chat/completions", **ADMIN)
    assert len(door.sent) == 1


async def test_a_caller_that_left_gets_no_answer(door):
    async def leaves(send):
        raise ClientLeft

    door.plane.does = leaves
    assert (await door.ask("GET", "/keys", **ADMIN))[0] == 0


async def test_a_stopping_server_turns_away_all_but_those_who_ask_how_it_is(door):
    door.front.closing = True
    status, headers, body = await door.ask("POST", "/v1/chat/completions", **ADMIN)
    assert (status, body["error"]["code"], headers[b"retry-after"]) == (503, "shutting_down", b"2")
    assert (await door.ask("GET", "/healthz"))[0] == 200


async def test_public_routes_need_no_key_and_have_no_actor(door):
    assert (await door.ask("GET", "/healthz"))[0] == 200
    assert door.plane.came[0][1] is None


@pytest.mark.parametrize("path", ["/keys", "/v1/models", "/healthz"])
async def test_head_is_answered_as_get_without_the_body(door, path):
    status, headers, body = await door.ask("HEAD", path, **ADMIN)
    assert (status, headers[b"content-length"], body) == (200, b"9", None)
    assert b"x-request-id" in headers


async def test_of_an_endless_answer_the_head_alone_ends(door):
    async def streams(send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"more", "more_body": True})

    door.plane.does = streams
    assert (await door.ask("HEAD", "/runs/1/events", **ADMIN))[::2] == (200, None)
    assert len(door.sent) == 2


async def test_the_control_plane_gets_a_bounded_body_of_json(door):
    assert (await door.ask("POST", "/keys", b"{}", **ADMIN))[0] == 200
    assert door.plane.body["body"] == b"{}"
    assert (await door.ask("POST", "/keys", b"x" * 1025, **ADMIN))[0] == 413
    assert (await door.ask("POST", "/keys", b"a=b", content_type="text/plain", **ADMIN))[0] == 415
    assert (
        await door.ask(
            "POST", "/keys", b"{}", content_type="application/json; charset=utf-8", **ADMIN
        )
    )[0] == 200
    assert (await door.ask("DELETE", "/keys/1", content_type="", **ADMIN))[0] == 200


async def test_control_calls_are_counted_by_method_and_status(door):
    await door.ask("GET", "/keys", **ADMIN)
    await door.ask("GET", "/keys")
    count = door.metrics.registry.get_sample_value
    assert count("quintain_control_requests_total", {"method": "GET", "status": "200"}) == 1
    assert count("quintain_control_requests_total", {"method": "GET", "status": "401"}) == 1


async def test_what_is_no_http_is_left_alone(door):
    await door.front({"type": "lifespan"}, None, None)


async def test_forbidden_is_told_as_such_below_v1(door):
    async def fails(send):
        raise Forbidden("This key may not call bot.")

    door.plane.does = fails
    status, _, body = await door.ask("POST", "/v1/chat/completions", **ADMIN)
    assert (status, body["error"]["type"]) == (403, "permission_error")
