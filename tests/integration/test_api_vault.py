"""The vault of a serving process: moving to a new master key, wrong keyrings, lost keys."""

import base64
import json
import sqlite3
import threading
from contextlib import contextmanager

import pytest

from tests.served.quintain import until
from tests.served.shapes import accepted, refused

ONE, TWO, THREE = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
CHAT = {"messages": [{"role": "user", "content": "Hello"}]}
MODELS = 25


def key_of(name):
    return f"sk-vault-{name}-0123456789-abcdefgh"


def add(server, target, name):
    return server.add(name, target.config(apikeys=[key_of(name)]))


def call(server, name):
    return server.call("POST", "/v1/chat/completions", CHAT | {"model": name})


def sent_key(target):
    return target.arrivals[-1].headers["Authorization"].removeprefix("Bearer ")


def modify(server, name, **config):
    named = {"X-Enkrypt-Model": name}
    return server.call("PATCH", "/models/modify-model", {"model_config": config}, headers=named)


class TestRotate:
    @pytest.fixture
    def server(self, own_quintain, target):
        server = own_quintain()
        for number in range(MODELS):
            add(server, target, f"m{number}")
        return server

    def rotated(self, server):
        accepted(server.call("POST", "/vault/rotate"))
        vault = until(lambda: self._finished(server))
        assert vault["rotation"]["error"] is None
        return vault

    @staticmethod
    def _finished(server):
        vault = accepted(server.call("GET", "/vault"))
        return None if vault["rotation"]["running"] else vault

    def test_every_model_moves_to_the_new_key_and_none_is_lost(self, server, target):
        before = accepted(server.call("GET", "/vault"))["keys"]

        after = self.rotated(server)["keys"]

        assert [key["models"] for key in before] == [MODELS]
        assert [(key["primary"], key["models"]) for key in after] == [(True, MODELS), (False, 0)]
        assert after[1]["id"] == before[0]["id"]
        accepted(call(server, "m3"))
        assert sent_key(target) == key_of("m3")

    def test_writes_and_calls_go_on_meanwhile(self, server, target):
        with self._busy(server, target) as wrong:
            for _ in range(3):
                last = self.rotated(server)

        assert wrong == []
        assert last["needs_reentry"] == 0
        assert len(last["keys"]) == 4
        self._all_open(server, target)
        server.stop()
        self._drop_old_keys(server)
        server.start()
        assert accepted(server.call("GET", "/vault"))["needs_reentry"] == 0
        self._all_open(server, target)

    def _drop_old_keys(self, server):
        """Keep the first key alone, as an operator does when the rotation has ended."""
        path = server.data_dir / "keyring"
        first = next(line for line in path.read_text().splitlines() if line and line[0] != "#")
        path.write_text(first + "\n")

    def _all_open(self, server, target):
        for model in accepted(server.call("GET", "/models/list-models"))["models"]:
            name = model["model_saved_name"]
            accepted(call(server, name))
            assert sent_key(target) == key_of(name.removeprefix("changed "))

    @contextmanager
    def _busy(self, server, target):
        """Threads that add, modify and call until the block ends; gives what went wrong."""
        wrong, ended = [], threading.Event()

        def turn(work):
            count = 0
            while not ended.is_set():
                answer = work(count)
                if answer.status_code != 200:
                    wrong.append(answer.text)
                count += 1

        def write(count):
            body = {"model_saved_name": f"new{count}", "model_version": "v1", "model_name": "m"}
            config = target.config(apikeys=[key_of(f"new{count}")])
            return server.call("POST", "/models/add-model", body | {"model_config": config})

        def change(count):
            name = f"m{count % MODELS}"
            return modify(server, name, rate_per_min=1000 + count, apikeys=[key_of(name)])

        def use(count):
            return call(server, f"m{count % MODELS}")

        threads = [threading.Thread(target=turn, args=(work,)) for work in (write, change, use)]
        for thread in threads:
            thread.start()
        try:
            yield wrong
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def test_the_keyring_file_stays_the_owner_s_alone(self, server):
        self.rotated(server)

        path = server.data_dir / "keyring"
        assert path.stat().st_mode & 0o777 == 0o600
        assert len([line for line in path.read_text().splitlines() if line and line[0] != "#"]) == 2


class TestStart:
    @pytest.fixture
    def fails(self, own_quintain, target):
        """A stopped server with one model; call it to start it, and get its status and sentence."""
        server = own_quintain()
        add(server, target, "kept")
        server.stop()

        def start(**env):
            server.env = env
            with pytest.raises(AssertionError) as failure:
                server.start()
            return server.process.wait(10), str(failure.value)

        start.server = server
        return start

    def test_another_keyring_stops_it_with_a_sentence(self, fails):
        status, said = fails(QUINTAIN_KEYRING=ONE)

        assert status == 1
        assert "Put the earlier keyring back" in said
        assert ONE not in said
        assert "Traceback" not in said

    def test_a_lost_keyring_file_stops_it_too_and_nothing_is_changed(self, fails, target):
        keyring = fails.server.data_dir / "keyring"
        kept = keyring.read_bytes()
        keyring.unlink()

        status, said = fails()

        assert status == 1
        assert "Put the earlier keyring back" in said
        keyring.write_bytes(kept)
        keyring.chmod(0o600)
        fails.server.start()
        accepted(call(fails.server, "kept"))
        assert sent_key(target) == key_of("kept")

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
    def test_a_keyring_that_others_may_read_is_refused(self, fails, mode):
        (fails.server.data_dir / "keyring").chmod(mode)

        status, said = fails()

        assert status == 1
        assert "chmod 600" in said

    @pytest.mark.parametrize("keyring", ["not a key", "c2hvcnQ=", ONE[:-2], "#"])
    def test_what_is_no_keyring_is_refused_without_being_shown(self, fails, keyring):
        status, said = fails(QUINTAIN_KEYRING=keyring)

        assert status == 1
        assert "keyring" in said.lower()
        assert "Traceback" not in said
        assert keyring == "#" or keyring not in said

    def test_a_changed_check_value_stops_it(self, fails):
        with _store(fails.server) as store:
            store.execute("UPDATE master_keys SET check_value = zeroblob(40)")

        status, said = fails()

        assert status == 1
        assert "check value" in said


@contextmanager
def _store(server):
    connection = sqlite3.connect(server.data_dir / "quintain.db", isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


class TestLostKey:
    @pytest.fixture
    def server(self, own_quintain, target):
        """`old` was written with a key that is lost now, `new` with the one that is there."""
        server = own_quintain(QUINTAIN_KEYRING=ONE)
        server.add(
            "old",
            target.config(
                apikeys=[key_of("old"), key_of("older")],
                custom_headers=[{"key": "X-Tenant", "value": "tenant secret 0123456789"}],
            ),
        )
        server.add("plain", target.config(apikeys=[]))
        server.stop()
        server.env = {"QUINTAIN_KEYRING": f"{TWO}, {ONE}"}
        server.start()
        add(server, target, "new")
        server.stop()
        server.env = {"QUINTAIN_KEYRING": TWO}
        return server.start()

    def test_the_listing_shows_what_needs_re_entry_and_the_others_as_ever(self, server):
        models = accepted(server.call("GET", "/models/list-models"))["models"]
        by_name = {m["model_saved_name"]: m["model_config"] for m in models}

        assert by_name["old"]["apikeys"] == ["needs re-entry"] * 2
        assert by_name["old"]["custom_headers"][0]["value"] == "needs re-entry"
        assert by_name["new"]["apikeys"] == ["sk-...efgh"]

    def test_a_call_is_refused_for_good_and_the_others_go_on(self, server, target):
        answer = call(server, "old")

        assert answer.status_code == 424
        assert answer.headers["x-should-retry"] == "false"
        assert answer.json()["error"]["code"] == "credential_needs_reentry"
        assert target.arrivals == []
        for name in ("new", "plain"):
            accepted(call(server, name))

    def test_health_says_so_at_the_first_stage(self, server):
        named = {"X-Enkrypt-Model": "old"}
        health = accepted(server.call("POST", "/redteam/v3/model/model-health", headers=named))

        assert health["status"] == "unhealthy"
        assert health["message"].startswith("config: ")
        assert "entered again" in health["message"]

    def test_the_vault_counts_it_and_the_log_warns(self, server):
        assert accepted(server.call("GET", "/vault"))["needs_reentry"] == 1
        (line,) = [json.loads(l) for l in server.logs().splitlines() if "need re-entry" in l]
        assert line["models"] == 1

    def test_a_change_that_touches_no_secret_works(self, server):
        changed = accepted(modify(server, "old", rate_per_min=3))["data"]

        assert changed["model_config"]["rate_per_min"] == 3
        assert changed["model_config"]["apikeys"] == ["needs re-entry"] * 2

    def test_a_change_of_one_secret_asks_for_them_all(self, server):
        wrong = refused(modify(server, "old", apikeys=[key_of("old")]), 422, "invalid")

        assert set(wrong) == {"model_config.custom_headers.0.value"}

    def test_with_all_secrets_given_again_it_is_well(self, server, target):
        header = [{"key": "X-Tenant", "value": "tenant again 0123456789"}]
        accepted(modify(server, "old", apikeys=[key_of("again")], custom_headers=header))

        accepted(call(server, "old"))
        assert sent_key(target) == key_of("again")
        assert target.arrivals[-1].headers["X-Tenant"] == "tenant again 0123456789"
        assert accepted(server.call("GET", "/vault"))["needs_reentry"] == 0

    def test_it_can_be_deleted(self, server):
        accepted(server.call("DELETE", "/models/delete-model", headers={"X-Enkrypt-Model": "old"}))
        assert accepted(server.call("GET", "/vault"))["needs_reentry"] == 0

    def test_putting_the_key_back_opens_it_again(self, server, target):
        server.stop()
        server.env = {"QUINTAIN_KEYRING": f"{THREE} {TWO} {ONE}"}
        server.start()

        accepted(call(server, "old"))
        assert sent_key(target) in {key_of("old"), key_of("older")}


class TestTampered:
    """Someone who can write to the store, and has no master key."""

    @pytest.fixture
    def server(self, own_quintain, target):
        server = own_quintain()
        for name in ("a", "b"):
            add(server, target, name)
        server.stop()
        return server

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE secrets SET sealed = zeroblob(60) WHERE model_id = 1",
            "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE model_id = 2) WHERE model_id = 1",
            "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE model_id = 2) WHERE model_id = 1",
            "UPDATE models SET config = replace(config, '127.0.0.1', '127.0.0.2') WHERE id = 1",
            "DELETE FROM secrets WHERE model_id = 1",
        ],
        ids=["garbled", "another model's", "another model's data key", "another host", "gone"],
    )
    def test_a_changed_row_hurts_that_credential_alone(self, server, target, change):
        with _store(server) as store:
            assert store.execute(change).rowcount == 1
        server.start()

        models = accepted(server.call("GET", "/models/list-models"))["models"]
        assert [m["model_config"]["apikeys"] for m in models] == [["needs re-entry"], ["sk-...efgh"]]
        assert call(server, "a").status_code == 424
        assert target.arrivals == []
        accepted(call(server, "b"))
        assert sent_key(target) == key_of("b")
