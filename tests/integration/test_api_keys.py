"""Who may call what: every route with every role and every kind of key, from the one table."""

from contextlib import contextmanager

import httpx
import pytest

from quintain.http import wiring
from quintain.http.rules import PUBLIC, REST, RULES, SDK
from quintain.http.wiring import open_house
from quintain.registry.keys import ROLES
from quintain.settings import Settings
from tests.served.quintain import ADMIN_KEY, until
from tests.served.shapes import accepted, refused

GATEWAY = "/v1"
STRANGERS = ("none", "empty", "garbage", "wrong secret", "other prefix", "revoked", "expired")
# Enough to get past the door, and refused right behind it, so that nothing is changed.
HARMLESS = {"X-Enkrypt-Model": "no such model of the table"}


@pytest.fixture(scope="module")
def keys(quintain):
    """A key of each role, and every text that is no working key."""
    made = {role: quintain.new_key(role, project="table") for role in ROLES}
    revoked = quintain.new_key("admin", project="table")
    expired = quintain.new_key("admin", project="table", expires_in_s=1)
    accepted(quintain.call("DELETE", f"/keys/{revoked[:11]}"))
    until(lambda: quintain.call("GET", "/keys", key=expired).status_code == 401)
    wrong = made["admin"][:-1] + ("a" if made["admin"][-1] != "a" else "b")
    other = "qt_" + "".join(reversed(made["admin"][3:11])) + made["admin"][11:]
    return made | {
        "none": None, "empty": "", "garbage": "garbage \u00fc\u4e00", "wrong secret": wrong,
        "other prefix": other, "revoked": revoked, "expired": expired,
    }  # fmt: skip


@pytest.fixture(scope="module")
def knock(quintain):
    """Send a request to a route of the table with a key; gives the answer."""
    with httpx.Client(base_url=quintain.url, timeout=30, trust_env=False) as client:

        def send(method, path, key, header="apikey"):
            path = path.replace(REST, "nothing-like-it")
            headers = dict(HARMLESS)
            if key is not None:
                prefix = "Bearer " if header == "authorization" else ""
                headers[header] = (prefix + key).strip().encode()
            body = {} if method in {"POST", "PATCH"} else None
            return client.request(method, path, json=body, headers=headers)

        yield send


def is_refusal(answer, path, status):
    """Whether this is the refusal of its plane."""
    body = answer.json()
    if path.startswith(GATEWAY):
        return answer.status_code == status and set(body["error"]) == {
            "message", "type", "param", "code",
        }  # fmt: skip
    refused(answer, status, {401: "unauthorized", 403: "forbidden"}[status])
    return True


class TestTable:
    @pytest.mark.parametrize(("method", "path"), sorted(RULES))
    def test_each_role_passes_or_is_forbidden_as_the_table_says(self, knock, keys, method, path):
        allowed = RULES[method, path]
        for role in ROLES:
            answer = knock(method, path, keys[role])
            if allowed is PUBLIC or role in allowed:
                assert answer.status_code not in {401, 403}, (role, answer.text)
                assert answer.status_code < 500, (role, answer.text)
            else:
                assert is_refusal(answer, path, 403), role

    @pytest.mark.parametrize(("method", "path"), sorted(RULES))
    def test_without_a_working_key_only_public_routes_answer(self, knock, keys, method, path):
        for stranger in STRANGERS:
            answer = knock(method, path, keys[stranger])
            if RULES[method, path] is PUBLIC:
                assert answer.status_code not in {401, 403}, stranger
            else:
                assert is_refusal(answer, path, 401), stranger

    @pytest.mark.parametrize(("method", "path"), sorted(r for r in RULES if r[1].startswith("/v1")))
    def test_the_gateway_takes_a_bearer_as_it_takes_an_apikey(self, knock, keys, method, path):
        for who in (*ROLES, *STRANGERS):
            by_apikey = knock(method, path, keys[who])
            by_bearer = knock(method, path, keys[who], header="authorization")
            assert (by_apikey.status_code, by_apikey.text) == (
                by_bearer.status_code, by_bearer.text,
            ), who  # fmt: skip

    def test_there_is_one_and_the_same_sentence_for_every_stranger(self, knock, keys):
        control = {_told(knock("GET", "/keys", keys[who])) for who in STRANGERS}
        gateway = {knock("GET", "/v1/models", keys[who]).text for who in STRANGERS}

        assert len(control) == 1
        assert len(gateway) == 1

    def test_the_control_plane_takes_no_bearer(self, knock, keys):
        refused(knock("GET", "/keys", keys["admin"], header="authorization"), 401, "unauthorized")

    @pytest.mark.parametrize(("method", "path"), sorted(r for r in RULES if r[0] == "GET"))
    def test_head_needs_what_get_needs(self, knock, keys, method, path):
        for who in (*ROLES, *STRANGERS):
            get, head = knock("GET", path, keys[who]), knock("HEAD", path, keys[who])
            assert head.status_code == get.status_code, who

    async def test_every_route_has_a_rule_and_every_rule_a_route(self, tmp_path, monkeypatch):
        with _routes(monkeypatch) as routes:
            async with open_house(Settings(data_dir=tmp_path), ""):
                pass

        ruled = {(m, p) for m, p in RULES if not p.startswith(GATEWAY)}
        assert routes | {("GET", "/openapi.json")} == ruled


def _told(answer):
    return tuple(v for k, v in answer.json().items() if k != "request_id")


@contextmanager
def _routes(monkeypatch):
    """Collects the routes that the house is furnished with, as the table of rules writes them."""
    found = set()
    original = wiring.control_plane

    def collecting(routers, sdk):
        routers, sdk = list(routers), list(sdk)
        for prefix, several in (("", routers), (SDK, sdk)):
            for route in (route for router in several for route in router.routes):
                path = prefix + (
                    route.path.partition("{")[0] + REST if "{" in route.path else route.path
                )
                found.update((method, path) for method in route.methods)
        return original(routers, sdk)

    monkeypatch.setattr(wiring, "control_plane", collecting)
    yield found


class TestLife:
    def test_a_key_is_shown_once_and_listed_without_its_secret(self, quintain, name):
        answer = accepted(quintain.call("POST", "/keys", {"role": "viewer", "name": name}))
        key = answer["data"].pop("key")

        listed = accepted(quintain.call("GET", "/keys"))

        assert answer["data"] in listed["keys"]
        assert key not in str(listed)
        assert key.startswith(answer["data"]["prefix"])
        assert len(key) == len("qt_") + 8 + 1 + 43

    def test_a_revoked_key_ends_at_once_by_prefix_or_id(self, quintain, name):
        for field in ("prefix", "id"):
            made = accepted(quintain.call("POST", "/keys", {"role": "viewer"}))["data"]
            accepted(quintain.call("GET", "/models/list-models", key=made["key"]))

            gone = accepted(quintain.call("DELETE", f"/keys/{made[field]}"))["data"]

            assert gone["revoked_at"]
            refused(
                quintain.call("GET", "/models/list-models", key=made["key"]), 401, "unauthorized"
            )

    def test_revoking_again_changes_nothing(self, quintain):
        made = accepted(quintain.call("POST", "/keys", {"role": "viewer"}))["data"]

        first = accepted(quintain.call("DELETE", f"/keys/{made['id']}"))
        assert accepted(quintain.call("DELETE", f"/keys/{made['id']}")) == first

    def test_an_expired_key_ends_by_itself(self, quintain):
        key = quintain.new_key("viewer", expires_in_s=1)
        accepted(quintain.call("GET", "/models/list-models", key=key))

        until(lambda: quintain.call("GET", "/models/list-models", key=key).status_code == 401)

    def test_when_a_key_was_last_used_is_noted(self, quintain, name):
        key = quintain.new_key("viewer", name=name)

        def noted():
            listed = accepted(quintain.call("GET", "/keys"))["keys"]
            return next(each for each in listed if each["name"] == name)["last_used_at"]

        assert noted() is None
        accepted(quintain.call("GET", "/models/list-models", key=key))
        until(noted, timeout=20)

    @pytest.mark.parametrize("role", ["admin", "editor", "viewer"])
    def test_only_a_caller_can_be_limited_to_models(self, quintain, role):
        answer = quintain.call("POST", "/keys", {"role": role, "models": ["x"]})

        assert set(refused(answer, 422, "invalid")) == {"models"}


class TestProjects:
    @pytest.fixture
    def two(self, quintain, target, name):
        """A model of the same name in each of two projects, and an editor's key to each."""
        keys = [quintain.new_key("editor", project=f"{name} {side}") for side in "ab"]
        for key in keys:
            quintain.add(name, target.config(), key=key)
        return keys

    def test_a_list_holds_the_project_s_own_models_alone(self, quintain, name, two):
        for side, key in zip("ab", two, strict=True):
            (model,) = accepted(quintain.call("GET", "/models/list-models", key=key))["models"]
            assert model["project_name"] == f"{name} {side}"

    def test_the_gateway_lists_and_calls_the_project_s_own(self, quintain, name, two):
        a, b = two
        quintain.call("DELETE", "/models/delete-model", key=b, headers={"X-Enkrypt-Model": name})
        body = {"model": name, "messages": [{"role": "user", "content": "Hi"}]}

        assert quintain.call("POST", "/v1/chat/completions", body, key=b).status_code == 404
        assert accepted(quintain.call("GET", "/v1/models", key=b))["data"] == []
        assert quintain.call("GET", f"/v1/models/{name}", key=b).status_code == 404
        accepted(quintain.call("POST", "/v1/chat/completions", body, key=a))
        ids = [each["id"] for each in accepted(quintain.call("GET", "/v1/models", key=a))["data"]]
        assert ids == [name, f"{name}:v1"]


class TestLimitedCaller:
    @pytest.fixture
    def call(self, quintain, target, name):
        """Call a model with a key that is limited to two models, one of them in one version."""
        for saved, version in [("a", "v1"), ("a", "v2"), ("b", "v1"), ("b", "v2"), ("c", "v1")]:
            quintain.add(f"{name} {saved}", target.config(), model_version=version)
        key = quintain.new_key("caller", models=[f"{name} a", f"{name} b:v1"])

        def call(model, **headers):
            body = {"model": f"{name} {model}", "messages": [{"role": "user", "content": "Hi"}]}
            answer = quintain.call("POST", "/v1/chat/completions", body, key=key, headers=headers)
            return answer.status_code

        call.key = key
        return call

    def test_it_calls_what_its_list_names_and_nothing_else(self, call):
        statuses = {each: call(each) for each in ("a", "a:v1", "a:v2", "b:v1", "b:v2", "b", "c")}

        assert statuses == {
            "a": 200, "a:v1": 200, "a:v2": 200, "b:v1": 200, "b:v2": 403, "b": 403, "c": 403,
        }  # fmt: skip

    def test_the_headers_are_no_way_around_its_list(self, call, name):
        assert call("a", **{"X-Enkrypt-Model": f"{name} c"}) == 403
        assert (
            call("b:v1", **{"X-Enkrypt-Model": f"{name} b", "X-Enkrypt-Model-Version": "v2"}) == 403
        )

    def test_it_sees_only_what_it_may_call(self, quintain, call, name):
        ids = [r["id"] for r in accepted(quintain.call("GET", "/v1/models", key=call.key))["data"]]

        assert set(ids) == {f"{name} {each}" for each in ("a", "a:v1", "a:v2", "b:v1")}
        assert quintain.call("GET", f"/v1/models/{name} c", key=call.key).status_code == 404


class TestAdminKey:
    def test_the_first_start_makes_one_and_shows_it_once(self, own_quintain):
        server = own_quintain(QUINTAIN_ADMIN_KEY="")
        key = server.started["admin_key"]

        accepted(server.call("GET", "/keys", key=key))
        server.stop()
        server.start()

        assert server.started["admin_key"] is None
        accepted(server.call("GET", "/keys", key=key))

    def test_the_last_one_that_works_cannot_be_revoked(self, own_quintain):
        server = own_quintain()
        (only,) = accepted(server.call("GET", "/keys"))["keys"]

        refused(server.call("DELETE", f"/keys/{only['id']}"), 409, "last_admin_key")
        server.new_key("admin", expires_in_s=3600)
        accepted(server.call("DELETE", f"/keys/{only['id']}"))
        refused(server.call("GET", "/keys"), 401, "unauthorized")

    def test_another_given_one_replaces_the_earlier(self, own_quintain):
        server = own_quintain()
        server.stop()
        server.env["QUINTAIN_ADMIN_KEY"] = another = "another-admin-key-0123456789abcdefgh"
        server.start()

        accepted(server.call("GET", "/keys", key=another))
        refused(server.call("GET", "/keys", key=ADMIN_KEY), 401, "unauthorized")
