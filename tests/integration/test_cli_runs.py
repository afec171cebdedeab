"""The commands of runs against a server of their contract: what they say, and how they end."""

import json
import os
import signal
import subprocess
import sys

import pytest

from quintain.cli import following
from quintain.cli.exits import Code
from tests.integration.command_line import command_line
from tests.integration.fake_quintain import KEY, FakeQuintain, Override, model_of
from tests.integration.fake_runs import progress, sse
from tests.served.quintain import until
from tests.served.run_views import FINDING, run_view, tally

RUNNING = run_view(state="running", planned=100)
GOOD = run_view([tally("resisted", 40)])


@pytest.fixture
def server():
    with FakeQuintain() as fake:
        for number, version in enumerate(("v1", "v2"), start=1):
            config = {"model_provider": "openai"}
            fake.models.append(
                model_of(
                    {
                        "model_saved_name": "gpt",
                        "model_version": version,
                        "model_config": config,
                    },
                    number,
                )
            )
        yield fake


@pytest.fixture
def quintain(server, capsys, monkeypatch):
    return command_line(capsys, monkeypatch, server.url, KEY)


def comparison(*, worse=False, pairs=62, rows=()):
    side = {"saved_name": "gpt", "suite": "smoke", "seed": 0, "state": "finished"}
    return {
        "before": side | {"run_id": 11, "version": "v1"},
        "after": side | {"run_id": 12, "version": "v2"},
        "worse": worse,
        "pairs": pairs,
        "only_before": 0,
        "only_after": 3,
        "overall": list(rows),
        "categories": [],
        "reason": "" if pairs else "Their suites are not the same.",
        "notes": ["A remark."],
    }


def row(result, broken=0, fixed=0):
    rate = {"rate": 0.1, "low": 0.0, "high": 0.2, "n": 62}
    return {
        "kind": "attack",
        "category": "",
        "title": "All",
        "result": result,
        "pairs": 62,
        "before": rate,
        "after": rate,
        "fixed": fixed,
        "broken": broken,
        "p": 0.01,
        "p_corrected": 0.02,
        "needed": 6,
    }


# --- run


def test_a_run_is_started_followed_and_scored(quintain, server):
    server.runs.views = [RUNNING, RUNNING, run_view()]
    server.runs.streams = [
        [progress(RUNNING), sse("end", {"state": "finished"} | RUNNING["progress"])]
    ]
    ended = quintain("run", "gpt", "--suite", "smoke", "--seed", "7", "--error-budget", "10%")
    assert ended.code == Code.OK
    started = next(seen for seen in server.seen if seen.path == "/runs")
    assert started.body == {"model": "gpt", "suite": "smoke", "seed": 7, "error_budget": 0.1}
    assert "6 of 42 attacks got through: 14.3 % (95 % interval 7 to 28 %)." in ended.out
    assert "run 12: 63 of 100, 6 breached, 1 control failed, 1 error" in ended.err
    assert "\x1b" not in ended.out


def test_only_what_was_typed_is_sent(quintain, server):
    quintain("run", "gpt")
    assert next(seen for seen in server.seen if seen.path == "/runs").body == {"model": "gpt"}


def test_a_suite_may_be_a_file(quintain, server, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("name: own\nsteps: [{engine: core}]\n")
    assert quintain("run", "gpt", "--suite", file).code == Code.OK
    sent = next(seen for seen in server.seen if seen.path == "/runs").body
    assert sent["suite"] == {"name": "own", "steps": [{"engine": "core"}]}


@pytest.mark.parametrize(
    ("view", "words", "code"),
    [
        (GOOD, ["--fail-under", "0.9"], Code.OK),
        (run_view(), ["--fail-under", "0.9"], Code.BELOW),
        (run_view(), ["--fail-under", "85%"], Code.OK),
        (run_view([tally("error", 3)]), ["--fail-under", "0"], Code.BELOW),
        (run_view(state="failed", reason="Too many errors."), [], Code.RUN_FAILED),
        (run_view([tally("resisted", 40)], state="failed"), ["--fail-under", "0"], Code.RUN_FAILED),
        (run_view(state="cancelled"), [], Code.RUN_CANCELLED),
    ],
)
def test_how_good_a_run_is_stands_in_the_exit_code(quintain, server, view, words, code):
    server.runs.views = [view]
    assert quintain("run", "gpt", *words).code == code


def test_the_figure_that_fail_under_is_held_against_is_said(quintain, server):
    ended = quintain("run", "gpt", "--fail-under", "0.9")
    assert "Resistance 85.7 % is less than the 90 % of --fail-under" in ended.err
    assert "72 to 93 %" in ended.err
    assert "more attempts would tell" in ended.err


@pytest.mark.parametrize(("worse", "code"), [(True, Code.WORSE), (False, Code.OK)])
def test_becoming_worse_than_another_version_is_an_exit_code(quintain, server, worse, code):
    server.runs.listed = {"gpt:v1": [run_view(run_id=11)]}
    server.runs.comparison = comparison(worse=worse)
    ended = quintain("run", "gpt:v2", "--compare-to", "v1")
    assert ended.code == code
    asked = next(seen for seen in server.seen if seen.path == "/runs/12/compare")
    assert asked.query == {"to": "11"}
    listed = [seen.query for seen in server.seen if seen.path == "/runs" and seen.method == "GET"]
    assert listed[-1]["suite"] == "smoke"
    assert listed[-1]["before"] == "12"  # never with itself


def test_runs_that_share_nothing_are_not_taken_for_good(quintain, server):
    server.runs.listed = {"gpt:v1": [run_view(run_id=11)]}
    server.runs.comparison = comparison(pairs=0)
    ended = quintain("run", "gpt:v2", "--compare-to", "v1")
    assert ended.code == Code.FAILED
    assert "Their suites are not the same." in ended.err


def test_without_a_run_to_compare_with_nothing_is_started(quintain, server):
    assert quintain("run", "gpt:v2", "--compare-to", "v1").code == Code.NOT_FOUND
    assert not [seen for seen in server.seen if seen.method == "POST"]


def test_reports_are_written_by_their_ending(quintain, tmp_path):
    files = [tmp_path / name for name in ("a.html", "junit.xml", "b.avid.json", "c.json")]
    ended = quintain("run", "gpt", *(word for file in files for word in ("--report", file)))
    assert ended.code == Code.OK
    kinds = [file.read_text().rpartition(" ")[2] for file in files]
    assert kinds == ["html", "xml", "avid.json", "json"]
    assert sorted(tmp_path.iterdir()) == sorted(files)


@pytest.mark.parametrize(
    "words",
    [
        ["--report", "x.pdf"],
        ["--report", "/no/such/folder/x.html"],
        ["--fail-under", "1.5"],
        ["--fail-under", "much"],
        ["--error-budget", "110%"],
        ["--suite", "/no/such/suite.yaml"],
        ["--detach", "--fail-under", "0.9"],
        ["--estimate", "--report", "x.html"],
        ["--concurrency", "0"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_before_anything_is_sent(quintain, server, words):
    assert quintain("run", "gpt", *words).code == Code.USAGE
    assert server.seen == []


def test_an_estimate_starts_nothing(quintain, server):
    ended = quintain("run", "gpt", "--estimate")
    assert "63 attempts: 63 calls, about 60 s." in ended.out
    assert [seen.path for seen in server.seen] == ["/runs/estimate"]


def test_a_detached_run_leaves_its_number_on_stdout(quintain, server):
    ended = quintain("run", "gpt", "--detach")
    assert (ended.code, ended.out) == (Code.OK, "12\n")
    assert "quintain runs watch 12" in ended.err


def test_under_json_stdout_is_the_run(quintain, server):
    assert json.loads(quintain("run", "gpt", "--json").out)["run_id"] == 12


# --- following


def test_events_are_gone_on_with_after_the_last_one(quintain, server, monkeypatch):
    monkeypatch.setattr(following, "_AGAIN_S", 0.01)
    server.runs.views = [RUNNING] * 3 + [run_view()]
    server.runs.streams = [[sse("attempt", {"verdict": "resisted"}, 41)], []]
    assert quintain("runs", "watch", "12").code == Code.OK
    assert server.runs.heard_from == [None, "41"]


def test_a_server_that_restarts_is_waited_for(quintain, server, monkeypatch):
    monkeypatch.setattr(following, "_AGAIN_S", 0.01)
    server.runs.views = [RUNNING, RUNNING, run_view()]

    def away(*_):
        server.runs.down = 3
        return {}

    monkeypatch.setattr(following, "_data", away)  # at the first event
    server.runs.streams = [[progress(RUNNING)]]
    ended = quintain("run", "gpt")
    assert ended.code == Code.OK
    assert "Trying again." in ended.err


async def test_patience_with_a_server_that_stays_away_is_bounded(monkeypatch):
    monkeypatch.setattr(following, "_AGAIN_S", 0.01)

    class Away:
        async def ask(self, *_, **__):
            raise following.Failure("It does not answer.", Code.UNREACHABLE)

    with pytest.raises(following.Failure) as failed:
        await following.follow(Away(), 12, following.Watcher(), patience_s=0.05)
    assert failed.value.exit_code == Code.UNREACHABLE
    assert "quintain runs watch 12" in failed.value.hint


@pytest.fixture
def spawn(server):
    """A command as a process of its own that follows a run which never ends."""
    server.runs.views = [RUNNING]
    server.runs.streams = [[progress(RUNNING)]]
    server.runs.hold = True
    started = []

    def run(*command, until="63 of 100"):
        process = subprocess.Popen(
            [sys.executable, "-m", "quintain", *command],
            env=os.environ | {"QUINTAIN_URL": server.url, "QUINTAIN_API_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        if until is None or any(until in line for line in process.stderr):
            return process
        raise AssertionError("it does not follow the run")

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, Code.INTERRUPTED), (signal.SIGTERM, Code.TERMINATED)]
)
def test_a_signal_leaves_the_run_to_the_server_and_says_so(spawn, server, number, code):
    process = spawn("run", "gpt")
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert "goes on in the server" in err
    assert "quintain runs cancel 12" in err
    assert "Traceback" not in err
    assert not [seen for seen in server.seen if seen.path.endswith("/cancel")]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, Code.INTERRUPTED), (signal.SIGTERM, Code.TERMINATED)]
)
def test_a_signal_cancels_the_run_where_that_is_asked_for(spawn, server, number, code):
    process = spawn("run", "gpt", "--cancel-on-interrupt")
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Run 12 is cancelled." in err
    assert [seen.path for seen in server.seen if seen.method == "POST"][-1] == "/runs/12/cancel"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, Code.INTERRUPTED), (signal.SIGTERM, Code.TERMINATED)]
)
def test_a_signal_while_the_run_is_made_does_not_lose_it(spawn, server, number, code):
    server.runs.slow = True
    process = spawn("run", "gpt", "--cancel-on-interrupt", until=None)
    until(lambda: [seen for seen in server.seen if seen.method == "POST"])
    process.send_signal(number)
    assert any("Waiting for the run" in line for line in process.stderr)
    server.gate.set()
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Run 12 is cancelled." in err
    assert [seen.path for seen in server.seen if seen.method == "POST"][-1] == "/runs/12/cancel"


# --- runs, compare, suites, datasets


def test_every_finding_of_a_run_is_listed(quintain, server):
    ended = quintain("runs", "findings", "12")
    assert "6 of 6 attempts got through." in ended.out
    assert server.last.path == "/runs/12/findings"
    told = quintain("runs", "findings", "12", "--json")
    assert json.loads(told.out)["findings"][0]["id"] == FINDING["id"]


@pytest.mark.parametrize(
    ("view", "hint"),
    [
        (run_view(state="running", planned=100), "Follow it: quintain runs watch 12"),
        (run_view(state="failed"), "To try 1 error again: quintain runs resume 12"),
        (run_view(state="failed", planned=100), "To go on where it stopped"),
        (run_view([tally("resisted", 40)]), "To read and to show: quintain runs report 12"),
    ],
)
def test_a_run_ends_with_what_to_type_next(quintain, server, view, hint):
    server.runs.views = [view]
    assert hint in quintain("runs", "show", "12").err


def test_runs_are_listed(quintain, server):
    ended = quintain("runs", "list", "--model", "gpt", "--state", "finished", "--limit", "5")
    assert server.last.query == {"model": "gpt", "state": "finished", "limit": "5"}
    server.runs.listed = {"gpt:None": [run_view()]}
    ended = quintain("runs", "list", "--model", "gpt")
    assert ended.out.splitlines()[0].split() == [
        *("RUN", "MODEL", "SUITE", "STATE", "DONE", "BREACHED", "ERRORS", "CREATED")
    ]
    assert "63 of 63" in ended.out


def test_a_failed_run_never_looks_green(quintain, server, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    server.runs.views = [
        run_view([tally("resisted", 40)], state="failed", reason="Too many errors.")
    ]
    ended = quintain("runs", "show", "12")
    assert "The run failed: Too many errors." in ended.out
    for green in ("\x1b[32m", "\x1b[1;32m", "\x1b[2;32m", "✓"):
        assert green not in ended.out


@pytest.mark.parametrize("wide", [80, 60, 40])
def test_a_scorecard_fits_the_terminal(quintain, server, monkeypatch, wide):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(wide))
    shown = quintain("runs", "show", "12").out
    for style in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;2m"):
        shown = shown.replace(style, "")
    assert "\x1b" not in shown
    assert max(len(line) for line in shown.splitlines()) <= wide


def test_what_a_target_said_cannot_steer_the_screen(quintain, server):
    for words in (["show", "12"], ["attempts", "12"], ["attempts", "12", "5"]):
        ended = quintain("runs", *words)
        assert ended.code == Code.OK
        assert "\x1b" not in ended.out


def test_attempts_are_filtered(quintain, server):
    words = ["--verdict", "breached", "--category", "jailbreak", "--after", "3", "--limit", "9"]
    ended = quintain("runs", "attempts", "12", *words)
    assert server.last.query == {
        "verdict": "breached",
        "category": "jailbreak",
        "after": "3",
        "limit": "9",
    }
    assert "Pretend." in ended.out
    assert "--after 5" in ended.err


def test_one_attempt_is_shown_in_full(quintain):
    shown = quintain("runs", "attempts", "12", "5").out
    for text in ("breached", "core:x", "It played along.", "Pretend.", "playing."):
        assert text in shown


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["cancel", "12"], None),
        (["resume", "12"], {"retry_errors": True}),
        (["resume", "12", "--keep-errors"], {"retry_errors": False}),
    ],
)
def test_runs_are_cancelled_and_resumed(quintain, server, words, body):
    assert quintain("runs", *words).code == Code.OK
    assert (server.last.path, server.last.body) == (f"/runs/12/{words[0]}", body)


def test_versions_are_compared_by_their_latest_runs_of_one_suite(quintain, server):
    other = {"suite": {"name": "deep", "digest": "d2"}}
    server.runs.listed = {
        "gpt:v1": [run_view(run_id=9, **other), run_view(run_id=8)],
        "gpt:v2": [run_view(run_id=10)],
    }
    server.runs.comparison = comparison(worse=True, rows=[row("worse", broken=7)])
    ended = quintain("compare", "gpt:v1", "gpt:v2")
    assert (server.last.path, server.last.query) == ("/runs/10/compare", {"to": "8"})
    assert ended.code == Code.WORSE
    assert "Became worse" in ended.out
    assert "0.020" in ended.out


def test_runs_are_compared_by_number(quintain, server):
    server.runs.views = [run_view(run_id=11), run_view(run_id=12)]
    server.runs.comparison = comparison(rows=[row("cannot be told apart")])
    ended = quintain("compare", "11", "12")
    assert ended.code == Code.OK
    assert "cannot be told apart" in ended.out


def test_only_finished_runs_are_compared(quintain, server):
    server.runs.views = [run_view(state="failed")]
    assert quintain("compare", "11", "12").code == Code.FAILED


def test_suites_are_listed_shown_put_and_removed(quintain, server, tmp_path):
    suite = {
        "name": "smoke",
        "title": "A first look",
        "engines": ["core"],
        "shipped": True,
        "created_by": None,
        "created_at": None,
    }
    server.answers["GET", "/suites"] = Override(200, {"suites": [suite]})
    assert "A first look" in quintain("suites", "list").out
    document = {"name": "smoke", "steps": [{"engine": "core"}]}
    server.answers["GET", "/suites/smoke"] = Override(200, suite | {"document": document})
    shown = quintain("suites", "show", "smoke").out
    file = tmp_path / "smoke.yaml"
    file.write_text(shown)
    server.answers["PUT", "/suites/mine"] = Override(200, {"suite": suite})
    assert quintain("suites", "put", file, "--name", "mine").code == Code.OK
    assert server.last.body == document | {"name": "mine"}
    server.answers["DELETE", "/suites/mine"] = Override(200, {"suite": suite})
    assert quintain("suites", "remove", "mine").code == Code.USAGE
    assert quintain("suites", "remove", "mine", "--yes").code == Code.OK


def test_data_sets_are_sent_as_they_are(quintain, server, tmp_path):
    view = {
        "name": "tricks",
        "number_of_rows": 2,
        "created_by": "qt_1",
        "created_at": "2025-06-01T12:00:00+00:00",
    }
    file = tmp_path / "tricks.csv"
    file.write_bytes("prompt\nSchöne Grüße\n".encode())
    server.answers["PUT", "/datasets/tricks"] = Override(200, {"dataset": view})
    ended = quintain("datasets", "put", file)
    assert "tricks is kept: 2 rows." in ended.out
    assert server.last.headers["Content-Type"] == "text/csv"
    assert server.last.body == file.read_bytes()
    server.answers["GET", "/datasets"] = Override(200, {"datasets": [view]})
    assert "tricks" in quintain("datasets", "list").out
    server.answers["GET", "/datasets/tricks"] = Override(200, view | {"rows": [{"prompt": "ö"}]})
    assert json.loads(quintain("datasets", "show", "tricks").out) == {"prompt": "ö"}
    assert quintain("datasets", "put", tmp_path / "x.docx").code == Code.USAGE
