"""Who may call what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.errors import Forbidden, NotFound
from quintain.http.rules import PUBLIC, RULES, SDK, MethodNotAllowed, rule_for

ROLES = {"admin", "editor", "caller", "viewer"}


def may(method, path):
    rule = rule_for(method, path)
    return {role for role in ROLES if role in rule.roles}


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("POST", "/models/add-model", {"admin", "editor"}),
        ("PATCH", "/models/modify-model", {"admin", "editor"}),
        ("DELETE", "/models/delete-model", {"admin", "editor"}),
        ("GET", "/models/get-model", {"admin", "editor", "viewer"}),
        ("GET", "/models/list-models", {"admin", "editor", "viewer"}),
        ("POST", "/redteam/v3/model-health", {"admin", "editor"}),
        ("GET", "/keys", {"admin"}),
        ("DELETE", "/keys/qt_abc", {"admin"}),
        ("POST", "/vault/rotate", {"admin"}),
        ("POST", "/v1/chat/completions", {"admin", "editor", "caller"}),
        ("POST", "/v1/audio/speech", {"admin", "editor", "caller"}),
        ("GET", "/v1/models", ROLES),
        ("GET", "/v1/models/a/b:v1", ROLES),
        ("GET", "/sdk/models/get-model", {"admin", "editor", "viewer"}),
        ("POST", "/sdk/models/add-model", {"admin", "editor"}),
    ],
)
def test_each_call_has_its_roles(method, path, roles):
    assert may(method, path) == roles


def test_a_role_without_the_right_hears_which_have_it():
    rule = rule_for("GET", "/keys")
    rule.admit("admin")
    with pytest.raises(Forbidden, match="needs one of: admin"):
        rule.admit("viewer")


def test_only_what_tells_nothing_is_public():
    public = {
        path for (_, path), roles in RULES.items() if roles is PUBLIC and not path.startswith(SDK)
    }
    assert public == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/docs",
        "/docs/{rest}",
        "/openapi.json",
        "/redteam/health",
        "/rt/health",
    }
    assert rule_for("GET", "/healthz").public
    assert not rule_for("GET", "/keys").public


def test_keys_and_vault_are_not_served_below_sdk():
    for method, path in (
        ("GET", "/sdk/keys"),
        ("POST", "/sdk/vault/rotate"),
        ("POST", "/sdk/v1/chat/completions"),
    ):
        with pytest.raises(NotFound):
            rule_for(method, path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/v1/",
        "/v2",
        "/v1models",
        "/keys/",
        "/docs/",
        "/models",
        "/models/add-model/",
        "//keys",
    ],
)
def test_what_has_no_rule_cannot_be_reached(path):
    with pytest.raises((NotFound, MethodNotAllowed)):
        rule_for("GET", path)


def test_a_wrong_method_is_told_with_the_right_ones():
    with pytest.raises(MethodNotAllowed, match="takes GET, POST, not PUT") as caught:
        rule_for("PUT", "/keys")
    assert caught.value.status == 405


@given(st.sampled_from(["GET", "POST", "PUT", "X"]), st.text("/v1keysmodl{rest}.%-", max_size=20))
def test_no_path_gets_a_rule_that_is_not_in_the_table(method, path):
    try:
        rule = rule_for(method, "/" + path)
    except (NotFound, MethodNotAllowed):
        return
    assert rule.roles in RULES.values()
