import os
import signal

import pytest

from quintain.cli import children
from quintain.cli.children import child
from quintain.cli.exits import Failure

READY = "import sys, time; print('ready', sys.stdin.read(), flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY


@pytest.fixture
def run(tmp_path):
    def start(code, **how):
        (tmp_path / "sample.py").write_text(code)
        environ = os.environ | {"PYTHONPATH": str(tmp_path)}
        return child("test child", ["sample"], folder=tmp_path, environ=environ, **how)

    return start


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_child_is_there_when_it_says_so_and_gone_afterwards(run):
    async with run(READY, stdin="secret") as one:
        assert one.ready == "ready secret"
        assert not gone(one.process.pid)
    assert gone(one.process.pid)


async def test_a_child_that_will_not_end_is_ended(run, monkeypatch):
    monkeypatch.setattr(children, "STOP_S", 0.2)
    async with run(STUBBORN) as one:
        pass
    assert one.process.returncode == -signal.SIGKILL


async def test_a_child_that_does_not_start_is_told_with_its_last_words(run):
    with pytest.raises(Failure) as raised:
        async with run("raise SystemExit('The port is taken.')"):
            pass
    assert "did not start" in raised.value.message
    assert "The port is taken." in raised.value.hint


async def test_a_child_that_is_never_ready_is_ended(run, monkeypatch):
    monkeypatch.setattr(children, "READY_S", 0.2)
    with pytest.raises(Failure, match="not ready within"):
        async with run("import time; time.sleep(60)"):
            pass


async def test_an_error_inside_the_block_ends_the_child_too(run):
    with pytest.raises(ValueError):
        async with run(READY) as one:
            raise ValueError
    assert gone(one.process.pid)


async def test_a_child_that_ends_by_itself_is_noticed(run):
    async with run("print('ready', flush=True); raise SystemExit('Oh no.')") as one:
        failure = await one.ended()
    assert "ended (status 1)" in failure.message
    assert "Oh no." in failure.hint


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", ""),
        ('{"event": "fine", "level": "info"}', ""),
        ('{"event": "bad", "level": "error"}\n{"event": "fine", "level": "info"}', "bad"),
        (
            '{"event": "e", "level": "error", "exception": "Trace\\n  File x\\nKeyError: 1"}',
            "KeyError: 1",
        ),
        ('{"level": "error" cut off', ""),
    ],
)
async def test_the_last_error_of_a_log_is_told_in_a_line(run, log, said):
    async with run(READY) as one:
        one.log.write_text(log)
        assert one.last_error() == said
