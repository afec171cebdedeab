"""`quintain demo` and the commands against a real server and a real target."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROCESS_DEADLINE_S = 20
DEMO_S = 60  # for two cores that have other work too
REPORT = "quintain-demo-report.html"
QUINTAIN = [sys.executable, "-m", "quintain"]


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUINTAIN_")}
    return kept | {"PYTHONUNBUFFERED": "1"} | more


def run(*command, stdin="", cwd=None, **environ):
    return subprocess.run(
        [*QUINTAIN, *command],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
        cwd=cwd,
        env=environment(**environ),
    )


def ours(folder):
    """The processes whose command line or environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in text:
            found.append(int(process.name))
    return found


@pytest.fixture
def place(tmp_path):
    """A TMPDIR by which every process of a demo can be told from others."""
    return tmp_path


@pytest.fixture
def here(tmp_path_factory):
    """Where the user is when a demo runs."""
    return tmp_path_factory.mktemp("here")


@pytest.fixture
def kept(place, here):
    """A demo that stays, with its lines up to the point where it waits."""
    process = subprocess.Popen(
        [*QUINTAIN, "demo", "--keep"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=here,
        env=environment(TMPDIR=str(place)),
    )
    try:
        for line in process.stdout:
            if "QUINTAIN_LOCAL_FILE=" in line:
                process.local = line.partition("=")[2].strip()
            if "any client of OpenAI's API" in line:  # the last one
                break
        yield process
    finally:
        process.kill()
        process.communicate()
        for pid in ours(place):
            os.kill(pid, signal.SIGKILL)


def test_the_demo_shows_it_all_and_leaves_nothing_but_its_report(place, here):
    began = time.monotonic()
    ended = run("demo", TMPDIR=str(place), COLUMNS="80", cwd=here)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert time.monotonic() - began < DEMO_S
    assert ended.stdout.count("✓ answer") == 2  # both ladders are whole
    assert "GOLDFINCH-7731" in ended.stdout
    assert "The weak spot" in ended.stdout
    assert "attacks got through" in ended.stdout
    assert "System prompt leak" in ended.stdout
    found = ended.stdout.partition("It found the weak spot")[2].splitlines()[0]
    assert "role play" in found
    assert "base64" in found
    assert str(here / REPORT) in ended.stdout
    assert [file.name for file in here.iterdir()] == [REPORT]
    assert "GOLDFINCH-7731" in (here / REPORT).read_text()
    assert "/docs" in ended.stdout
    assert "quintain serve" in ended.stdout
    assert "\x1b" not in ended.stdout
    assert ours(place) == []
    assert list(place.iterdir()) == []


def test_the_demo_can_be_had_twice_in_one_data_directory(place, tmp_path, here):
    data = tmp_path / "data"
    for _ in range(2):
        ended = run("demo", "--data-dir", str(data), TMPDIR=str(place), cwd=here)
        assert ended.returncode == 0, ended.stderr
    assert (data / "quintain.db").exists()


def test_a_demo_that_cannot_start_says_why_and_is_exit_1(place):
    ended = run("demo", "--data-dir", "/dev/null/data", TMPDIR=str(place))
    assert ended.returncode == 1
    assert "did not start" in ended.stderr
    assert "/dev/null/data" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ours(place) == []


def test_a_kept_demo_answers_the_other_commands(kept):
    def quintain(*command, **how):
        return run(*command, QUINTAIN_LOCAL_FILE=kept.local, **how)

    listed = json.loads(quintain("models", "list", "--json").stdout)
    assert [model["model_saved_name"] for model in listed["models"]] == ["desk", "desk-openai"]
    shown = quintain("runs", "show", "1")
    assert shown.returncode == 0
    assert "attacks got through" in shown.stdout
    checked = quintain("check", "desk")
    assert checked.returncode == 0
    assert "Healthy." in checked.stdout
    asked = quintain("call", "desk-openai", "-", stdin="When are your branches open?")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "Monday to Friday" in asked.stdout
    shown = quintain("models", "show", "desk").stdout
    copied = quintain("models", "add", "-f", "-", "--version", "v2", stdin=shown)
    assert copied.returncode == 7
    assert "model_config.apikeys[0]" in copied.stderr
    assert quintain("models", "edit", "desk", "--rate", "5").returncode == 0
    assert "rate_per_min" in quintain("models", "history", "desk:v1").stdout
    assert quintain("models", "show", "nobody").returncode == 5
    key = quintain("keys", "create", "--role", "viewer", "--expires", "1h").stdout.strip()
    limited = run(
        "models", "remove", "desk", "--yes", QUINTAIN_LOCAL_FILE=kept.local, QUINTAIN_API_KEY=key
    )
    assert limited.returncode == 4
    rotated = quintain("vault", "rotate", "--json")
    assert json.loads(rotated.stdout)["rotation"]["error"] is None
    assert "Monday to Friday" in quintain("call", "desk", "When are your branches open?").stdout
    assert quintain("models", "remove", "desk", "--yes").returncode == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_kept_demo_ends_with_its_processes(kept, place, number, code):
    kept.send_signal(number)
    _, err = kept.communicate(timeout=PROCESS_DEADLINE_S)
    assert kept.returncode == code
    assert "Traceback" not in err
    assert ours(place) == []


def test_a_kept_demo_notices_when_its_server_ends(kept, place):
    for pid in ours(place):
        if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    _, err = kept.communicate(timeout=PROCESS_DEADLINE_S)
    assert kept.returncode == 1
    assert "The server ended" in err
    assert ours(place) == []


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run(
            *("serve", "--port", str(taken.getsockname()[1]), "--data-dir", str(tmp_path / "data")),
            QUINTAIN_LOCAL_FILE=str(tmp_path / "l.json"),
        )
    assert ended.returncode == 1
    assert "Choose another" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_setting_that_is_not_right_is_named_without_its_value(tmp_path):
    ended = run("serve", QUINTAIN_DRAIN_S="secret-value", QUINTAIN_LOCAL_FILE=str(tmp_path / "l"))
    assert ended.returncode == 2
    assert "QUINTAIN_DRAIN_S" in ended.stderr
    assert "secret-value" not in ended.stderr
