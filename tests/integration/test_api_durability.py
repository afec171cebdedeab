"""What was answered with 200 survives `kill -9`, whole."""

import sqlite3
import threading

import httpx
import pytest

from tests.served.quintain import ADMIN_KEY, until
from tests.served.shapes import accepted

WRITERS = 6
KEY = "sk-durable-0123456789-abcdefghij"


def body(name, **config):
    return {
        "model_saved_name": name,
        "model_version": "v1",
        "model_name": "m",
        "model_config": {"model_provider": "together", "apikeys": [KEY], **config},
    }


def headers(name):
    return {"X-Enkrypt-Model": name}


@pytest.fixture
def server(own_quintain):
    return own_quintain()


def test_each_kind_of_write_is_there_after_a_kill_right_behind_its_answer(server):
    for name in ("kept", "changed", "gone"):
        server.add(name, body(name)["model_config"])
    server.kill()
    server.start()
    key = server.new_key("viewer")
    server.kill()
    server.start()
    change = {"model_config": {"rate_per_min": 7}}
    modified = accepted(
        server.call("PATCH", "/models/modify-model", change, headers=headers("changed"))
    )
    server.kill()
    server.start()
    accepted(server.call("DELETE", "/models/delete-model", headers=headers("gone")))
    server.kill()
    server.start()

    listed = accepted(server.call("GET", "/models/list-models", key=key))["models"]
    assert [model["model_saved_name"] for model in listed] == ["kept", "changed"]
    assert listed[1] == modified["data"]
    history = accepted(server.call("GET", "/models/history", headers=headers("gone")))
    assert [each["action"] for each in history["revisions"]] == ["added", "deleted"]


class Writer(threading.Thread):
    """Adds, modifies and deletes its own models until the server is gone; keeps what was answered."""

    def __init__(self, url, number):
        super().__init__(daemon=True)
        self.url, self.number = url, number
        self.acknowledged = {}
        self.doubtful = None

    def run(self):
        with httpx.Client(
            base_url=self.url, headers={"apikey": ADMIN_KEY}, timeout=10, trust_env=False
        ) as client:
            try:
                for count in range(100_000):
                    self.turn(client, f"w{self.number} {count}", count)
            except httpx.TransportError:
                return

    def turn(self, client, name, count):
        self.say(client, name, ("added", None), "POST", "add-model", body(name))
        change = {"model_config": {"rate_per_min": count + 1, "apikeys": [f"{KEY}-{count}"]}}
        self.say(client, name, ("modified", count + 1), "PATCH", "modify-model", change)
        if count % 3 == 0:
            self.say(client, name, ("deleted", None), "DELETE", "delete-model")

    def say(self, client, name, what, method, path, sent=None):
        self.doubtful = name
        answer = client.request(method, f"/models/{path}", json=sent, headers=headers(name))
        accepted(answer)
        self.acknowledged[name] = what
        self.doubtful = None


@pytest.mark.parametrize("many", [60, 200])
def test_every_acknowledged_write_is_there_after_a_kill_in_the_middle_of_many(server, many):
    writers = [Writer(server.url, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    until(lambda: sum(len(writer.acknowledged) for writer in writers) > many, timeout=60)

    server.kill()
    for writer in writers:
        writer.join(30)
    server.start()

    found = {
        m["model_saved_name"]: m
        for m in accepted(server.call("GET", "/models/list-models"))["models"]
    }
    for writer in writers:
        for name, (action, rate) in writer.acknowledged.items():
            if name != writer.doubtful:
                _is_as_acknowledged(found.get(name), action, rate)
    for model in found.values():
        _is_whole(server, model)
    _is_consistent(server)
    server.add("after it all", body("x")["model_config"])


def _is_as_acknowledged(model, action, rate):
    if action == "deleted":
        assert model is None
    elif action == "added":
        assert model["model_config"]["rate_per_min"] == 20
    else:
        assert model["model_config"]["rate_per_min"] == rate


def _is_whole(server, model):
    """A model is never there without its history, nor with a key of another revision."""
    rate = model["model_config"]["rate_per_min"]
    expected = KEY if model["updated_at"] == model["created_at"] else f"{KEY}-{rate - 1}"
    assert model["model_config"]["apikeys"] == [f"sk-...{expected[-4:]}"]
    history = accepted(
        server.call("GET", "/models/history", headers=headers(model["model_saved_name"]))
    )
    actions = [each["action"] for each in history["revisions"]]
    assert actions == (["added"] if expected == KEY else ["added", "modified"])


def _is_consistent(server):
    """SQLite's own checks, and no secret without its model."""
    connection = sqlite3.connect(server.data_dir / "quintain.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in ("secrets", "data_keys"):
            orphans = f"SELECT count(*) FROM {table} WHERE model_id NOT IN (SELECT id FROM models)"
            assert connection.execute(orphans).fetchone() == (0,)
    finally:
        connection.close()
