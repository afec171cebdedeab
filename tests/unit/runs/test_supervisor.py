"""One part of a run, with an engine that is a real process and does what a test tells it."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.served.made_up_runners import made_up_runners

from quintain.errors import Unavailable
from quintain.runners.wire import Config, Target
from quintain.runs import patience, process, supervisor
from quintain.runs.control import Control, Halted, Stopping, cancelled
from quintain.runs.engine_log import EngineLog
from quintain.runs.events import Heard, heard
from quintain.runs.folders import Folders
from quintain.runs.model import Outcome, Part, Plan, Run
from quintain.runs.process import Engines, engine_at_work
from quintain.runs.streak import Streak
from quintain.runs.supervisor import Doing, Supervisor

KEY = "qt_12345678_a-key-of-this-run-alone"


class Here:
    """Every engine runs in this interpreter."""

    def python(self, name: str) -> Path | None:
        return Path(sys.executable) if name == "core" else None


class Rows:
    """Records in memory. away: how often recording fails before it works."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], dict] = {}
        self.batches: list[int] = []
        self.skipped: list = []
        self.notes: list[str] = []
        self.judge_calls: dict[str, int] = {}
        self.away = self.away_for_notes = 0
        self.starts = 0
        self.arrived = asyncio.Event()

    async def record(self, run_id, engine, events):
        if self.away:
            self.away -= 1
            raise Unavailable("The store does not answer; try again.")
        new = [each for each in events if (each["probe"], each["seq"]) not in self.rows]
        for each in new:
            self.rows[each["probe"], each["seq"]] = each
        self.batches.append(len(events))
        self.arrived.set()
        return list(range(len(new)))

    async def done(self, run_id, engine):
        self.starts += 1
        found: dict[str, list] = {}
        for probe, seq in sorted(self.rows):
            found.setdefault(probe, []).append([seq, seq])
        return found

    async def planned(self, run_id, label, number): ...

    async def skip(self, run_id, skipped):
        self.skipped += skipped

    async def note(self, run_id, text):
        if self.away_for_notes:
            self.away_for_notes -= 1
            raise Unavailable("The store does not answer; try again.")
        self.notes.append(text)

    async def judge_checks(self, run_id, label, calls):
        self.judge_calls[label] = calls


@pytest.fixture
def rows():
    return Rows()


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path / "runs")


@pytest.fixture
def supervise(rows, folders, tmp_path, monkeypatch):
    """Has a part done; gives the task, its control, and the run's counts."""
    monkeypatch.setattr(supervisor, "REST_S", 0)
    monkeypatch.setattr(patience, "AGAIN_S", 0)
    made = Supervisor(rows, Here(), Engines(made_up_runners(tmp_path / "runners")), folders)

    def start(engine="core", max_attempts=None, concurrency=2, acknowledged=True, **options):
        part = Part("01-core", engine, {"asks": False, **options})
        doing = Doing(run_with(part, max_attempts), Control(), Streak(), process._no_calls)

        async def prepare(folder, done):
            return Config(
                run=7,
                seed=3,
                base_url="http://127.0.0.1:1/v1",
                target=Target("m:v1"),
                folder=folder,
                options=part.options,
                done=done,
                api_key=KEY,
                acknowledged=acknowledged,
                concurrency=concurrency,
            )

        return asyncio.create_task(made.work(doing, part, prepare)), doing

    return start


def run_with(part, max_attempts=None):
    limits = {"concurrency": 2, "error_budget": 0.05, "max_attempts": max_attempts}
    plan = Plan((part,), {}, {"model": "m:v1"}, {}, limits)
    now = datetime.now(UTC)
    names = ("m", "v1", 1, "digest", "suite", "digest", 3, "qt_admin", "running", "run", "", 1)
    return Run(7, 1, 1, *names, now, now, None, plan, Outcome())


def places(count):
    return {("core:one", seq) for seq in range(count)}


async def test_every_attempt_is_recorded_with_what_else_was_said(supervise, rows):
    task, doing = supervise(attempts=50)
    await task
    assert set(rows.rows) == places(50)
    assert doing.recorded == 50
    assert [each.what for each in rows.skipped] == ["core:judged"]
    assert rows.notes == ["All said."]


async def test_what_is_there_at_once_is_recorded_at_once(supervise, rows):
    task, _ = supervise(attempts=400, acknowledged=False)
    await task
    assert len(rows.batches) < 400


async def test_an_engine_is_never_further_ahead_than_it_has_attempts_under_way(supervise, rows):
    task, _ = supervise(attempts=400, concurrency=3)
    await task
    assert set(rows.rows) == places(400)
    assert max(rows.batches) <= 3


async def test_what_is_recorded_already_is_not_sent_again(supervise, rows):
    for seq in range(0, 50, 2):
        rows.rows["core:one", seq] = {}
    task, doing = supervise(attempts=50)
    await task
    assert set(rows.rows) == places(50)
    assert doing.recorded == 25


async def test_an_engine_that_dies_goes_on_where_it_was(supervise, rows):
    task, _ = supervise(attempts=20, dies_after=6)
    await task
    assert set(rows.rows) == places(20)
    assert rows.starts == 4


async def test_one_that_dies_without_progress_ends_the_run_with_its_last_words(supervise, rows):
    task, _ = supervise(attempts=20, dies_after=0)
    with pytest.raises(Halted) as halted:
        await task
    assert halted.value.state == "failed"
    assert "ended 3 times without a new attempt" in halted.value.reason
    assert "it had enough" in halted.value.reason
    assert rows.starts == 3


async def test_one_that_is_killed_is_started_again(supervise, rows, folders):
    task, doing = supervise(attempts=20, dies_after=10)
    await rows.arrived.wait()
    doing.control._engine.sweep(signal.SIGKILL)
    await task
    assert set(rows.rows) == places(20)


async def test_a_cancel_ends_it_and_keeps_what_was_said(supervise, rows):
    task, doing = supervise(attempts=100_000)
    await rows.arrived.wait()
    doing.control.halt(cancelled())
    with pytest.raises(Halted) as halted:
        await asyncio.wait_for(task, 10)
    assert halted.value.state == "cancelled"
    assert 0 < len(rows.rows) < 100_000


async def test_nothing_of_it_is_left_when_the_server_stops(supervise, rows, tmp_path):
    left = tmp_path / "left"
    task, doing = supervise(attempts=100_000, leaves=str(left))
    await rows.arrived.wait()
    engine = doing.control._engine._process.pid
    doing.control.halt(Stopping())
    with pytest.raises(Stopping):
        await asyncio.wait_for(task, 10)
    for pid in (engine, int(left.read_text())):
        await gone(pid)


async def gone(pid):
    """A process that its parent did not outlive is waited for by init, in its own time."""
    async with asyncio.timeout(10):
        while alive(pid):
            await asyncio.sleep(0.01)


def alive(pid):
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


async def test_a_store_that_is_away_loses_nothing(supervise, rows):
    rows.away = 3
    task, doing = supervise(attempts=30)
    await task
    assert set(rows.rows) == places(30)


async def test_a_full_disk_is_waited_for(supervise, rows, monkeypatch):
    failures, mkdir = [OSError(errno.ENOSPC, "No space left on device")] * 3, Path.mkdir

    def full_at_first(self, *args, **kwargs):
        if failures:
            raise failures.pop()
        mkdir(self, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", full_at_first)
    task, _ = supervise(attempts=3)
    await task
    assert set(rows.rows) == places(3)


async def test_errors_of_a_run_that_is_being_stopped_are_not_recorded(supervise, rows):
    task, doing = supervise(attempts=1)
    doing.control._why = cancelled()
    error = {"probe": "core:one", "seq": 9, "verdict": "error", "error": {"message": "x"}}
    good = {"probe": "core:one", "seq": 8, "verdict": "resisted"}
    made = Supervisor(rows, Here(), Engines(Path()), Folders(Path()))
    await made._record(doing, doing.run.plan.parts[0], Heard(attempts=[error, good]))
    assert set(rows.rows) == {("core:one", 8)}
    with pytest.raises(Halted):
        await task


async def test_an_attempt_that_was_there_already_is_no_progress(supervise, rows):
    task, doing = supervise(attempts=1)
    await task
    made = Supervisor(rows, Here(), Engines(Path()), Folders(Path()))
    again = [{"probe": "core:one", "seq": seq, "verdict": "resisted"} for seq in (0, 1)]
    await made._record(doing, doing.run.plan.parts[0], Heard(attempts=again))
    assert doing.recorded == len(rows.rows) == 2


class Saying:
    """An engine that says these batches; to be asked for more than those is an error."""

    def __init__(self, *batches: list[bytes]) -> None:
        self._batches, self.acknowledged = batches, 0

    async def batches(self, _calls):
        for lines in self._batches:
            yield lines
        raise AssertionError("it was listened to for too long")

    def acknowledge(self, number):
        self.acknowledged += number


def attempt_line(seq):
    return b'{"event": "attempt", "probe": "core:one", "verdict": "resisted", "seq": %d}' % seq


async def test_an_attempt_that_cannot_be_read_is_acknowledged_too(supervise, rows):
    """Else its engine would wait for it for ever."""
    task, doing = supervise(attempts=1)
    await task
    engine = Saying([attempt_line(1), attempt_line(2)[:40], b'{"event": "done"}'])
    made = Supervisor(rows, Here(), Engines(Path()), Folders(Path()))
    assert await made._heard_out(doing, doing.run.plan.parts[0], engine)
    assert engine.acknowledged == 2


async def test_an_engine_is_not_listened_to_beyond_the_limit_of_attempts(supervise, rows):
    task, doing = supervise(attempts=1, max_attempts=4)
    await task
    engine = Saying([attempt_line(seq) for seq in range(1, 9)])
    made = Supervisor(rows, Here(), Engines(Path()), Folders(Path()))
    assert await made._heard_out(doing, doing.run.plan.parts[0], engine)
    assert set(rows.rows) == places(4)


async def test_thirty_errors_in_a_row_end_it(supervise, rows):
    task, _ = supervise(attempts=100, asks=True, concurrency=30)  # and nobody listens there
    with pytest.raises(Halted) as halted:
        await task
    assert "30 attempts in a row got no answer" in halted.value.reason
    assert "The gateway did not answer" in halted.value.reason
    assert len(rows.rows) <= 60


async def test_the_limit_of_attempts_ends_it_in_peace(supervise, rows):
    rows.away_for_notes = 1
    task, doing = supervise(attempts=500, max_attempts=13, acknowledged=False)
    await task
    assert len(rows.rows) == doing.recorded == 13
    assert "max_attempts" in rows.notes[-1]


async def test_an_engine_that_is_not_installed_fails_the_run(supervise):
    task, _ = supervise(engine="garak")
    with pytest.raises(Halted, match="quintain engines install garak"):
        await task


async def test_an_engine_without_end_of_line_is_stopped(supervise, monkeypatch):
    monkeypatch.setattr(process, "LONGEST_LINE", 1000)
    task, _ = supervise(attempts=1, says_first="x" * 600_000)
    with pytest.raises(Halted, match="longer than any may be"):
        await task


async def test_what_is_no_event_is_passed_over(supervise, rows):
    task, _ = supervise(attempts=3, says_first="no JSON")
    await task
    assert set(rows.rows) == places(3)


async def test_calls_that_checked_the_judge_are_counted_and_are_no_attempt(supervise, rows):
    said = b'{"event": "judge", "calls": 62}'
    task, _ = supervise(attempts=3, says_first=said.decode())
    await task
    assert rows.judge_calls == {"01-core": 62}
    assert (heard([said]).strange, heard([b"{no JSON"]).strange) == (0, 1)


async def test_an_engine_that_cannot_be_started_fails_the_run(supervise, monkeypatch):
    monkeypatch.setattr(Here, "python", lambda *_: Path("/nowhere/python"))
    task, _ = supervise(attempts=1)
    with pytest.raises(Halted, match="cannot be started"):
        await task


async def test_a_log_that_cannot_be_written_holds_up_nothing(supervise, rows, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(EngineLog, "write", full)
    task, _ = supervise(attempts=3, mutters=1 << 20)
    await asyncio.wait_for(task, 30)
    assert set(rows.rows) == places(3)


async def test_an_engine_that_reads_nothing_can_be_stopped(tmp_path):
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    log = EngineLog(tmp_path / "log", "")
    async with (
        asyncio.timeout(30),
        engine_at_work(command, b"x" * (4 << 20), tmp_path, log) as engine,
    ):
        engine.stop(at_once=True)
        assert [lines async for lines in engine.batches()] == []


@pytest.mark.parametrize(("called", "asked"), [([False], 1), ([True, True, False], 3)])
async def test_an_engine_that_neither_speaks_nor_calls_stands_still(
    tmp_path, monkeypatch, called, asked
):
    monkeypatch.setattr(process, "SILENCE_S", 0.01)
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    log, found = EngineLog(tmp_path / "log", ""), []

    async def calls(seconds):
        found.append(seconds)
        return called[len(found) - 1]

    async with engine_at_work(command, b"", tmp_path, log) as engine:
        with pytest.raises(TimeoutError):
            [lines async for lines in engine.batches(calls)]
    assert len(found) == asked


async def test_its_log_is_kept_without_the_key(supervise, folders):
    task, _ = supervise(attempts=1)
    await task
    log = (folders.root / "7" / "01-core" / "log").read_text()
    assert log == "at work with [key]\n"


async def test_it_is_told_nothing_of_the_servers_surroundings(supervise, folders, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    monkeypatch.setenv("QUINTAIN_ADMIN_KEY", "an-admin-key")
    told = process._environment(Path("/home/of/part"))
    assert told["HOME"] == "/home/of/part"
    assert told["PYTHONHASHSEED"] == "0"
    assert not {name for name in told if "PROXY" in name or "QUINTAIN" in name}
