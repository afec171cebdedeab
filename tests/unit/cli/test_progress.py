import io

import pytest
from rich.console import Console
from tests.served.run_views import run_view

from quintain.cli.progress import Bar, Lines, has_begun, line_of

RUNNING = run_view(state="running", planned=100)


def console(wide=80, *, terminal=False):
    return Console(
        file=io.StringIO(), width=wide, force_terminal=terminal, highlight=False, soft_wrap=True
    )


def drawn(bar, wide):
    told = console(wide)
    for line in bar._lines():
        told.print(line)
    return told.file.getvalue().splitlines()


def test_a_line_says_it_all():
    assert line_of(RUNNING) == (
        "run 12: 63 of 100, 6 breached, 1 control failed, 1 error, 90 a minute, 30 s left"
    )


def test_a_run_that_waits_says_so():
    queued = run_view([], state="queued", planned=0)
    assert not has_begun(queued)
    assert "waits for its turn" in line_of(queued)
    assert "get ready" in line_of(queued | {"state": "running"})


@pytest.mark.parametrize("wide", [80, 60, 40])
def test_a_bar_fits_its_terminal(wide):
    bar = Bar(console(wide, terminal=True))
    bar.see(RUNNING)
    bar.hear({"verdict": "breached", "category": "jailbreak", "goal": "a long story " * 20})
    lines = drawn(bar, wide)
    assert len(lines) == 3
    assert max(len(line) for line in lines) <= wide
    assert "63 of 100" in lines[0]
    assert "6 breached" in lines[1]


def test_only_attacks_that_worked_are_the_latest():
    bar = Bar(console(terminal=True))
    bar.see(RUNNING)
    bar.hear({"verdict": "resisted", "category": "jailbreak"})
    bar.hear({"verdict": "breached", "kind": "control", "category": "over_refusal"})
    assert len(drawn(bar, 80)) == 2


def test_a_target_cannot_steer_the_bar():
    bar = Bar(console(terminal=True))
    bar.see(RUNNING)
    bar.hear({"verdict": "breached", "category": "x", "goal": "\x1b[2J\nwiped"})
    assert "\x1b" not in drawn(bar, 80)[2]


def test_a_log_gets_a_line_only_now_and_then():
    log = console()
    lines = Lines(log, every_s=3600)
    for _ in range(5):
        lines.see(RUNNING)
    assert len(log.file.getvalue().splitlines()) == 1


def test_a_log_is_told_once_that_the_server_is_away():
    log = console()
    lines = Lines(log, every_s=3600)
    for _ in range(3):
        lines.wait("It does not answer.")
    lines.see(RUNNING)
    lines.wait("It does not answer.")
    assert log.file.getvalue().count("Trying again.") == 2


def test_a_server_that_is_away_is_told_in_line_with_the_rest():
    bar = Bar(console(terminal=True))
    bar.see(RUNNING)
    bar.wait("The server does not answer.")
    assert drawn(bar, 80)[-1] == "  The server does not answer. Trying again."
