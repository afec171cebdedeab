"""The vault of a serving process: moving to a new master key, wrong keyrings, lost keys."""

import base64
import json
import shutil
import sqlite3
import threading
from contextlib import contextmanager

import pytest

from tests.served.quintain import Quintain, until
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


def keys_in(path):
    return [line for line in path.read_text().splitlines() if line and line[0] != "#"]


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
        path = server.data_dir / "keyring"
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(keys_in(path)) == 2
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
        path.write_text(keys_in(path)[0] + "\n")

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


@pytest.fixture(scope="module")
def written(tmp_path_factory, _hosted):
    """The data directory of a stopped server with one model."""
    server = Quintain(tmp_path_factory.mktemp("written") / "data").start()
    add(server, _hosted.target, "kept")
    server.stop()
    return server.data_dir


class TestStart:
    @pytest.fixture
    def fails(self, written, tmp_path):
        """Call it to start a server on a copy of that, and get its exit status and sentence."""
        server = Quintain(shutil.copytree(written, tmp_path / "data"))

        def start(**env):
            server.env = env
            with pytest.raises(AssertionError) as failure:
                server.start()
            return server.status, str(failure.value)

        start.server = server
        yield start
        server.stop()

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


@pytest.fixture(scope="module")
def lost_server(tmp_path_factory, _hosted):
    """`new` was written with the key that is there, `plain` has no secret.

    All others were written with a key that is lost now; each test changes one of its own.
    """
    target = _hosted.target
    config = target.config(
        apikeys=[key_of("old"), key_of("older")],
        custom_headers=[{"key": "X-Tenant", "value": "tenant secret 0123456789"}],
    )
    server = Quintain(tmp_path_factory.mktemp("lost") / "data", QUINTAIN_KEYRING=ONE).start()
    for name in ("old", "to change", "to enter again", "to delete"):
        server.add(name, config)
    server.add("plain", target.config(apikeys=[]))
    server.stop()
    server.env = {"QUINTAIN_KEYRING": f"{TWO}, {ONE}"}
    add(server.start(), target, "new")
    server.stop()
    server.env = {"QUINTAIN_KEYRING": TWO}
    yield server.start()
    server.stop()


class TestLostKey:
    def lost(self, lost_server):
        return accepted(lost_server.call("GET", "/vault"))["needs_reentry"]

    def test_the_listing_shows_what_needs_re_entry_and_the_others_as_ever(self, lost_server):
        models = accepted(lost_server.call("GET", "/models/list-models"))["models"]
        by_name = {m["model_saved_name"]: m["model_config"] for m in models}

        assert by_name["old"]["apikeys"] == ["needs re-entry"] * 2
        assert by_name["old"]["custom_headers"][0]["value"] == "needs re-entry"
        assert by_name["new"]["apikeys"] == ["sk-...efgh"]

    def test_a_call_is_refused_for_good_and_the_others_go_on(self, lost_server, target):
        answer = call(lost_server, "old")

        assert answer.status_code == 424
        assert answer.headers["x-should-retry"] == "false"
        assert answer.json()["error"]["code"] == "credential_needs_reentry"
        assert target.arrivals == []
        for name in ("new", "plain"):
            accepted(call(lost_server, name))

    def test_health_says_so_at_the_first_stage(self, lost_server):
        named = {"X-Enkrypt-Model": "old"}
        health = accepted(lost_server.call("POST", "/redteam/v3/model/model-health", headers=named))

        assert health["status"] == "unhealthy"
        assert health["message"].startswith("config: ")
        assert "entered again" in health["message"]

    def test_the_vault_counts_it_and_the_log_warns(self, lost_server):
        assert self.lost(lost_server) >= 2
        (line,) = [
            json.loads(each) for each in lost_server.logs().splitlines() if "need re-entry" in each
        ]
        assert line["models"] == 4

    def test_a_change_that_touches_no_secret_works(self, lost_server):
        changed = accepted(modify(lost_server, "to change", rate_per_min=3))["data"]

        assert changed["model_config"]["rate_per_min"] == 3
        assert changed["model_config"]["apikeys"] == ["needs re-entry"] * 2

    def test_a_change_of_one_secret_asks_for_them_all(self, lost_server):
        wrong = refused(modify(lost_server, "to change", apikeys=[key_of("old")]), 422, "invalid")

        assert set(wrong) == {"model_config.custom_headers.0.value"}

    def test_with_all_secrets_given_again_it_is_well(self, lost_server, target):
        before = self.lost(lost_server)
        header = [{"key": "X-Tenant", "value": "tenant again 0123456789"}]
        name = "to enter again"
        accepted(modify(lost_server, name, apikeys=[key_of("again")], custom_headers=header))

        accepted(call(lost_server, name))
        assert sent_key(target) == key_of("again")
        assert target.arrivals[-1].headers["X-Tenant"] == "tenant again 0123456789"
        assert self.lost(lost_server) == before - 1

    def test_it_can_be_deleted(self, lost_server):
        before = self.lost(lost_server)
        named = {"X-Enkrypt-Model": "to delete"}

        accepted(lost_server.call("DELETE", "/models/delete-model", headers=named))

        assert self.lost(lost_server) == before - 1

    def test_putting_the_key_back_opens_it_again(self, lost_server, target):
        lost_server.stop()
        lost_server.env = {"QUINTAIN_KEYRING": f"{THREE} {TWO} {ONE}"}
        try:
            lost_server.start()
            accepted(call(lost_server, "old"))
            assert sent_key(target) in {key_of("old"), key_of("older")}
        finally:
            lost_server.stop()
            lost_server.env = {"QUINTAIN_KEYRING": TWO}
            lost_server.start()


CHANGES = {
    "garbled": "UPDATE secrets SET sealed = zeroblob(60) WHERE model_id = {id}",
    "another model's": "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE model_id = 1) WHERE model_id = {id}",
    "another data key": "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE model_id = 1) WHERE model_id = {id}",
    "another host": "UPDATE models SET config = replace(config, '127.0.0.1', '127.0.0.2') WHERE id = {id}",
    "gone": "DELETE FROM secrets WHERE model_id = {id}",
}  # fmt: skip


@pytest.fixture(scope="module")
def tampered(tmp_path_factory, _hosted):
    server = Quintain(tmp_path_factory.mktemp("tampered") / "data").start()
    ids = {name: add(server, _hosted.target, name)["model_id"] for name in ("whole", *CHANGES)}
    server.stop()
    with _store(server) as store:
        for name, change in CHANGES.items():
            assert store.execute(change.format(id=ids[name])).rowcount == 1
    yield server.start()
    server.stop()


class TestTampered:
    """Someone who can write to the store, and has no master key."""

    @pytest.mark.parametrize("name", CHANGES)
    def test_a_changed_row_hurts_that_credential_alone(self, tampered, target, name):
        models = accepted(tampered.call("GET", "/models/list-models"))["models"]
        shown = {m["model_saved_name"]: m["model_config"]["apikeys"] for m in models}

        assert shown[name] == ["needs re-entry"]
        answer = call(tampered, name)
        assert answer.status_code == 424
        assert answer.json()["error"]["code"] == "credential_needs_reentry"
        assert target.arrivals == []

    def test_the_others_go_on(self, tampered, target):
        accepted(call(tampered, "whole"))
        assert sent_key(target) == key_of("whole")
