"""The main path on a registry in PostgreSQL, and two servers that share it."""

import pytest
from sqlalchemy import create_engine, inspect

from tests.served.quintain import ADMIN_KEY, until
from tests.served.shapes import accepted, changed, refused
from tests.served.target import KEY

CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def database(postgres):
    """The URL of a new database, as an operator writes it."""
    return postgres.new_database().replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture
def server(own_quintain, database):
    return own_quintain(QUINTAIN_DATABASE_URL=database)


def headers(name):
    return {"X-Enkrypt-Model": name}


def test_a_model_goes_in_answers_and_is_kept(server, target):
    body = {"model_saved_name": "Straße 100%", "model_version": "v1", "model_name": "m"}
    config = target.config(metadata={"nul": "\0", "big": 2**53}, system_prompt="x\0y")
    added = changed(
        server.call("POST", "/models/add-model", body | {"model_config": config}), "added"
    )
    assert added["model_config"]["metadata"] == {"nul": "\0", "big": 2**53}
    refused(
        server.call("POST", "/models/add-model", body | {"model_config": config}), 409, "name_taken"
    )

    named = headers("Straße 100%".encode())
    health = accepted(server.call("POST", "/redteam/v3/model/model-health", headers=named))
    assert health["status"] == "healthy", health["message"]
    accepted(server.call("POST", "/v1/chat/completions", CHAT | {"model": "Straße 100%"}))
    assert target.arrivals[-1].headers["Authorization"] == f"Bearer {KEY}"

    change = {"model_config": {"rate_per_min": 7, "apikeys": added["model_config"]["apikeys"]}}
    modified = changed(
        server.call("PATCH", "/models/modify-model", change, headers=named), "updated"
    )
    assert modified["model_config"]["rate_per_min"] == 7
    for q in ("STRASSE", "100%25", "%25"):
        assert len(accepted(server.call("GET", f"/models/list-models?q={q}"))["models"]) == 1
    assert accepted(server.call("GET", "/models/list-models?q=_"))["models"] == []

    changed(server.call("DELETE", "/models/delete-model", headers=named), "deleted")
    history = accepted(server.call("GET", "/models/history", headers=named))["revisions"]
    assert [each["action"] for each in history] == ["added", "modified", "deleted"]


def test_what_was_answered_survives_a_kill_of_the_server(server, target):
    added = server.add("kept", target.config())
    server.kill()
    server.start()

    assert accepted(server.call("GET", "/models/get-model", headers=headers("kept"))) == added
    accepted(server.call("POST", "/v1/chat/completions", CHAT | {"model": "kept"}))


def test_no_odd_text_upsets_the_store(server):
    for odd in ("9" * 30, "%00", "%F0%9F%98%80"):
        refused(server.call("DELETE", f"/keys/{odd}"), 404, "key_not_found")
        assert server.call("GET", f"/v1/models/{odd}").status_code == 404
    refused(
        server.call("GET", "/models/get-model", headers=headers(b"\xff\xfe")),
        404,
        "model_not_found",
    )
    chat = CHAT | {"model": "a\0b"}
    assert server.call("POST", "/v1/chat/completions", chat).status_code == 404


def test_nothing_is_stored_in_the_data_directory_but_its_own_files(server, database, target):
    server.add("kept", target.config())

    assert not (server.data_dir / "quintain.db").exists()
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    assert {"models", "secrets", "keys"} <= set(inspect(engine).get_table_names())
    engine.dispose()


class TestTwoServers:
    @pytest.fixture
    def second(self, own_quintain, server, database):
        keyring = next(
            line
            for line in (server.data_dir / "keyring").read_text().splitlines()
            if line[0] != "#"
        )
        return own_quintain("second", QUINTAIN_DATABASE_URL=database, QUINTAIN_KEYRING=keyring)

    def test_a_change_at_one_is_seen_by_the_other_within_a_second(self, server, second, target):
        server.add("shared", target.config())
        accepted(second.call("POST", "/v1/chat/completions", CHAT | {"model": "shared"}))

        change = {"model_config": {"apikeys": ["sk-another-key-0123456789"]}}
        accepted(server.call("PATCH", "/models/modify-model", change, headers=headers("shared")))

        def sees():
            accepted(second.call("POST", "/v1/chat/completions", CHAT | {"model": "shared"}))
            return (
                target.arrivals[-1].headers["Authorization"] == "Bearer sk-another-key-0123456789"
            )

        until(sees, timeout=5)

    def test_a_key_revoked_at_one_ends_at_the_other(self, server, second):
        key = server.new_key("viewer")
        accepted(second.call("GET", "/models/list-models", key=key))

        accepted(server.call("DELETE", f"/keys/{key[:11]}"))

        until(
            lambda: second.call("GET", "/models/list-models", key=key).status_code == 401, timeout=5
        )

    def test_both_take_the_same_admin_key(self, server, second):
        accepted(second.call("GET", "/keys", key=ADMIN_KEY))
        assert len(accepted(server.call("GET", "/keys"))["keys"]) == 1


def test_a_database_that_is_not_there_stops_the_start_with_a_sentence(own_quintain):
    with pytest.raises(AssertionError) as failure:
        own_quintain(QUINTAIN_DATABASE_URL="postgresql://nobody:hunted-password@127.0.0.1:1/none")

    assert "hunted-password" not in str(failure.value)
    assert "Traceback" not in str(failure.value)


def test_connections_that_the_database_cuts_are_made_again(server, postgres, database, target):
    server.add("kept", target.config())

    postgres.cut_connections(database)

    until(lambda: server.call("GET", "/readyz").status_code == 200, timeout=15)
    accepted(server.call("GET", "/models/get-model", headers=headers("kept")))
