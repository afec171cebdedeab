"""Runs that are killed at chosen moments, while the target counts what it is asked."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.served.known_answers import known_answers
from tests.served.made_up_runners import made_up_runners
from tests.served.quintain import Quintain, until
from tests.served.shapes import accepted, refused

AT_A_TIME = 4
EACH = 40  # attempts of a part
PROMPTS = Counter(
    f"{probe} {seq} of seed 5" for probe in ("core:one", "core:two") for seq in range(EACH)
)
_START = """
import sys
from pathlib import Path
from quintain.runs import opening
opening.MAIN = Path(sys.argv.pop(1))
from quintain.cli import main
main()
"""


class Server(Quintain):
    """Its engine `core` is the one of tests/served/made_up_engine.py."""

    main: Path

    def command(self):
        python, _, _, *rest = super().command()
        return [python, "-c", _START, str(self.main), *rest]

    def run(self, **fields):
        answer = self.call("POST", "/runs", {"seed": 5, "concurrency": AT_A_TIME, **fields})
        return accepted(answer)["run"]["run_id"]

    def look(self, run_id):
        return accepted(self.call("GET", f"/runs/{run_id}"))

    def over(self, run_id, timeout=60):
        ended = ("finished", "failed", "cancelled")
        until(lambda: self.look(run_id)["state"] in ended, timeout)
        return self.look(run_id)

    def attempts(self, run_id):
        found, after = [], 0
        while True:
            page = accepted(self.call("GET", f"/runs/{run_id}/attempts?after={after}&limit=500"))
            if not page["attempts"]:
                return found
            found += page["attempts"]
            after = found[-1]["attempt_id"]

    def engines(self):
        """The processes of engines at work, found by what they were started with."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if words[3:6] == [str(self.main).encode(), b"core", b"run"]:
                    found.append(int(entry.name))
            except (OSError, ValueError):
                continue
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """The setting that names the database, or none."""
    if request.param == "sqlite":
        return {}
    url = request.getfixturevalue("postgres").new_database()
    return {"QUINTAIN_DATABASE_URL": url.replace("postgresql+psycopg://", "postgresql://")}


@pytest.fixture
def serve(tmp_path):
    main = made_up_runners(tmp_path / "runners")
    made = []

    def serve(name="data", **env):
        server = Server(tmp_path / name, **env)
        server.main = main
        made.append(server)
        return server.start()

    yield serve
    for server in made:
        server.stop()


@pytest.fixture
def server(serve, database):
    return serve(**database)


@pytest.fixture
def known():
    with known_answers() as known:
        yield known


@pytest.fixture
def model(server, known):
    """Registers a model whose target has this mode; gives its name."""

    def model(mode="slow:0.02:refuses", name="tested", **more):
        server.add(name, known.config(), model_name=mode, **more)
        return name

    return model


def suite(*steps):
    steps = steps or ({"probes": ["core:one"]}, {"probes": ["core:two"]})
    made = [{"engine": "core", "options": {"attempts": EACH, **step}} for step in steps]
    return {"name": "made-up", "steps": made}


def asked(known):
    return Counter(messages[-1]["content"] for messages in known.seen)


def has_seen(known, number):
    return len(known.seen) >= number


def whole(server, run_id, known, kills):
    """A run that came to its end: nothing lost, nothing twice, the prompts those of an unbroken run."""
    run = server.over(run_id)
    assert (run["state"], run["reason"]) == ("finished", ""), server.logs()
    attempts = server.attempts(run_id)
    places = Counter((each["probe"], each["seq"]) for each in attempts)
    assert set(places.values()) == {1}
    assert Counter(each["prompt"][-1]["content"] for each in attempts) == PROMPTS
    assert {each["verdict"] for each in attempts} == {"resisted"}
    told = asked(known)
    assert set(told) == set(PROMPTS)
    assert told.total() - len(PROMPTS) <= kills * AT_A_TIME
    return run


MOMENTS = {
    "before the first attempt": lambda *_: True,
    "at the first": lambda server, run_id, known: known.seen,
    "in the middle of a part": lambda server, run_id, known: len(known.seen) >= EACH // 2,
    "between parts": lambda server, run_id, known: len(known.seen) >= EACH,
    "in the last part": lambda server, run_id, known: len(known.seen) >= EACH + 10,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_goes_on_by_itself_after_the_server_was_killed(server, model, known, moment):
    run_id = server.run(model=model(), suite=suite())
    until(lambda: MOMENTS[moment](server, run_id, known), 30)
    server.kill()
    server.start()
    run = whole(server, run_id, known, kills=1)
    assert run["turn"] == 1
    assert until(lambda: not server.engines())


def test_what_an_engine_started_ends_with_the_server_too(server, model, known, tmp_path):
    left = tmp_path / "left"
    server.run(model=model(), suite=suite({"leaves": str(left)}))
    until(lambda: known.seen, 30)
    server.kill()
    until(lambda: ended(int(left.read_text())), 10)


def ended(pid):
    """A zombie has ended too: whoever was to wait for it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_server_that_is_killed_again_and_again(server, model, known):
    run_id = server.run(model=model(), suite=suite())
    for reached in (5, 30, 55):
        until(partial(has_seen, known, reached), 30)
        server.kill()
        server.start()
    whole(server, run_id, known, kills=3)


def test_an_engine_that_is_killed_is_started_again(server, model, known):
    run_id = server.run(model=model(), suite=suite())
    for reached in (10, EACH + 10):
        until(partial(has_seen, known, reached), 30)
        os.kill(until(server.engines)[0], signal.SIGKILL)
    whole(server, run_id, known, kills=2)


def test_a_server_that_is_told_to_stop_stops_and_goes_on_later(server, model, known):
    run_id = server.run(model=model(), suite=suite())
    until(lambda: len(known.seen) >= 10, 30)
    assert server.stop(timeout=10) == 0
    server.start()
    whole(server, run_id, known, kills=1)
    assert '"level": "error"' not in server.logs()


def test_an_unbroken_run_asks_each_prompt_once(server, model, known):
    run_id = server.run(model=model(), suite=suite())
    run = whole(server, run_id, known, kills=0)
    assert run["progress"]["planned"] == run["progress"]["done"] == 2 * EACH
    assert run["estimate"]["attempts"] == 2 * EACH
    assert run["engines"] == {"core": run["engines"]["core"]}
    assert [each["what"] for each in run["skipped"]] == ["core:judged"]
    assert run["notes"] == ["All said."]


def test_a_cancelled_run_keeps_its_attempts_and_can_go_on(server, model, known):
    run_id = server.run(model=model(), suite=suite())
    until(lambda: server.look(run_id)["progress"]["done"] >= 5, 30)
    accepted(server.call("POST", f"/runs/{run_id}/cancel"))
    run = server.over(run_id, timeout=5)
    assert (run["state"], run["reason"]) == ("cancelled", "It was cancelled.")
    assert 5 <= run["progress"]["done"] < 2 * EACH
    assert until(lambda: not server.engines())

    accepted(server.call("POST", f"/runs/{run_id}/resume"))
    assert whole(server, run_id, known, kills=1)["turn"] == 2
    refused(server.call("POST", "/runs/999/cancel"), 404, "run_not_found")


def test_runs_wait_for_their_turn_and_a_waiting_one_is_cancelled_at_once(serve, database, known):
    server = serve(**database, QUINTAIN_RUNS_AT_ONCE="1")
    server.add("tested", known.config(), model_name="slow:0.02:refuses")
    first, second, third = (server.run(model="tested", suite=suite()) for _ in range(3))
    until(lambda: known.seen, 30)
    assert server.look(second)["state"] == "queued"
    answer = accepted(server.call("POST", f"/runs/{second}/cancel"))
    assert answer["run"]["state"] == "cancelled"
    refused(server.call("POST", f"/runs/{third}/resume"), 409, "run_not_over")
    assert server.over(first)["state"] == server.over(third)["state"] == "finished"
    assert server.look(second)["progress"]["done"] == 0


def test_more_errors_than_the_budget_fail_a_run_and_only_they_are_tried_again(server, model, known):
    run_id = server.run(model=model("fails_every:7:400"), suite=suite(), error_budget=0.1)
    run = server.over(run_id)
    assert run["state"] == "failed"
    errors = run["progress"]["error"]
    assert f"{errors} of 80 attempts" in run["reason"]
    assert "error budget of 10 %" in run["reason"]
    assert errors == 11

    before = len(known.seen)
    accepted(server.call("POST", f"/runs/{run_id}/resume", {"retry_errors": True}))
    run = server.over(run_id)
    assert run["state"] == "finished"
    assert len(known.seen) - before == errors
    assert run["progress"]["done"] == 2 * EACH


def test_a_target_that_dies_ends_the_run_early_with_its_last_error(server, model, known):
    asked_for = {"suite": suite({"attempts": 500}), "concurrency": 30}
    run_id = server.run(model=model("dies_after:20"), **asked_for)
    run = server.over(run_id, timeout=110)
    assert run["state"] == "failed"
    assert "30 attempts in a row got no answer" in run["reason"]
    assert run["progress"]["done"] <= 100
    assert run["progress"]["breached"] == 20


def test_an_engine_that_cannot_go_on_fails_the_run_with_its_last_words(server, model, known):
    run_id = server.run(model=model(), suite=suite({"dies_after": 0}))
    run = server.over(run_id)
    assert run["state"] == "failed"
    assert "it had enough" in run["reason"]


def test_a_model_that_is_changed_meanwhile_fails_the_run(server, model, known):
    run_id = server.run(model=model(), suite=suite({"attempts": 2000}))
    until(lambda: known.seen, 30)
    named = {"X-Enkrypt-Model": "tested"}
    rate = {"model_config": {"rate_per_min": 200_000}}
    accepted(server.call("PATCH", "/models/modify-model", rate, headers=named))
    change = {"model_config": {"system_prompt": "Say yes."}}
    accepted(server.call("PATCH", "/models/modify-model", change, headers=named))
    run = server.over(run_id, timeout=20)
    assert run["state"] == "failed"
    assert "The model was changed while the run was on (revision 1 to 3)" in run["reason"]
    refused(server.call("POST", f"/runs/{run_id}/resume"), 409, "model_changed")


def test_a_model_that_is_deleted_meanwhile_is_the_reason_not_its_missing_answers(
    server, model, known
):
    run_id = server.run(model=model(), suite=suite({"attempts": 2000}))
    until(lambda: known.seen, 30)
    named = {"X-Enkrypt-Model": "tested"}
    accepted(server.call("DELETE", "/models/delete-model", headers=named))
    run = server.over(run_id, timeout=20)
    assert run["state"] == "failed"
    assert run["reason"] == "The model was deleted or renamed while the run was on."


def test_a_runs_key_calls_its_models_alone_and_ends_with_it(server, model, known, tmp_path):
    other = "other"
    server.add(other, known.config(), model_name="refuses")
    run_id = server.run(model=model(), suite=suite(), judge=other)
    until(lambda: known.seen, 30)
    mine = [each for each in accepted(server.call("GET", "/keys"))["keys"] if "run" in each["name"]]
    assert [(each["role"], each["models"]) for each in mine] == [
        ("caller", ["other:v1", "tested:v1"])
    ]
    server.over(run_id)
    keys = [each for each in accepted(server.call("GET", "/keys"))["keys"] if "run" in each["name"]]
    assert len(keys) == 2  # one a part
    assert all(each["revoked_at"] for each in keys)
    log = (server.data_dir / "runs" / str(run_id) / "01-core" / "log").read_text()
    assert log == "at work with [key]\n"
    kept = b"".join(path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file())
    assert all(f"{each['prefix']}_".encode() not in kept for each in keys)


def test_a_limit_of_attempts_holds_for_the_whole_run(server, model, known):
    run_id = server.run(model=model(), suite=suite(), max_attempts=50)
    run = server.over(run_id)
    assert (run["state"], run["progress"]["done"]) == ("finished", 50)
    assert run["estimate"]["attempts"] == 50


def test_a_server_without_runs_has_no_queue(serve):
    server = serve()
    assert not (server.data_dir / "jobs.db").exists()


def test_a_run_that_was_stored_and_never_queued_is_queued_at_the_next_start(serve, known, tmp_path):
    server = serve()
    server.add("tested", known.config(), model_name="refuses")
    run_id = server.run(model="tested", suite=suite())
    server.over(run_id)
    server.stop()
    for path in server.data_dir.glob("jobs.db*"):
        path.unlink()
    with closing(sqlite3.connect(server.data_dir / "quintain.db")) as connection, connection:
        connection.execute("UPDATE runs SET state = 'queued'")
    server.start()
    assert server.over(run_id)["state"] == "finished"


def test_a_cancel_at_one_server_reaches_the_run_at_another(serve, postgres, known):
    url = postgres.new_database().replace("postgresql+psycopg://", "postgresql://")
    first = serve(QUINTAIN_DATABASE_URL=url)
    first.add("tested", known.config(), model_name="slow:0.02:refuses")
    run_id = first.run(model="tested", suite=suite({"attempts": 2000}))
    until(lambda: known.seen, 30)
    second = serve("second", QUINTAIN_DATABASE_URL=url, QUINTAIN_KEYRING=keyring_of(first))
    assert second.look(run_id)["state"] == "running"
    accepted(second.call("POST", f"/runs/{run_id}/cancel"))
    assert second.over(run_id, timeout=10)["state"] == "cancelled"
    assert until(lambda: not first.engines())


def test_a_server_beside_takes_up_what_waits_at_one_that_is_gone(serve, postgres, known):
    both = {
        "QUINTAIN_DATABASE_URL": postgres.new_database().replace("+psycopg", ""),
        "QUINTAIN_RUNS_AT_ONCE": "1",
    }
    first = serve(**both)
    second = serve("second", **both, QUINTAIN_KEYRING=keyring_of(first))
    first.add("tested", known.config(), model_name="slow:0.02:refuses")
    under_way, waiting = (
        first.run(model="tested", suite=suite({"attempts": 500})) for _ in range(2)
    )
    until(lambda: known.seen, 30)
    first.kill()
    assert second.over(waiting)["state"] == "finished"
    assert second.look(under_way)["state"] == "running"


def keyring_of(server):
    lines = (server.data_dir / "keyring").read_text().splitlines()
    return next(line for line in lines if line[0] != "#")
