import io

import pytest
from rich.console import Console

from quintain.cli.ladder import print_ladder

STAGES = ["config", "dns", "egress", "connect", "tls", "auth", "rate", "http", "mapping", "answer"]
SENTENCE = "Nothing listens on 127.0.0.1:9. Start the target, or change endpoint.port."


def diagnosis(failed):
    at = STAGES.index(failed) if failed else len(STAGES)
    return [
        {
            "stage": stage,
            "result": "ok" if i < at else "failed" if i == at else "skipped",
            "ms": 1.25 if i <= at else None,
            "message": SENTENCE if i == at else None,
        }
        for i, stage in enumerate(STAGES)
    ]


def printed(stages, width=80, **how):
    file = io.StringIO()
    console = Console(file=file, width=width, highlight=False, soft_wrap=True, **how)
    print_ladder(console, stages)
    return file.getvalue()


def test_a_healthy_ladder_is_green_to_the_top():
    text = printed(diagnosis(None), force_terminal=True, color_system="standard")
    assert text.count("\x1b[32m✓") == len(STAGES)
    assert "✗" not in text
    assert "1.2 ms" in text


def test_the_ladder_breaks_in_red_where_the_call_did_and_says_what_to_change():
    text = printed(diagnosis("connect"), force_terminal=True, color_system="standard")
    assert text.count("\x1b[32m✓") == 3
    assert "\x1b[1;31m✗ connect" in text
    assert SENTENCE in text.replace("\x1b[31m", "").replace("\x1b[0m", "")
    assert text.count("\x1b[2m· ") == 6


def test_in_a_pipe_it_is_plain_text_one_line_a_stage():
    lines = printed(diagnosis("dns")).splitlines()
    assert len(lines) == len(STAGES) + 1
    assert lines[1].startswith("  ✗ dns")
    assert lines[2] == f"    {SENTENCE}"
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_the_terminal(width):
    text = printed(diagnosis("answer"), width=width, force_terminal=True, color_system=None)
    assert max(len(line) for line in text.splitlines()) <= width


def test_a_targets_escape_sequences_do_nothing():
    stages = [{"stage": "http", "result": "failed", "ms": 1, "message": "\x1b[2Jgone\x07"}]
    assert "\x1b" not in printed(stages)


def test_long_times_are_seconds():
    stages = [{"stage": "http", "result": "ok", "ms": 12345.6, "message": None}]
    assert "12.35 s" in printed(stages)


def test_a_terminal_without_these_signs_gets_others():
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    print_ladder(Console(file=file, highlight=False), diagnosis("dns"))
    file.flush()
    assert b"  + config" in raw.getvalue()
    assert b"  x dns" in raw.getvalue()
